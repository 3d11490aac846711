//! Elements in order.

use super::gather::along;
use super::layout::{around, resolve_axis};
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::kernel::sort;
use crate::tensor::Tensor;

fn keys_by<T: Element>(x: &Tensor, descending: bool, key: impl Fn(T) -> u64) -> Tensor {
    let x = x.to_dtype(T::DTYPE).to_contiguous();
    let xs = x.as_contiguous::<T>().unwrap_or_default();
    let turn = if descending { u64::MAX } else { 0 };
    Tensor::build::<u64>(*x.shape(), x.device(), |keys| {
        keys.iter_mut().zip(xs).for_each(|(to, &x)| *to = key(x) ^ turn);
    })
}

/// A whole number for each element of `x`, in their order, or in the opposite one.
fn keys(x: &Tensor, descending: bool) -> Tensor {
    // The numbers of each type have one of three that has them all.
    match x.dtype() {
        DType::U64 => keys_by(x, descending, |x: u64| x),
        found if found.is_float() => keys_by(x, descending, sort::key_of_float),
        _ => keys_by(x, descending, sort::key_of_integer),
    }
}

/// The positions along `axis` of the first `count` elements, in order.
fn order(x: &Tensor, axis: usize, count: usize, descending: bool) -> Tensor {
    let keys = keys(x, descending);
    let sizes = around(axis, x.shape());
    let mut shape = *x.shape();
    shape.dims_mut()[axis] = count;
    Tensor::build::<i64>(shape, x.device(), |order| {
        sort::order(keys.as_contiguous().unwrap_or_default(), sizes, count, order);
    })
}

impl Tensor {
    /// The elements in ascending order along `axis`, or in descending order. NaN counts as larger than
    /// every number.
    ///
    /// Elements may be of any type; the gradient of floats goes to where they came from.
    ///
    /// # Errors
    /// [`Error::BadAxis`] if there is no such axis.
    pub fn sort(&self, axis: isize, descending: bool) -> Result<Tensor> {
        let op = "sort";
        let axis = resolve_axis(op, axis, self.shape())?;
        let order = order(self, axis, self.shape()[axis], descending);
        along(op, self, axis, order.to_dtype(DType::U64))
    }

    /// The index along `axis` of each element of [`sort`](Tensor::sort), as `int64`; of equal ones, in
    /// either order, the first comes first. [`gather`](Tensor::gather) takes other elements in the same order.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::Tensor;
    /// let (price, name) = (Tensor::from([3.0f32, 1.0, 2.0]), Tensor::from([7i64, 8, 9]));
    /// let order = price.argsort(0, true)?;
    /// assert_eq!(order, Tensor::from([0i64, 2, 1]));
    /// assert_eq!(name.gather(0, &order)?, Tensor::from([7i64, 9, 8]));
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`sort`](Tensor::sort).
    pub fn argsort(&self, axis: isize, descending: bool) -> Result<Tensor> {
        let axis = resolve_axis("argsort", axis, self.shape())?;
        Ok(order(self, axis, self.shape()[axis], descending))
    }

    /// The `k` largest elements along `axis`, the largest first, and their indices there as `int64`: the
    /// beginning of [`sort`](Tensor::sort) and [`argsort`](Tensor::argsort) in descending order.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::Tensor;
    /// let scores = Tensor::from([[0.1f32, 0.7, 0.2], [0.5, 0.1, 0.4]]);
    /// let (values, indices) = scores.topk(1, 2)?;
    /// assert_eq!(values, Tensor::from([[0.7f32, 0.2], [0.5, 0.4]]));
    /// assert_eq!(indices, Tensor::from([[1i64, 2], [0, 2]]));
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`sort`](Tensor::sort), and [`Error::BadArgument`] if there are fewer than `k`.
    pub fn topk(&self, axis: isize, k: usize) -> Result<(Tensor, Tensor)> {
        let op = "topk";
        let axis = resolve_axis(op, axis, self.shape())?;
        let size = self.shape()[axis];
        if k > size {
            let (argument, expected) = ("k", "at most the size of the axis");
            let found = format!("{k} for size {size}");
            return Err(Error::BadArgument { op, argument, expected, found });
        }
        let order = order(self, axis, k, true);
        Ok((along(op, self, axis, order.to_dtype(DType::U64))?, order))
    }
}

impl Tensor {
    /// The elements without repetition in ascending order, all axes as one; for each element of the
    /// tensor its index among those; and how often each of those is there. NaN counts as equal to NaN
    /// and larger than every number.
    ///
    /// Elements may be of any type; the gradient of floats goes to the first of equal ones.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::Tensor;
    /// let years = Tensor::from([2024i64, 2021, 2024, 2022]);
    /// let (values, indices, counts) = years.unique()?;
    /// assert_eq!(values, Tensor::from([2021i64, 2022, 2024]));
    /// assert_eq!(indices, Tensor::from([2i64, 0, 2, 1])); // classes for a loss
    /// assert_eq!(counts, Tensor::from([1i64, 1, 2]));
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Shapes
    /// `self: [..]` → `[n]`, `[..]`, `[n]`, the last two of `int64`
    ///
    /// # Errors
    /// [`Error::RecordedElsewhere`] if another thread is still recording the tensor.
    #[doc(alias = "unique_all")]
    pub fn unique(&self) -> Result<(Tensor, Tensor, Tensor)> {
        let len = self.size();
        let keys = keys(self, false);
        let keys = keys.as_contiguous::<u64>().unwrap_or_default();
        let mut order = vec![0; len];
        sort::order(keys, [1, len, 1], len, &mut order);
        let (mut firsts, mut counts) = (Vec::new(), Vec::new());
        let mut indices = vec![0i64; len];
        let equal = |&a: &i64, &b: &i64| keys[a as usize] == keys[b as usize];
        for (index, positions) in order.chunk_by(equal).enumerate() {
            firsts.push(positions[0] as u64);
            counts.push(positions.len() as i64);
            positions.iter().for_each(|&position| indices[position as usize] = index as i64);
        }
        let values = along("unique", &self.reshape([len])?, 0, Tensor::from(firsts))?;
        let indices = Tensor::from(indices).reshape(*self.shape())?;
        let [indices, counts] =
            [indices, Tensor::from(counts)].map(|t| t.with_device(self.device()));
        Ok((values, indices, counts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::{check, record};

    #[test]
    fn elements_of_every_type_are_sorted_exactly() {
        let large = 1i64 << 60;
        let x = Tensor::from([large + 1, -3, large, 7]);
        assert_eq!(x.sort(0, false).unwrap(), Tensor::from([-3i64, 7, large, large + 1]));
        let x = Tensor::from([u64::MAX, 1, u64::MAX - 1]);
        assert_eq!(x.argsort(0, true).unwrap(), Tensor::from([0i64, 2, 1]));
        let x = Tensor::from([true, false, true]);
        assert_eq!(x.argsort(0, false).unwrap(), Tensor::from([1i64, 0, 2]));
        for dtype in [DType::F32, DType::F64, DType::F16, DType::BF16, DType::I8, DType::I32] {
            let x = Tensor::from([[3.0, -1.0, 2.0], [0.0, -5.0, 4.0]]).to_dtype(dtype);
            let sorted = Tensor::from([[-1.0, 2.0, 3.0], [-5.0, 0.0, 4.0]]).to_dtype(dtype);
            assert_eq!(x.sort(-1, false).unwrap(), sorted);
        }
    }

    #[test]
    fn equals_stay_in_order_and_nan_is_the_largest() {
        let x = Tensor::from([0.0f32, f32::NAN, -0.0, f32::INFINITY, 0.0]);
        let order = x.argsort(0, false).unwrap();
        assert_eq!(order, Tensor::from([0i64, 2, 4, 3, 1]));
        let (values, order) = x.topk(0, 4).unwrap();
        assert_eq!(order, Tensor::from([1i64, 3, 0, 2]));
        assert!(values.to_vec::<f32>().unwrap()[0].is_nan());
    }

    #[test]
    fn any_axis_of_any_layout_is_sorted() {
        let x = Tensor::from([[[3i32, 1], [2, 5]], [[0, 4], [9, -1]]]);
        let expected = Tensor::from([[[3i32, 5], [2, 1]], [[9, 4], [0, -1]]]);
        assert_eq!(x.sort(1, true).unwrap(), expected);
        let turned = x.transpose().unwrap().sort(2, true).unwrap();
        assert_eq!(turned, expected.transpose().unwrap());
        let (values, indices) = x.topk(0, 1).unwrap();
        assert_eq!(values, Tensor::from([[[3i32, 4], [9, 5]]]));
        assert_eq!(indices, Tensor::from([[[0i64, 1], [1, 0]]]));
        let wide = Tensor::from([[2i32], [1]]).broadcast_to([2, 3]).unwrap();
        assert_eq!(wide.argsort(1, false).unwrap(), Tensor::from([[0i64, 1, 2]; 2]));
        for shape in [[0, 3], [3, 0]] {
            let x = Tensor::zeros(shape);
            assert_eq!(x.sort(0, true).unwrap(), x);
            assert_eq!(*x.topk(1, 0).unwrap().1.shape(), [shape[0], 0]);
        }
    }

    /// What NumPy's `unique` gives, and as often.
    #[test]
    fn elements_that_differ_are_found_and_counted() {
        let (values, indices, counts) = Tensor::from([[3.0f32, 1.0], [2.0, 3.0], [1.0, 3.0]])
            .transpose()
            .unwrap()
            .unique()
            .unwrap();
        assert_eq!(values, Tensor::from([1.0f32, 2.0, 3.0]));
        assert_eq!(indices, Tensor::from([[2i64, 1, 0], [0, 2, 2]]));
        assert_eq!(counts, Tensor::from([2i64, 1, 3]));

        let x = Tensor::from([f64::NAN, 0.0, -0.0, f64::INFINITY, f64::NAN, -1.0]);
        let (values, indices, counts) = x.unique().unwrap();
        assert_eq!(values.slice(0, ..3).unwrap(), Tensor::from([-1.0, 0.0, f64::INFINITY]));
        assert!(values.select(0, 3).unwrap().item().unwrap().is_nan());
        assert_eq!(indices, Tensor::from([3i64, 1, 1, 2, 3, 0]));
        assert_eq!(counts, Tensor::from([1i64, 2, 1, 2]));

        let large = 1i64 << 60;
        let x = Tensor::from([large + 1, large, large + 1]);
        assert_eq!(x.unique().unwrap().0, Tensor::from([large, large + 1]));
        let x = Tensor::from([true, false, true]);
        assert_eq!(x.unique().unwrap().0, Tensor::from([false, true]));
        let (values, indices, counts) = Tensor::from(7u8).unique().unwrap();
        assert_eq!(values, Tensor::from([7u8]));
        assert_eq!((indices, counts), (Tensor::from(0i64), Tensor::from([1i64])));
        let (values, indices, counts) = Tensor::zeros([0, 3]).unique().unwrap();
        assert_eq!((values.shape(), counts.shape()), (&[0].into(), &[0].into()));
        assert_eq!(*indices.shape(), [0, 3]);
    }

    #[test]
    fn the_gradient_of_equal_elements_goes_to_the_first() {
        let mut x = Tensor::from([3.0, 1.0, 3.0]);
        x.attach_grad();
        record(|| Ok(x.unique()?.0)).and_then(|values: Tensor| values.backward()).unwrap();
        assert_eq!(x.grad().unwrap(), Tensor::from([1.0, 1.0, 0.0]));
    }

    #[test]
    fn what_cannot_be_sorted_is_named() {
        let error = Tensor::from(1.0).argsort(0, false).unwrap_err().to_string();
        assert_eq!(error, "`argsort` expected no axis, found 0 for shape ()");
        let error = Tensor::zeros([2, 3]).topk(-1, 4).unwrap_err().to_string();
        let expected = "`topk` expected `k` to be at most the size of the axis, found 4 for size 3";
        assert_eq!(error, expected);
    }

    #[test]
    fn gradients_match_difference_quotients() {
        let x = Tensor::from([[0.3, -1.2, 2.5], [1.1, 0.9, -0.4]]);
        let sort = |v: &[Tensor]| v[0].sort(-1, true)?.square();
        assert!(check::gradients(sort, std::slice::from_ref(&x), 1e-5).unwrap() < 1e-8);
        let unique = |v: &[Tensor]| v[0].unique()?.0.square();
        assert!(check::gradients(unique, std::slice::from_ref(&x), 1e-5).unwrap() < 1e-8);
        let topk = |v: &[Tensor]| v[0].transpose()?.topk(0, 2)?.0.square();
        assert!(check::gradients(topk, &[x], 1e-5).unwrap() < 1e-8);
    }
}
