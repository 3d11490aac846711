//! AdaGrad.

use gluon_macros::simd;

use super::settings::{FROM_0, optimizer};
use super::{Clip, Slices, Step};
use crate::kernel::float::Float;

optimizer! {
    /// AdaGrad: `h += C(g)²`, `w -= rate·(C(g)/√(h + ε) + decay·w)`.
    ///
    /// # Source
    /// Duchi et al. 2011; MXNet 1.9.1.
    AdaGrad(adagrad) {
        learning_rate = 0.01;
        state(_this) = &["history"];
        /// Sets `ε`; 1e-7 by default.
        epsilon(epsilon in FROM_0: f64 = 1e-7);
    }
}

#[simd]
fn adagrad<T: Float>(slices: &mut Slices<'_, T>, adagrad: &AdaGrad, step: &Step) {
    let Slices { weight, gradient, state: [history, ..] } = slices.reborrow();
    let [rate, decay, epsilon] = [step.rate, step.decay, adagrad.epsilon].map(T::from_f64);
    let clip = Clip::new(step, adagrad.clip_gradient);
    for ((w, &g), h) in weight.iter_mut().zip(gradient).zip(history) {
        let g = clip.scaled(g);
        *h += g * g;
        *w -= rate * (g / (*h + epsilon).sqrt() + decay * *w);
    }
}
