//! RMSProp.

use gluon_macros::simd;

use super::settings::optimizer;
use super::{Clip, Slices, Step};
use crate::kernel::float::Float;

optimizer! {
    /// RMSProp: `G = C(g + decay·w)`, `n = γ₁n + (1-γ₁)G²`, `w -= rate·G/√(n + ε)`.
    ///
    /// Centered, with momentum: `a = γ₁a + (1-γ₁)G`, `d = γ₂d - rate·G/√(n - a² + ε)`, `w += d`.
    ///
    /// # Source
    /// Tieleman & Hinton 2012; centered: Graves 2013, equations 38 to 45; MXNet 1.9.1.
    RmsProp(rmsprop) {
        learning_rate = 0.001;
        state(this) = if this.centered { &["variance", "mean", "delta"] } else { &["variance"] };
        /// Sets `γ₁`, the decay of the means, and `γ₂`, the momentum of the centered form, from 0
        /// to 1; both 0.9 by default.
        gammas(gamma1: f64 = 0.9, gamma2: f64 = 0.9);
        /// Sets `ε`; 1e-8 by default.
        epsilon(epsilon: f64 = 1e-8);
        /// Sets whether the square of the mean is subtracted from the mean of squares; off by
        /// default.
        centered(centered: bool = false);
        /// Clips the weights themselves to `±clip_weights` after each update; off by default.
        clip_weights(clip_weights: f64 = f64::INFINITY);
    }
}

#[simd]
fn rmsprop<T: Float>(slices: &mut Slices<'_, T>, rmsprop: &RmsProp, step: &Step) {
    let Slices { weight, gradient, state: [variance, mean, delta] } = slices.reborrow();
    let [rate, decay, epsilon] = [step.rate, step.decay, rmsprop.epsilon].map(T::from_f64);
    let (gamma1, gamma2) = (rmsprop.gamma1, rmsprop.gamma2);
    let [gamma1, rest1, gamma2] = [gamma1, 1.0 - gamma1, gamma2].map(T::from_f64);
    let clip = Clip::new(step, rmsprop.clip_gradient);
    let bound = T::from_f64(rmsprop.clip_weights);
    let cells = weight.iter_mut().zip(gradient).zip(variance);
    if rmsprop.centered {
        for ((((w, &g), n), a), d) in cells.zip(mean).zip(delta) {
            let g = clip.decayed(g, decay * *w);
            *n = gamma1 * *n + rest1 * g * g;
            *a = gamma1 * *a + rest1 * g;
            *d = gamma2 * *d - rate * g / (*n - *a * *a + epsilon).sqrt();
            *w = (*w + *d).maximum(-bound).minimum(bound);
        }
    } else {
        for ((w, &g), n) in cells {
            let g = clip.decayed(g, decay * *w);
            *n = gamma1 * *n + rest1 * g * g;
            *w = (*w - rate * g / (*n + epsilon).sqrt()).maximum(-bound).minimum(bound);
        }
    }
}
