//! Adamax.

use gluon_macros::simd;

use super::settings::{SHARE, optimizer};
use super::{Clip, Slices, Step};
use crate::kernel::float::Float;

optimizer! {
    /// Adamax, which is Adam by the largest gradient: `G = C(g + decay·w)`,
    /// `m = β₁m + (1-β₁)G`, `u = max(β₂u, |G|)`, `w -= rate/(1-β₁ᵗ) · m/u`.
    ///
    /// Where all gradients were 0, so is `m/u`; MXNet divides 0 by 0 there.
    ///
    /// # Source
    /// Kingma & Ba 2015, algorithm 2; MXNet 1.9.1.
    Adamax(adamax) {
        learning_rate = 0.002;
        state(_this) = &["mean", "maximum"];
        /// Sets `β₁` and `β₂`, the decay of mean and maximum, from 0 to 1, 1 excluded; 0.9 and
        /// 0.999 by default.
        betas(beta1 in SHARE: f64 = 0.9, beta2 in SHARE: f64 = 0.999);
    }
}

#[simd]
fn adamax<T: Float>(slices: &mut Slices<'_, T>, adamax: &Adamax, step: &Step) {
    let Slices { weight, gradient, state: [mean, maximum, _] } = slices.reborrow();
    let rate = step.rate / (1.0 - adamax.beta1.powf(step.count as f64));
    let [rate, decay] = [rate, step.decay].map(T::from_f64);
    let [beta1, rest1, beta2] = [adamax.beta1, 1.0 - adamax.beta1, adamax.beta2].map(T::from_f64);
    let clip = Clip::new(step, adamax.clip_gradient);
    for (((w, &g), m), u) in weight.iter_mut().zip(gradient).zip(mean).zip(maximum) {
        let g = clip.decayed(g, decay * *w);
        *m = beta1 * *m + rest1 * g;
        *u = g.abs().maximum(beta2 * *u);
        *w -= if *u == T::ZERO { T::ZERO } else { rate * *m / *u };
    }
}
