//! Adam and AMSGrad.

use gluon_macros::simd;

use super::settings::{FROM_0, SHARE, optimizer};
use super::{Clip, Slices, Step, unbias};
use crate::kernel::float::Float;

optimizer! {
    /// Adam: `G = C(g + decay·w)`, `m = β₁m + (1-β₁)G`, `v = β₂v + (1-β₂)G²`,
    /// `w -= rate·√(1-β₂ᵗ)/(1-β₁ᵗ) · m/(√v + ε)`.
    ///
    /// With [`amsgrad`](Adam::amsgrad), `v` in the last formula is the largest that it has been.
    ///
    /// # Source
    /// Kingma & Ba 2015, in the form of its section 2's last paragraph; MXNet 1.9.1, `adam_update`.
    /// AMSGrad: Reddi et al. 2018, algorithm 2.
    Adam(adam) {
        learning_rate = 0.001;
        state(this) = if this.amsgrad { &["mean", "variance", "maximum"] } else { &["mean", "variance"] };
        /// Sets `β₁` and `β₂`, the decay of both means, from 0 to 1, 1 excluded; 0.9 and 0.999 by
        /// default.
        betas(beta1 in SHARE: f64 = 0.9, beta2 in SHARE: f64 = 0.999);
        /// Sets `ε`; 1e-8 by default.
        epsilon(epsilon in FROM_0: f64 = 1e-8);
        /// Sets whether steps never grow for a gradient's being small: AMSGrad; off by default.
        amsgrad(amsgrad: bool = false);
    }
}

#[simd]
fn adam<T: Float>(slices: &mut Slices<'_, T>, adam: &Adam, step: &Step) {
    let Slices { weight, gradient, state: [mean, variance, maximum] } = slices.reborrow();
    let (beta1, beta2) = (adam.beta1, adam.beta2);
    let rate = step.rate * unbias(beta1, beta2, step);
    let [rate, decay, epsilon] = [rate, step.decay, adam.epsilon].map(T::from_f64);
    let [beta1, rest1, beta2, rest2] = [beta1, 1.0 - beta1, beta2, 1.0 - beta2].map(T::from_f64);
    let clip = Clip::new(step, adam.clip_gradient);
    let cells = weight.iter_mut().zip(gradient).zip(mean).zip(variance);
    if adam.amsgrad {
        for ((((w, &g), m), v), largest) in cells.zip(maximum) {
            let g = clip.decayed(g, decay * *w);
            *m = beta1 * *m + rest1 * g;
            *v = beta2 * *v + rest2 * g * g;
            *largest = largest.maximum(*v);
            *w -= rate * *m / (largest.sqrt() + epsilon);
        }
    } else {
        for (((w, &g), m), v) in cells {
            let g = clip.decayed(g, decay * *w);
            *m = beta1 * *m + rest1 * g;
            *v = beta2 * *v + rest2 * g * g;
            *w -= rate * *m / (v.sqrt() + epsilon);
        }
    }
}
