//! Whether any of some elements, or each of them, is other than 0.

use super::reduce::{Axes, fold, shaped};
use crate::dtype::DType;
use crate::error::Result;
use crate::kernel::reduce::Reduce;
use crate::tensor::Tensor;

/// 1 where there is an element other than 0, or if `all` where there is none that is 0.
fn holds(op: &'static str, x: &Tensor, axes: Axes, keep: bool, all: bool) -> Result<Tensor> {
    let compare = |x: &Tensor| if all { x.eq(0.0) } else { x.ne(0.0) };
    // By way of `bool`: a small number of another type could become 0.
    let numbers = match x.dtype() {
        DType::F32 => x.detach(),
        _ => x.to_dtype(DType::Bool).to_dtype(DType::F32),
    };
    // Of any number of ones, the sum is not 0.
    let sum = fold(op, Reduce::Sum, &compare(&numbers)?, &axes)?;
    Ok(compare(&shaped(sum, &axes, keep))?.to_dtype(x.dtype()))
}

impl Tensor {
    /// 1 if any element is not 0, else 0: a scalar of the elements' type, which may be any. Of none
    /// it is 0.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::Tensor;
    /// let x = Tensor::from([[1.0f32, -2.0], [3.0, 4.0]]);
    /// assert_eq!(x.lt(0.0)?.any()?.item()?, 1.0);
    /// assert_eq!(x.gt(0.0)?.all_axes(&[1], false)?, Tensor::from([0.0f32, 1.0]));
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Errors
    /// None; it is fallible as other reductions are.
    pub fn any(&self) -> Result<Tensor> {
        holds("any", self, Axes::ALL, false, false)
    }

    /// [`any`](Tensor::any) over `axes`, as [`sum_axes`](Tensor::sum_axes).
    ///
    /// # Errors
    /// [`Error::BadAxis`](crate::Error::BadAxis) if there is no such axis,
    /// [`Error::BadArgument`](crate::Error::BadArgument) if one is named twice.
    pub fn any_axes(&self, axes: &[isize], keep: bool) -> Result<Tensor> {
        let op = "any";
        holds(op, self, Axes::new(op, axes, self.shape())?, keep, false)
    }

    /// 1 if no element is 0, else 0: a scalar of the elements' type, which may be any. Of none it is
    /// 1.
    ///
    /// # Errors
    /// None, as for [`any`](Tensor::any).
    pub fn all(&self) -> Result<Tensor> {
        holds("all", self, Axes::ALL, false, true)
    }

    /// [`all`](Tensor::all) over `axes`, as [`sum_axes`](Tensor::sum_axes).
    ///
    /// # Errors
    /// As for [`any_axes`](Tensor::any_axes).
    pub fn all_axes(&self, axes: &[isize], keep: bool) -> Result<Tensor> {
        let op = "all";
        holds(op, self, Axes::new(op, axes, self.shape())?, keep, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_of_every_type_are_asked() {
        let flags = Tensor::from([[true, false], [true, true], [false, false]]);
        let types = [DType::F32, DType::F64, DType::F16, DType::BF16, DType::I8, DType::U64];
        for dtype in types.into_iter().chain([DType::Bool]) {
            let x = flags.to_dtype(dtype);
            let of = |values: [bool; 3]| Tensor::from(values).to_dtype(dtype);
            assert_eq!(x.any_axes(&[1], false).unwrap(), of([true, true, false]));
            assert_eq!(x.all_axes(&[-1], false).unwrap(), of([false, true, false]));
            assert_eq!(x.any_axes(&[0], true).unwrap(), x.slice(0, 1..2).unwrap());
            assert_eq!(x.any().unwrap(), Tensor::from(true).to_dtype(dtype));
            assert_eq!(x.all().unwrap(), Tensor::from(false).to_dtype(dtype));
        }
        let small = Tensor::from([f64::NAN, 1e-300, -0.5]);
        assert_eq!(small.all().unwrap(), Tensor::from(1.0));
        assert_eq!(Tensor::from([-0.0, 0.0]).any().unwrap(), Tensor::from(0.0));
    }

    /// As NumPy has it.
    #[test]
    fn of_no_elements_all_hold_and_not_any() {
        let none = Tensor::zeros([2, 0]);
        assert_eq!(none.any().unwrap(), Tensor::from(0.0f32));
        assert_eq!(none.all().unwrap(), Tensor::from(1.0f32));
        assert_eq!(none.all_axes(&[1], false).unwrap(), Tensor::ones([2]));
        let error = none.any_axes(&[2], false).unwrap_err().to_string();
        assert_eq!(error, "`any` expected an axis from -2 to 1, found 2 for shape (2, 0)");
    }
}
