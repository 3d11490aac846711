//! Nadam.

use gluon_macros::simd;

use super::settings::{FROM_0, SHARE, optimizer};
use super::{Clip, Slices, Step};
use crate::kernel::float::Float;

optimizer! {
    /// Adam with Nesterov's momentum: `G = C(g + decay·w)`, `m` and `v` as in Adam; with
    /// `pₜ = β₁·(1 - 0.96^(t·s)/2)` and their product `S = p₁·…·pₜ`,
    /// `w -= rate·((1-pₜ)·G/(1-S) + pₜ₊₁·m/(1-S·pₜ₊₁)) / (√(v/(1-β₂ᵗ)) + ε)`.
    ///
    /// MXNet has one product `S` for all parameters, multiplied at each update of any of them;
    /// here, as in the paper, each parameter has its own.
    ///
    /// # Source
    /// Dozat 2016, algorithm 2; MXNet 1.9.1.
    Nadam(nadam) {
        learning_rate = 0.001;
        state(_this) = &["mean", "variance"];
        /// Sets `β₁` and `β₂`, the decay of both means, from 0 to 1, 1 excluded; 0.9 and 0.999 by
        /// default.
        betas(beta1 in SHARE: f64 = 0.9, beta2 in SHARE: f64 = 0.999);
        /// Sets `ε`; 1e-8 by default.
        epsilon(epsilon in FROM_0: f64 = 1e-8);
        /// Sets `s`, by which the momentum grows towards `β₁`; 0.004 by default.
        schedule_decay(schedule_decay in FROM_0: f64 = 0.004);
    }
}

impl Nadam {
    /// `pₜ`, `pₜ₊₁` and `S`, computed anew so that they are no state.
    fn momentum(&self, count: u64) -> (f64, f64, f64) {
        let p = |t: u64| {
            let warm = 0.96f64.powf(t as f64 * self.schedule_decay);
            self.beta1 * (1.0 - 0.5 * warm)
        };
        let mut product = 1.0;
        for t in 1..=count {
            product *= p(t);
            // From here on `1 - S` is 1.
            if product < f64::EPSILON / 4.0 {
                break;
            }
        }
        (p(count), p(count + 1), product)
    }
}

#[simd]
fn nadam<T: Float>(slices: &mut Slices<'_, T>, nadam: &Nadam, step: &Step) {
    let Slices { weight, gradient, state: [mean, variance, _] } = slices.reborrow();
    let (beta1, beta2) = (nadam.beta1, nadam.beta2);
    let (now, next, product) = nadam.momentum(step.count);
    let of_gradient = T::from_f64(step.rate * (1.0 - now) / (1.0 - product));
    let of_mean = T::from_f64(step.rate * next / (1.0 - product * next));
    let unbias = T::from_f64(1.0 / (1.0 - beta2.powf(step.count as f64)));
    let [decay, epsilon] = [step.decay, nadam.epsilon].map(T::from_f64);
    let [beta1, rest1, beta2, rest2] = [beta1, 1.0 - beta1, beta2, 1.0 - beta2].map(T::from_f64);
    let clip = Clip::new(step, nadam.clip_gradient);
    for (((w, &g), m), v) in weight.iter_mut().zip(gradient).zip(mean).zip(variance) {
        let g = clip.decayed(g, decay * *w);
        *m = beta1 * *m + rest1 * g;
        *v = beta2 * *v + rest2 * g * g;
        *w -= (of_gradient * g + of_mean * *m) / ((*v * unbias).sqrt() + epsilon);
    }
}
