//! AdamW.

use gluon_macros::simd;

use super::settings::{FROM_0, SHARE, optimizer};
use super::{Clip, Slices, Step, unbias};
use crate::kernel::float::Float;

optimizer! {
    /// Adam with weight decay of its own: `G = C(g)`, `m = β₁m + (1-β₁)G`,
    /// `v = β₂v + (1-β₂)G²`, `w -= rate·√(1-β₂ᵗ)/(1-β₁ᵗ) · (m/(√v + ε) + decay·w)`.
    ///
    /// # Source
    /// Loshchilov & Hutter 2019, algorithm 2, in the form of MXNet's `adamw_update`, where the
    /// decay is also multiplied by what makes up for the means' beginning.
    AdamW(adamw) {
        learning_rate = 0.001;
        state(_this) = &["mean", "variance"];
        /// Sets `β₁` and `β₂`, the decay of both means, from 0 to 1, 1 excluded; 0.9 and 0.999 by
        /// default.
        betas(beta1 in SHARE: f64 = 0.9, beta2 in SHARE: f64 = 0.999);
        /// Sets `ε`; 1e-6 by default.
        epsilon(epsilon in FROM_0: f64 = 1e-6);
    }
}

#[simd]
fn adamw<T: Float>(slices: &mut Slices<'_, T>, adamw: &AdamW, step: &Step) {
    let Slices { weight, gradient, state: [mean, variance, _] } = slices.reborrow();
    let (beta1, beta2) = (adamw.beta1, adamw.beta2);
    let rate = step.rate * unbias(beta1, beta2, step);
    let [rate, decay, epsilon] = [rate, step.decay, adamw.epsilon].map(T::from_f64);
    let [beta1, rest1, beta2, rest2] = [beta1, 1.0 - beta1, beta2, 1.0 - beta2].map(T::from_f64);
    let clip = Clip::new(step, adamw.clip_gradient);
    for (((w, &g), m), v) in weight.iter_mut().zip(gradient).zip(mean).zip(variance) {
        let g = clip.scaled(g);
        *m = beta1 * *m + rest1 * g;
        *v = beta2 * *v + rest2 * g * g;
        *w -= rate * (*m / (v.sqrt() + epsilon) + decay * *w);
    }
}
