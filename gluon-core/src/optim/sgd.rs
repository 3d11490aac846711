//! Stochastic gradient descent.

use gluon_macros::simd;

use super::settings::{SHARE_OR_ALL, optimizer};
use super::{Clip, Slices, Step};
use crate::kernel::float::Float;

optimizer! {
    /// Stochastic gradient descent with momentum: `m = μ·m - rate·(C(g) + decay·w)`, `w += m`.
    ///
    /// Without momentum there is no state: `w -= rate·(C(g) + decay·w)`.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// use gluon::optim::Sgd;
    ///
    /// let sgd = Sgd::new(0.1).momentum(0.9).weight_decay(1e-4);
    /// ```
    ///
    /// # Source
    /// MXNet 1.9.1, `sgd_update` and `sgd_mom_update`.
    Sgd(sgd) {
        learning_rate = 0.01;
        state(this) = if this.momentum == 0.0 { &[] } else { &["momentum"] };
        /// Sets the momentum `μ`, from 0 to 1; 0 by default.
        momentum(momentum in SHARE_OR_ALL: f64 = 0.0);
    }
}

#[simd(avx512)]
fn sgd<T: Float>(slices: &mut Slices<'_, T>, sgd: &Sgd, step: &Step) {
    #[inline(always)]
    fn descend<T: Float>(
        slices: &mut Slices<'_, T>,
        sgd: &Sgd,
        step: &Step,
        scaled: impl Fn(T) -> T,
    ) {
        let Slices { weight, gradient, state: [state, ..] } = slices.reborrow();
        let [rate, decay] = [step.rate, step.decay].map(T::from_f64);
        if sgd.momentum == 0.0 {
            for (w, &g) in weight.iter_mut().zip(gradient) {
                *w -= rate * (scaled(g) + decay * *w);
            }
        } else {
            let momentum = T::from_f64(sgd.momentum);
            for ((w, &g), m) in weight.iter_mut().zip(gradient).zip(state) {
                *m = momentum * *m - rate * (scaled(g) + decay * *w);
                *w += *m;
            }
        }
    }
    // A limit takes longer than all the rest.
    let clip = Clip::new(step, sgd.clip_gradient);
    match sgd.clip_gradient == f64::INFINITY {
        true => descend(slices, sgd, step, |g| g * clip.scale),
        false => descend(slices, sgd, step, |g| clip.scaled(g)),
    }
}
