//! Losses of numbers.

use std::f64::consts::PI;

use super::{like, loss};
use crate::error::Result;
use crate::tensor::Tensor;

loss! {
    /// Half the squared difference: `(label - prediction)² / 2`.
    ///
    /// # Shapes
    /// `prediction: [batch, ..]`, `label`: as many elements → `[batch]`
    L2Loss {} => l2
}

loss! {
    /// The absolute difference: `|label - prediction|`.
    ///
    /// # Shapes
    /// `prediction: [batch, ..]`, `label`: as many elements → `[batch]`
    L1Loss {} => l1
}

loss! {
    /// Squared near 0 and absolute beyond: with `d = |label - prediction|`, `d² / 2ρ` up to `ρ` and
    /// `d - ρ/2` from there on.
    ///
    /// # Shapes
    /// `prediction: [batch, ..]`, `label`: as many elements → `[batch]`
    ///
    /// # Source
    /// Huber 1964, scaled by `1/ρ` as in Gluon.
    HuberLoss {
        /// The difference `ρ`, positive, up to which the loss is squared; 1 by default.
        rho: f64 = 1.0,
    } => huber
}

loss! {
    /// The negative log-likelihood of counts that follow Poisson distributions with the predicted
    /// rates, or with rates whose logarithms are predicted.
    ///
    /// With the rate `r`: `r - label · ln r`, to which `compute_full` adds Stirling's approximation
    /// of `ln label!`, of labels above 1. A rate that is predicted itself enters the logarithm as
    /// `r + 1e-8`.
    ///
    /// Gluon 1.9.1 gives one mean of the whole batch; here there is one number per sample, as in
    /// MXNet 2.0.
    ///
    /// # Shapes
    /// `prediction: [batch, ..]`, `label`: as many elements → `[batch]`
    PoissonNllLoss {
        /// Whether predictions are logarithms of rates; true by default.
        from_logits: bool = true,
        /// Whether the terms are added that depend on the label alone; false by default.
        compute_full: bool = false,
    } => poisson
}

fn l2(_: &L2Loss, prediction: &Tensor, label: &Tensor) -> Result<Tensor> {
    like("L2Loss", label, prediction)?.sub(prediction)?.square()?.mul(0.5)
}

fn l1(_: &L1Loss, prediction: &Tensor, label: &Tensor) -> Result<Tensor> {
    like("L1Loss", label, prediction)?.sub(prediction)?.abs()
}

fn huber(loss: &HuberLoss, prediction: &Tensor, label: &Tensor) -> Result<Tensor> {
    let difference = like("HuberLoss", label, prediction)?.sub(prediction)?.abs()?;
    let near = difference.minimum(loss.rho)?;
    near.square()?.mul(0.5 / loss.rho)?.add(&difference.sub(&near)?)
}

fn poisson(loss: &PoissonNllLoss, prediction: &Tensor, label: &Tensor) -> Result<Tensor> {
    let label = like("PoissonNllLoss", label, prediction)?;
    let likelihood = if loss.from_logits {
        prediction.exp()?.sub(&label.mul(prediction)?)?
    } else {
        prediction.sub(&label.mul(&prediction.add(1e-8)?.log()?)?)?
    };
    if !loss.compute_full {
        return Ok(likelihood);
    }
    let count = label.maximum(1.0)?; // smaller ones do not count, and their logarithms must not
    let factorial = count.mul(&count.log()?)?.sub(&count)?;
    let factorial = factorial.add(&count.mul(2.0 * PI)?.log()?.mul(0.5)?)?;
    likelihood.add(&factorial.mul(&label.gt(1.0)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::check;
    use crate::loss::Loss;

    #[test]
    fn gradients_match_difference_quotients() {
        let x = Tensor::from([[0.3, -1.2, 2.5], [1.1, 0.9, -0.4]]);
        let label = Tensor::from([[0.1, 0.4, -0.3], [0.2, 1.7, 0.6]]);
        let losses: [(&str, Box<dyn Loss>); 4] = [
            ("l2", Box::new(L2Loss { weight: 0.3, ..L2Loss::default() })),
            ("l1", Box::new(L1Loss { batch_axis: 1, ..L1Loss::default() })),
            ("huber", Box::new(HuberLoss { rho: 0.7, ..HuberLoss::default() })),
            ("poisson", Box::new(PoissonNllLoss::default())),
        ];
        for (name, loss) in losses {
            let f = |v: &[Tensor]| loss.forward(&v[0], &v[1]);
            let error = check::gradients(f, &[x.clone(), label.clone()], 1e-5).unwrap();
            assert!(error < 1e-8, "{name}: {error}");
        }
        let full = PoissonNllLoss { from_logits: false, compute_full: true, ..Default::default() };
        let f = |v: &[Tensor]| full.forward(&v[0].exp()?, &v[1]);
        let error = check::gradients(f, &[x, label], 1e-5).unwrap();
        assert!(error < 1e-8, "{error}");
    }

    /// Stirling's approximation of `ln n!` is within `1 / 12n`.
    #[test]
    fn the_full_poisson_loss_is_a_likelihood() {
        let full = PoissonNllLoss { from_logits: false, compute_full: true, ..Default::default() };
        let loss = full.forward(&Tensor::from([2.5, 2.5]), &Tensor::from([3.0, 0.0])).unwrap();
        let probability =
            |count: f64, factorial: f64| 2.5f64.powf(count) / factorial / 2.5f64.exp();
        let found = loss.to_vec::<f64>().unwrap();
        assert!((found[0] + probability(3.0, 6.0).ln()).abs() < 1.0 / 36.0);
        assert!((found[1] + probability(0.0, 1.0).ln()).abs() < 1e-12);
    }
}
