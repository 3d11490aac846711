//! AdaDelta.

use gluon_macros::simd;

use super::settings::{FROM_0, SHARE_OR_ALL, optimizer};
use super::{Clip, Slices, Step};
use crate::kernel::float::Float;

optimizer! {
    /// AdaDelta: `A = ρA + (1-ρ)C(g)²`, `d = √(D + ε)/√(A + ε) · C(g)`, `D = ρD + (1-ρ)d²`,
    /// `w -= rate·(d + decay·w)`.
    ///
    /// MXNet has no learning rate here; the default of 1 is the same.
    ///
    /// # Source
    /// Zeiler 2012, algorithm 1; MXNet 1.9.1.
    AdaDelta(adadelta) {
        learning_rate = 1.0;
        state(_this) = &["gradients", "deltas"];
        /// Sets `ρ`, the decay of both means of squares, from 0 to 1; 0.9 by default.
        rho(rho in SHARE_OR_ALL: f64 = 0.9);
        /// Sets `ε`; 1e-5 by default.
        epsilon(epsilon in FROM_0: f64 = 1e-5);
    }
}

#[simd]
fn adadelta<T: Float>(slices: &mut Slices<'_, T>, adadelta: &AdaDelta, step: &Step) {
    let Slices { weight, gradient, state: [gradients, deltas, _] } = slices.reborrow();
    let [rate, decay, epsilon] = [step.rate, step.decay, adadelta.epsilon].map(T::from_f64);
    let [rho, rest] = [adadelta.rho, 1.0 - adadelta.rho].map(T::from_f64);
    let clip = Clip::new(step, adadelta.clip_gradient);
    for (((w, &g), a), d) in weight.iter_mut().zip(gradient).zip(gradients).zip(deltas) {
        let g = clip.scaled(g);
        *a = rho * *a + rest * g * g;
        let delta = (*d + epsilon).sqrt() / (*a + epsilon).sqrt() * g;
        *d = rho * *d + rest * delta * delta;
        *w -= rate * (delta + decay * *w);
    }
}
