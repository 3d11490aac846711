//! Signum.

use gluon_macros::simd;

use super::settings::{FROM_0, SHARE_OR_ALL, optimizer};
use super::{Clip, Slices, Step};
use crate::kernel::float::Float;

optimizer! {
    /// Steps of one size, by the sign of the momentum alone:
    /// `m = μ·m - (1-μ)·(C(g) + decay·w)`, `w = (1 - rate·decay_lh)·w + rate·sign(m)`.
    ///
    /// Without momentum there is no state: `w = (1 - rate·decay)·w - rate·sign(g)`.
    ///
    /// # Source
    /// Bernstein et al. 2018; MXNet 1.9.1, `signum_update` and `signsgd_update`.
    Signum(signum) {
        learning_rate = 0.01;
        state(this) = if this.momentum == 0.0 { &[] } else { &["momentum"] };
        /// Sets the momentum `μ`, from 0 to 1; 0.9 by default.
        momentum(momentum in SHARE_OR_ALL: f64 = 0.9);
        /// Sets `decay_lh`, the weight decay that is apart from the gradient; 0 by default.
        /// (Loshchilov & Hutter 2019.)
        decay_lh(decay_lh in FROM_0: f64 = 0.0);
    }
}

#[simd]
fn signum<T: Float>(slices: &mut Slices<'_, T>, signum: &Signum, step: &Step) {
    let Slices { weight, gradient, state: [state, ..] } = slices.reborrow();
    let [rate, decay] = [step.rate, step.decay].map(T::from_f64);
    if signum.momentum == 0.0 {
        let keep = T::ONE - rate * decay;
        for (w, &g) in weight.iter_mut().zip(gradient) {
            *w = keep * *w - rate * g.sign();
        }
    } else {
        let [momentum, rest] = [signum.momentum, 1.0 - signum.momentum].map(T::from_f64);
        let keep = T::ONE - rate * T::from_f64(signum.decay_lh);
        let clip = Clip::new(step, signum.clip_gradient);
        for ((w, &g), m) in weight.iter_mut().zip(gradient).zip(state) {
            *m = momentum * *m - rest * (clip.scaled(g) + decay * *w);
            *w = keep * *w + rate * m.sign();
        }
    }
}
