//! Variances and standard deviations over axes.

use super::reduce::{Axes, fold, mean, shaped};
use crate::autograd::record_op;
use crate::error::Result;
use crate::kernel::reduce::Reduce;
use crate::tensor::Tensor;

/// `Σ (x - mean)² / (count - ddof)`, or if `root` the square root of that.
fn spread(
    name: &'static str,
    x: &Tensor,
    axes: Axes,
    keep: bool,
    ddof: usize,
    root: bool,
) -> Result<Tensor> {
    let freedom = axes.count(x.shape()).saturating_sub(ddof) as f64;
    let centre = |x: &Tensor| x.sub(mean(name, x, axes, true)?);
    // Twice, because a mean is rounded: what is left of equal elements then is 0.
    let centred = centre(&centre(&x.detach())?)?;
    let variance = fold(name, Reduce::SumSquares, &centred, &axes)?.div(freedom)?;
    let y = if root { variance.sqrt()? } else { variance };
    record_op(name, [x], shaped(y.clone(), &axes, keep), |_| {
        move |dy, gradients| {
            let dy = dy.reshape(*y.shape())?;
            // A shift of the mean changes nothing: deviations from it sum to 0.
            let scale = match root {
                true => y.choose(&dy.div(&y)?, &y)?,
                false => dy.mul(2.0)?,
            };
            gradients.add(0, centred.mul(&scale.div(freedom)?)?)
        }
    })
}

impl Tensor {
    /// The variance of all elements, a scalar: the mean of their squared distances from their mean; NaN
    /// of none.
    ///
    /// NumPy means this one too; [`var_axes`](Tensor::var_axes) can tell PyTorch's, which estimates
    /// that of what the elements are a sample of.
    ///
    /// # Errors
    /// As for [`mean`](Tensor::mean).
    pub fn var(&self) -> Result<Tensor> {
        spread("var", self, Axes::ALL, false, 0, false)
    }

    /// The variance over `axes`, as [`sum_axes`](Tensor::sum_axes): the squared distances from the mean,
    /// summed and divided by their number less `ddof`. That is 0 for the elements themselves, which is
    /// NumPy's default, and 1 for what they are a sample of, which is PyTorch's.
    ///
    /// Of no more elements than `ddof` it is no finite number.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::Tensor;
    /// let x = Tensor::from([[1.0f32, 3.0], [5.0, 9.0]]);
    /// assert_eq!(x.var_axes(&[1], false, 0)?, Tensor::from([1.0f32, 4.0]));
    /// assert_eq!(x.var_axes(&[1], false, 1)?, Tensor::from([2.0f32, 8.0]));
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`mean_axes`](Tensor::mean_axes).
    pub fn var_axes(&self, axes: &[isize], keep: bool, ddof: usize) -> Result<Tensor> {
        let op = "var";
        spread(op, self, Axes::new(op, axes, self.shape())?, keep, ddof, false)
    }

    /// The standard deviation of all elements, a scalar: the square root of their
    /// [variance](Tensor::var). The gradient where it is 0 is 0.
    ///
    /// # Errors
    /// As for [`mean`](Tensor::mean).
    pub fn std(&self) -> Result<Tensor> {
        spread("std", self, Axes::ALL, false, 0, true)
    }

    /// The standard deviation over `axes`: the square root of [`var_axes`](Tensor::var_axes). The
    /// gradient where it is 0 is 0.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::Tensor;
    /// let x = Tensor::from([[1.0f32, 10.0], [3.0, 30.0]]);
    /// let y = x.sub(&x.mean_axes(&[0], true)?)?.div(&x.std_axes(&[0], true, 0)?)?;
    /// assert_eq!(y, Tensor::from([[-1.0f32, -1.0], [1.0, 1.0]]));
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`mean_axes`](Tensor::mean_axes).
    pub fn std_axes(&self, axes: &[isize], keep: bool, ddof: usize) -> Result<Tensor> {
        let op = "std";
        spread(op, self, Axes::new(op, axes, self.shape())?, keep, ddof, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::{check, record};

    fn x() -> Tensor {
        Tensor::from([[[1.0, -2.0, 3.0], [4.0, 0.5, -6.0]], [[7.0, 2.5, 1.5], [-1.0, 8.0, 0.0]]])
    }

    /// The numbers are those of Python's `statistics`.
    #[test]
    fn values_over_all_and_over_some_axes() {
        let close = |found: Result<Tensor>, expected: Tensor| {
            let found = found.unwrap();
            assert_eq!(found.shape(), expected.shape());
            let error = found.sub(&expected).unwrap().abs().unwrap().max().unwrap();
            assert!(error.item().unwrap() < 1e-14, "{found}");
        };
        let x = x();
        close(x.var(), Tensor::from(13.352_430_555_555_555));
        close(x.std(), Tensor::from(3.654_097_775_861_444_6));
        close(x.std_axes(&[0, 1, 2], false, 1), Tensor::from(3.816_580_652_729_335));
        close(
            x.var_axes(&[0, -1], true, 0),
            Tensor::from([[[7.222_222_222_222_222], [18.701_388_888_888_89]]]),
        );
        close(
            x.std_axes(&[1], false, 1),
            Tensor::from([
                [2.121_320_343_559_642_4, 1.767_766_952_966_368_9, 6.363_961_030_678_928],
                [5.656_854_249_492_381, 3.889_087_296_526_011_6, 1.060_660_171_779_821_2],
            ]),
        );
        close(x.transpose().unwrap().var_axes(&[1], false, 0), x.var_axes(&[2], false, 0).unwrap());
        close(x.var_axes(&[], false, 0), x.zeros_like());
    }

    #[test]
    fn a_large_mean_costs_no_digits() {
        let x = Tensor::from([1e6f32 + 1.0, 1e6 + 2.0, 1e6 + 3.0, 1e6 + 4.0]);
        assert_eq!(x.var().unwrap(), Tensor::from(1.25f32));
    }

    #[test]
    fn too_few_elements_have_no_finite_variance() {
        let var = |x: &Tensor, ddof| x.var_axes(&[0], false, ddof).unwrap().item().unwrap();
        assert!(Tensor::zeros([0]).var().unwrap().item().unwrap().is_nan());
        assert!(var(&Tensor::ones([1]), 1).is_nan());
        assert!(var(&Tensor::from([1.0, 2.0]), 3).is_infinite());
        assert_eq!(*Tensor::zeros([3, 0]).std_axes(&[0], false, 0).unwrap().shape(), [0]);
    }

    #[test]
    fn what_cannot_be_reduced_is_named() {
        let error = x().std_axes(&[3], false, 0).unwrap_err().to_string();
        assert_eq!(error, "`std` expected an axis from -3 to 2, found 3 for shape (2, 2, 3)");
        let error = Tensor::from([1i32]).var().unwrap_err().to_string();
        assert!(error.starts_with("`var` expected float32 or float64, found int32"), "{error}");
    }

    #[test]
    fn gradients_match_difference_quotients() {
        type Op = fn(&Tensor) -> Result<Tensor>;
        let ops: [(&str, Op); 5] = [
            ("var", Tensor::var),
            ("std", Tensor::std),
            ("var_axes", |x| x.var_axes(&[0, 2], false, 0)),
            ("std_axes", |x| x.std_axes(&[1], true, 1)),
            ("views", |x| x.transpose()?.std_axes(&[-1], false, 0)),
        ];
        for (name, op) in ops {
            let error = check::gradients(|v| op(&v[0]), &[x()], 1e-5).unwrap();
            assert!(error < 1e-8, "{name}: {error}");
        }
    }

    #[test]
    fn the_deviation_of_equals_is_flat() {
        let mut x = Tensor::from([[2.0f32, 2.0], [1.0, 3.0]]);
        x.attach_grad();
        record(|| x.std_axes(&[1], false, 0)).unwrap().backward().unwrap();
        assert_eq!(x.grad().unwrap(), Tensor::from([[0.0f32, 0.0], [-0.5, 0.5]]));
        // The sum of three of these, and so their mean, is rounded.
        let mut x = Tensor::from([5.984_517_999_686_238; 3]);
        x.attach_grad();
        let deviation = record(|| x.std()).unwrap();
        deviation.backward().unwrap();
        assert_eq!((deviation.item().unwrap(), x.grad().unwrap()), (0.0, x.zeros_like()));
        let many = Tensor::full([100_003], 0.1, crate::DType::F32);
        assert_eq!(many.var().unwrap(), Tensor::from(0.0f32));
    }
}
