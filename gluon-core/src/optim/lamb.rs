//! LAMB.

use gluon_macros::simd;

use super::settings::{FROM_0, SHARE, optimizer};
use super::{Clip, Slices, Step};
use crate::kernel::float::Float;

optimizer! {
    /// Adam with steps as long as the parameter itself, for large batches: `m` and `v` as in Adam
    /// of `C(g)`, `u = m̂/(√v̂ + ε) + decay·w`, `w -= rate·(‖w‖/‖u‖)·u`.
    ///
    /// `m̂` and `v̂` are `m/(1-β₁ᵗ)` and `v/(1-β₂ᵗ)`. A ratio with a norm of 0 counts as 1.
    ///
    /// # Source
    /// You et al. 2020, algorithm 2; MXNet 1.9.1, `lamb_update_phase1` and `lamb_update_phase2`.
    Lamb(lamb) {
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
fn lamb<T: Float>(slices: &mut Slices<'_, T>, lamb: &Lamb, step: &Step) {
    let Slices { weight, gradient, state: [mean, variance, _] } = slices.reborrow();
    let (beta1, beta2) = (lamb.beta1, lamb.beta2);
    let [unbias1, unbias2] =
        [beta1, beta2].map(|beta| T::from_f64(1.0 / (1.0 - beta.powf(step.count as f64))));
    let [decay, epsilon] = [step.decay, lamb.epsilon].map(T::from_f64);
    let [beta1, rest1, beta2, rest2] = [beta1, 1.0 - beta1, beta2, 1.0 - beta2].map(T::from_f64);
    let clip = Clip::new(step, lamb.clip_gradient);
    // The direction is computed twice, which costs less than a place to keep it.
    let direction = |w: T, m: T, v: T| m * unbias1 / ((v * unbias2).sqrt() + epsilon) + decay * w;
    let (mut weights, mut directions) = (0.0, 0.0);
    for (((w, &g), m), v) in weight.iter().zip(gradient).zip(&mut *mean).zip(&mut *variance) {
        let g = clip.scaled(g);
        *m = beta1 * *m + rest1 * g;
        *v = beta2 * *v + rest2 * g * g;
        let u = direction(*w, *m, *v).to_f64();
        weights += w.to_f64() * w.to_f64();
        directions += u * u;
    }
    let ratio = if weights > 0.0 && directions > 0.0 { (weights / directions).sqrt() } else { 1.0 };
    let rate = T::from_f64(step.rate * ratio);
    for ((w, m), v) in weight.iter_mut().zip(mean).zip(variance) {
        *w -= rate * direction(*w, *m, *v);
    }
}
