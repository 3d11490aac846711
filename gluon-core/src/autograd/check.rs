//! Checking gradients against difference quotients.

use super::record;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::tensor::Tensor;

/// The largest difference between the gradients that `backward` computes for `f` and central
/// difference quotients, relative to the larger of 1 and the quotient.
///
/// `f` is taken at `inputs`, which are converted to `float64`; where its output has several
/// elements, a weighted sum of them is differentiated, so that no gradient can cancel. `step` is
/// the difference: 1e-5 suits most functions, whose error is then near 1e-9.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Tensor, autograd::check};
///
/// let x = Tensor::from([0.5, -1.0, 2.0]);
/// let error = check::gradients(|x| x[0].tanh(), &[x], 1e-5)?;
/// assert!(error < 1e-9);
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Errors
/// Whatever `f` returns.
pub fn gradients(
    f: impl Fn(&[Tensor]) -> Result<Tensor>,
    inputs: &[Tensor],
    step: f64,
) -> Result<f64> {
    let mut variables: Vec<Tensor> = inputs.iter().map(|x| x.to_dtype(DType::F64).copy()).collect();
    variables.iter_mut().for_each(Tensor::attach_grad);
    let output = record(|| f(&variables))?;
    let head = weights(&output)?;
    output.backward_with(&head, false)?;

    let value = |inputs: &[Tensor]| -> Result<f64> {
        let output = f(inputs)?.to_vec::<f64>()?;
        Ok(output.iter().zip(head.to_vec::<f64>()?).map(|(y, w)| y * w).sum())
    };
    let mut worst = 0.0f64;
    for (index, variable) in variables.iter().enumerate() {
        let gradient = variable.grad()?.to_vec::<f64>()?;
        for (position, gradient) in gradient.into_iter().enumerate() {
            let shifted = |by: f64| -> Result<f64> {
                let mut inputs: Vec<Tensor> = variables.iter().map(Tensor::detach).collect();
                inputs[index].make_mut::<f64>("check")?[position] += by;
                value(&inputs)
            };
            let quotient = (shifted(step)? - shifted(-step)?) / (2.0 * step);
            let error = (gradient - quotient).abs() / quotient.abs().max(1.0);
            // A NaN is the worst of all, and `max` would pass over it.
            if error.is_nan() {
                return Ok(f64::NAN);
            }
            worst = worst.max(error);
        }
    }
    Ok(worst)
}

/// Weights of the output's elements: different, none near 0.
fn weights(output: &Tensor) -> Result<Tensor> {
    if output.dtype() != DType::F64 {
        let (lhs, rhs) = (DType::F64, output.dtype());
        return Err(Error::DTypeMismatch { op: "check", lhs, rhs });
    }
    let weights = (0..output.size()).map(|i| 1.0 + 0.7 * (1.3 * i as f64 + 0.4).sin()).collect();
    Tensor::from_vec::<f64>(weights, *output.shape())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded, the derivative of `x · detach(x)` is half of what the quotients say.
    #[test]
    fn a_wrong_gradient_is_found_at_any_place() {
        let error = |x: Tensor| gradients(|v| v[0].mul(v[0].detach()), &[x], 1e-5).unwrap();
        for wrong in [[3.0, 0.0], [0.0, 3.0], [-3.0, 0.0], [0.0, -3.0]] {
            let error = error(Tensor::from(wrong));
            assert!((error - 0.5).abs() < 1e-6, "{wrong:?}: {error}");
        }
        // Small ones are compared with 1.
        let (small, smaller) = (error(Tensor::from(0.02)), error(Tensor::from(0.01)));
        assert!((small / smaller - 2.0).abs() < 1e-6 && small < 0.04, "{small} {smaller}");
    }
}
