//! Stochastic gradient descent.

use multiversion::multiversion;

use super::{Optimizer, Slices, Step, Values, clip_limit};
use crate::kernel::float::Float;

/// Stochastic gradient descent with momentum: `m = μ·m - rate·(C(g) + decay·w)`, `w += m`.
///
/// Without momentum there is no state: `w -= rate·(C(g) + decay·w)`.
///
/// ```
/// use gluon_core::optim::Sgd;
///
/// let sgd = Sgd::new(0.1).momentum(0.9).weight_decay(1e-4);
/// ```
///
/// # Source
/// MXNet 1.9.1, `sgd_update` and `sgd_mom_update`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    learning_rate: f64,
    momentum: f64,
    weight_decay: f64,
    clip_gradient: Option<f64>,
}

impl Sgd {
    /// Plain descent with the given learning rate.
    pub fn new(learning_rate: f64) -> Sgd {
        Sgd { learning_rate, momentum: 0.0, weight_decay: 0.0, clip_gradient: None }
    }

    /// Sets the momentum `μ`, from 0 to 1; 0 by default.
    pub fn momentum(self, momentum: f64) -> Sgd {
        Sgd { momentum, ..self }
    }

    /// Sets the weight decay; 0 by default. It applies to biases too, as in Gluon.
    pub fn weight_decay(self, weight_decay: f64) -> Sgd {
        Sgd { weight_decay, ..self }
    }

    /// Clips each scaled gradient to `±limit`; off by default.
    pub fn clip_gradient(self, limit: f64) -> Sgd {
        Sgd { clip_gradient: Some(limit), ..self }
    }
}

impl Optimizer for Sgd {
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
        if self.momentum == 0.0 { &[] } else { &["momentum"] }
    }

    fn update(&self, values: Values<'_>, step: &Step) {
        match values {
            Values::F32(slices) => sgd(slices, self, step),
            Values::F64(slices) => sgd(slices, self, step),
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn sgd<T: Float>(slices: Slices<'_, T>, sgd: &Sgd, step: &Step) {
    let Slices { weight, gradient, state: [state, ..] } = slices;
    let [rate, decay, scale] = [step.rate, step.decay, step.scale].map(T::from_f64);
    let limit = clip_limit::<T>(sgd.clip_gradient);
    let clip = |g: T| (g * scale).maximum(-limit).minimum(limit);
    if sgd.momentum == 0.0 {
        for (w, &g) in weight.iter_mut().zip(gradient) {
            *w -= rate * (clip(g) + decay * *w);
        }
    } else {
        let momentum = T::from_f64(sgd.momentum);
        for ((w, &g), m) in weight.iter_mut().zip(gradient).zip(state) {
            *m = momentum * *m - rate * (clip(g) + decay * *w);
            *w += *m;
        }
    }
}
