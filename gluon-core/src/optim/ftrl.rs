//! FTRL.

use gluon_macros::simd;

use super::settings::{FROM_0, optimizer};
use super::{Clip, Slices, Step};
use crate::kernel::float::Float;

optimizer! {
    /// Follow the regularized leader: `z += C(g) - (√(n + C(g)²) - √n)·w/rate`, `n += C(g)²`,
    /// `w = (sign(z)·λ₁ - z) / ((β + √n)/rate + decay)` where `|z| > λ₁`, else 0.
    ///
    /// Weights whose gradients stay small become 0 exactly.
    ///
    /// # Source
    /// McMahan et al. 2013, algorithm 1; MXNet 1.9.1.
    Ftrl(ftrl) {
        learning_rate = 0.1;
        state(_this) = &["z", "n"];
        /// Sets `λ₁`, the strength of the absolute regularization; 0.01 by default.
        lambda1(lambda1 in FROM_0: f64 = 0.01);
        /// Sets `β`, which limits the first steps; 1 by default.
        beta(beta in FROM_0: f64 = 1.0);
    }
}

#[simd]
fn ftrl<T: Float>(slices: &mut Slices<'_, T>, ftrl: &Ftrl, step: &Step) {
    let Slices { weight, gradient, state: [z, n, _] } = slices.reborrow();
    let [rate, decay] = [step.rate, step.decay].map(T::from_f64);
    let [lambda1, beta] = [ftrl.lambda1, ftrl.beta].map(T::from_f64);
    let clip = Clip::new(step, ftrl.clip_gradient);
    for (((w, &g), z), n) in weight.iter_mut().zip(gradient).zip(z).zip(n) {
        let g = clip.scaled(g);
        let sum = *n + g * g;
        *z += g - (sum.sqrt() - n.sqrt()) * *w / rate;
        *n = sum;
        let pull = z.sign() * lambda1 - *z;
        *w = if z.abs() <= lambda1 { T::ZERO } else { pull / ((beta + sum.sqrt()) / rate + decay) };
    }
}
