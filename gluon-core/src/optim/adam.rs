//! Adam.

use multiversion::multiversion;

use super::{Optimizer, Slices, Step, Values, clip_limit};
use crate::kernel::float::Float;

/// Adam: `G = C(g + decay·w)`, `m = β₁m + (1-β₁)G`, `v = β₂v + (1-β₂)G²`,
/// `w -= rate·√(1-β₂ᵗ)/(1-β₁ᵗ) · m/(√v + ε)`.
///
/// # Source
/// Kingma & Ba 2015, in the form of its section 2's last paragraph; MXNet 1.9.1, `adam_update`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    learning_rate: f64,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    weight_decay: f64,
    clip_gradient: Option<f64>,
}

impl Default for Adam {
    /// Learning rate 0.001, `β₁` 0.9, `β₂` 0.999, `ε` 1e-8, no weight decay.
    fn default() -> Adam {
        Adam {
            learning_rate: 0.001,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay: 0.0,
            clip_gradient: None,
        }
    }
}

impl Adam {
    /// Adam with the given learning rate and the other defaults.
    pub fn new(learning_rate: f64) -> Adam {
        Adam { learning_rate, ..Adam::default() }
    }

    /// Sets `β₁` and `β₂`, the decay of both means, from 0 to 1; 0.9 and 0.999 by default.
    pub fn betas(self, beta1: f64, beta2: f64) -> Adam {
        Adam { beta1, beta2, ..self }
    }

    /// Sets `ε`; 1e-8 by default.
    pub fn epsilon(self, epsilon: f64) -> Adam {
        Adam { epsilon, ..self }
    }

    /// Sets the weight decay, which is added to the gradient; 0 by default.
    pub fn weight_decay(self, weight_decay: f64) -> Adam {
        Adam { weight_decay, ..self }
    }

    /// Clips each scaled gradient, weight decay included, to `±limit`; off by default.
    pub fn clip_gradient(self, limit: f64) -> Adam {
        Adam { clip_gradient: Some(limit), ..self }
    }
}

impl Optimizer for Adam {
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn set_learning_rate(&mut self, rate: f64) {
        self.learning_rate = rate;
    }

    fn weight_decay(&self) -> f64 {
        self.weight_decay
    }

    fn state(&self) -> &'static [&'static str] {
        &["mean", "variance"]
    }

    fn update(&self, values: Values<'_>, step: &Step) {
        match values {
            Values::F32(slices) => adam(slices, self, step),
            Values::F64(slices) => adam(slices, self, step),
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn adam<T: Float>(slices: Slices<'_, T>, adam: &Adam, step: &Step) {
    let Slices { weight, gradient, state: [mean, variance, ..] } = slices;
    let (beta1, beta2) = (adam.beta1, adam.beta2);
    let t = step.count as f64;
    let rate = step.rate * (1.0 - beta2.powf(t)).sqrt() / (1.0 - beta1.powf(t));
    let [rate, decay, scale, epsilon] =
        [rate, step.decay, step.scale, adam.epsilon].map(T::from_f64);
    let [beta1, rest1, beta2, rest2] = [beta1, 1.0 - beta1, beta2, 1.0 - beta2].map(T::from_f64);
    let limit = clip_limit::<T>(adam.clip_gradient);
    for (((w, &g), m), v) in weight.iter_mut().zip(gradient).zip(mean).zip(variance) {
        let g = (g * scale + decay * *w).maximum(-limit).minimum(limit);
        *m = beta1 * *m + rest1 * g;
        *v = beta2 * *v + rest2 * g * g;
        *w -= rate * *m / (v.sqrt() + epsilon);
    }
}
