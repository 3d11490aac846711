//! Nesterov's accelerated gradient.

use gluon_macros::simd;

use super::settings::{SHARE_OR_ALL, optimizer};
use super::{Clip, Slices, Step};
use crate::kernel::float::Float;

optimizer! {
    /// Nesterov's accelerated gradient: with `a = μ·m` and `d = rate·(C(g) + decay·w)`,
    /// `w += (μ + 1)·(a - d) - a` and `m = a - d`, whose decay is that of the new `w`.
    ///
    /// Without momentum it is `w -= d`.
    ///
    /// # Source
    /// MXNet 1.9.1, `nag_mom_update`, of which the place of the new `w` is measured.
    Nag(nag) {
        learning_rate = 0.01;
        state(this) = if this.momentum == 0.0 { &[] } else { &["momentum"] };
        /// Sets the momentum `μ`, from 0 to 1; 0 by default.
        momentum(momentum in SHARE_OR_ALL: f64 = 0.0);
    }
}

#[simd]
fn nag<T: Float>(slices: &mut Slices<'_, T>, nag: &Nag, step: &Step) {
    let Slices { weight, gradient, state: [state, ..] } = slices.reborrow();
    let [rate, decay] = [step.rate, step.decay].map(T::from_f64);
    let clip = Clip::new(step, nag.clip_gradient);
    if nag.momentum == 0.0 {
        for (w, &g) in weight.iter_mut().zip(gradient) {
            *w -= rate * (clip.scaled(g) + decay * *w);
        }
    } else {
        let momentum = T::from_f64(nag.momentum);
        for ((w, &g), m) in weight.iter_mut().zip(gradient).zip(state) {
            let g = clip.scaled(g);
            let ahead = momentum * *m;
            *w += (momentum + T::ONE) * (ahead - rate * (g + decay * *w)) - ahead;
            *m = ahead - rate * (g + decay * *w);
        }
    }
}
