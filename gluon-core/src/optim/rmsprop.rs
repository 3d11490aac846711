//! RMSProp.

use gluon_macros::simd;

use super::settings::{FROM_0, SHARE_OR_ALL, optimizer};
use super::{Clip, Slices, Step};
use crate::kernel::float::Float;

optimizer! {
    /// RMSProp: `G = C(g + decay·w)`, `n = γ₁n + (1-γ₁)G²`, `w -= rate·G/√(n + ε)`.
    ///
    /// Centered, with momentum: `a = γ₁a + (1-γ₁)G`, `d = γ₂d - rate·G/√(n - a² + ε)`, `w += d`.
    /// Where rounding makes `n - a²` less than 0, it is 0; MXNet's root is NaN there.
    ///
    /// # Source
    /// Tieleman & Hinton 2012; centered: Graves 2013, equations 38 to 45; MXNet 1.9.1.
    RmsProp(rmsprop) {
        learning_rate = 0.001;
        state(this) = if this.centered { &["variance", "mean", "delta"] } else { &["variance"] };
        /// Sets `γ₁`, the decay of the means, and `γ₂`, the momentum of the centered form, from 0
        /// to 1; both 0.9 by default.
        gammas(gamma1 in SHARE_OR_ALL: f64 = 0.9, gamma2 in SHARE_OR_ALL: f64 = 0.9);
        /// Sets `ε`; 1e-8 by default.
        epsilon(epsilon in FROM_0: f64 = 1e-8);
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
            let spread = (*n - *a * *a).maximum(T::ZERO);
            *d = gamma2 * *d - rate * g / (spread + epsilon).sqrt();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::Optimizer;

    /// The mean of squares of a constant gradient is the square of its mean, but for rounding.
    #[test]
    fn a_constant_gradient_leaves_numbers() {
        let gradient: Vec<f32> = (1..1000).map(|i| i as f32 * 0.37).collect();
        let mut values = [(); 4].map(|()| vec![0.0f32; gradient.len()]);
        for gamma in [0.5, 0.9, 0.99] {
            let optimizer = RmsProp::new(1e-3).gammas(gamma, 0.9).centered(true);
            for count in 1..1000 {
                let [weight, state @ ..] = values.each_mut().map(|values| &mut values[..]);
                let step = Step { rate: 1e-3, decay: 0.0, scale: 1.0, count };
                optimizer.update(Slices { weight, gradient: &gradient, state }.into(), &step);
            }
            assert!(values.iter().flatten().all(|value| value.is_finite()), "{gamma}");
        }
    }
}
