//! Products of matrices.

use crate::autograd::record_op;
use crate::buffer::for_float;
use crate::error::{Error, Result};
use crate::kernel::float::Float;
use crate::kernel::gemm;
use crate::kernel::matrix::Matrix;
use crate::shape::Shape;
use crate::tensor::Tensor;

impl Tensor {
    /// The product of matrices, or of stacks of them whose leading axes broadcast.
    ///
    /// A vector on the left is a row, one on the right a column; the axis that this adds
    /// disappears from the result, as in NumPy.
    ///
    /// # Shapes
    /// `[.., m, k] · [.., k, n] → [.., m, n]`
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] if the shapes do not fit, [`Error::DTypeMismatch`] if the types
    /// differ.
    #[doc(alias = "dot", alias = "mm", alias = "bmm")]
    pub fn matmul(&self, rhs: &Tensor) -> Result<Tensor> {
        let op = "matmul";
        let bad = || Error::ShapeMismatch { op, lhs: *self.shape(), rhs: *rhs.shape() };
        if self.dtype() != rhs.dtype() {
            return Err(Error::DTypeMismatch { op, lhs: self.dtype(), rhs: rhs.dtype() });
        }
        match (self.rank(), rhs.rank()) {
            (0, _) | (_, 0) => Err(bad()),
            (1, 1) => {
                let y = matrices(&self.expand_dims(0)?, &rhs.expand_dims(1)?).ok_or_else(bad)??;
                y.reshape(())
            }
            (1, _) => {
                let y = matrices(&self.expand_dims(0)?, rhs).ok_or_else(bad)??;
                y.squeeze(-2)
            }
            (_, 1) => {
                let y = matrices(self, &rhs.expand_dims(1)?).ok_or_else(bad)??;
                y.squeeze(-1)
            }
            _ => matrices(self, rhs).ok_or_else(bad)?,
        }
    }
}

/// The product of tensors of at least two axes; `None` if the shapes do not fit.
fn matrices(a: &Tensor, b: &Tensor) -> Option<Result<Tensor>> {
    let ([a_stack @ .., m, k], [b_stack @ .., inner, n]) = (a.shape().dims(), b.shape().dims())
    else {
        return None;
    };
    if k != inner {
        return None;
    }
    let stack = Shape::new(a_stack).broadcast(&Shape::new(b_stack))?;
    let shape = stack.with(stack.rank(), *m)?;
    let shape = shape.with(shape.rank(), *n)?;
    shape.checked_size()?;
    Some(product(a, b, shape))
}

fn product(a: &Tensor, b: &Tensor, shape: Shape) -> Result<Tensor> {
    let op = "matmul";
    let (wide_a, wide_b) = (stacked(a, &shape), stacked(b, &shape));
    let y = for_float!(a, op, T => {
        let (a_views, b_views) = (views::<T>(&wide_a)?, views::<T>(&wide_b)?);
        Ok(Tensor::build::<T>(shape, a.device(), |y| {
            let [count, m, n] = split(&shape);
            gemm::gemm_batched(&a_views, &b_views, y, [count, m, n]);
        }))
    })?;
    record_op(op, [a, b], y, |_| {
        let (a, b) = (a.detach(), b.detach());
        move |dy, gradients| {
            if gradients.wants(0) {
                gradients.add_reduced(0, dy.matmul(&b.transpose()?)?, a.shape())?;
            }
            if gradients.wants(1) {
                gradients.add_reduced(1, a.transpose()?.matmul(dy)?, b.shape())?;
            }
            Ok(())
        }
    })
}

/// The number of matrices in a stack, and their sizes.
fn split(shape: &Shape) -> [usize; 3] {
    match shape.dims() {
        [stack @ .., m, n] => [stack.iter().product(), *m, *n],
        _ => [1, 1, 1],
    }
}

/// `x` with its leading axes broadcast to those of `shape`, which stands for another product.
fn stacked(x: &Tensor, shape: &Shape) -> Tensor {
    let mut wide = *shape;
    let rank = wide.rank();
    wide.dims_mut()[rank - 2..].copy_from_slice(&x.shape()[x.rank() - 2..]);
    let wide = x.with_layout(x.layout().broadcast(&wide));
    // Leading axes that are not all of one step would need a walk of their own.
    if rank <= 3 { wide } else { wide.to_contiguous() }
}

/// The matrices of a stack of at most one leading axis, or of a row-major one.
fn views<'x, T: Float>(x: &'x Tensor) -> Result<impl Fn(usize) -> Matrix<'x, T>> {
    let all = x.buffer::<T>("matmul")?;
    let (layout, [_, rows, columns]) = (x.layout(), split(x.shape()));
    let rank = x.rank();
    let step = match rank {
        // Where there are no elements, strides lead out of the buffer.
        _ if x.size() == 0 => 0,
        2 => 0,
        3 => layout.strides[0] as usize,
        // The stride of a row-major tensor along an axis of size 1 means nothing.
        _ => rows * columns,
    };
    let strides = [layout.strides[rank - 2] as usize, layout.strides[rank - 1] as usize];
    Ok(move |index: usize| {
        Matrix::strided(&all[layout.offset + index * step..], [rows, columns], strides)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::{check, record};

    fn numbers(shape: impl Into<Shape>) -> Tensor {
        let shape = shape.into();
        let values = (0..shape.size()).map(|i| (0.7 * i as f64 + 0.3).sin()).collect();
        Tensor::from_vec::<f64>(values, shape).unwrap()
    }

    #[test]
    fn small_products_by_hand() {
        let a = Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]);
        let b = Tensor::from([[5.0f32, 6.0], [7.0, 8.0]]);
        let v = Tensor::from([1.0f32, 10.0]);
        assert_eq!(a.matmul(&b).unwrap(), Tensor::from([[19.0f32, 22.0], [43.0, 50.0]]));
        assert_eq!(
            a.matmul(&b.transpose().unwrap()).unwrap(),
            Tensor::from([[17.0f32, 23.0], [39.0, 53.0]])
        );
        assert_eq!(a.matmul(&v).unwrap(), Tensor::from([21.0f32, 43.0]));
        assert_eq!(v.matmul(&a).unwrap(), Tensor::from([31.0f32, 42.0]));
        assert_eq!(v.matmul(&v).unwrap(), Tensor::from(101.0f32));
    }

    #[test]
    fn an_axis_of_size_1_in_a_stack_may_have_any_stride() {
        let x = numbers([2, 3, 1, 4]).permute(&[0, 2, 1, 3]).unwrap(); // [2, 1, 3, 4]
        let y = x.matmul(&numbers([4, 2])).unwrap();
        for i in 0..2 {
            let one = x.select(0, i).unwrap().matmul(&numbers([4, 2])).unwrap();
            assert_eq!(y.select(0, i).unwrap(), one);
        }
    }

    #[test]
    fn sums_of_no_terms_are_zero_in_any_layout() {
        let x = Tensor::zeros([0, 4, 32]).permute(&[1, 0, 2]).unwrap();
        assert_eq!(x.transpose().unwrap().matmul(&x).unwrap(), Tensor::zeros([4, 32, 32]));
        let mut w = Tensor::ones([5, 30, 2]);
        w.attach_grad();
        let x = Tensor::zeros([0, 5, 30]).permute(&[1, 0, 2]).unwrap();
        record(|| x.matmul(&w)).unwrap().backward().unwrap();
        assert_eq!(w.grad().unwrap(), Tensor::zeros([5, 30, 2]));
    }

    #[test]
    fn stacks_broadcast() {
        let (a, b) = (numbers([2, 1, 3, 4]), numbers([5, 4, 2]));
        let y = a.matmul(&b).unwrap();
        assert_eq!(*y.shape(), [2, 5, 3, 2]);
        for i in 0..2 {
            for j in 0..5 {
                let one = a.select(0, i).unwrap().select(0, 0).unwrap();
                let one = one.matmul(&b.select(0, j).unwrap()).unwrap();
                assert_eq!(y.select(0, i).unwrap().select(0, j).unwrap(), one);
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let error = Tensor::zeros([2, 3]).matmul(&Tensor::zeros([4, 5])).unwrap_err().to_string();
        assert_eq!(error, "`matmul` cannot combine shapes (2, 3) and (4, 5)");
        assert!(Tensor::zeros([2, 2]).matmul(&Tensor::scalar(1.0, crate::DType::F32)).is_err());
        assert!(Tensor::zeros([2, 2]).matmul(&numbers([2, 2])).is_err());
    }

    #[test]
    fn gradients_match_difference_quotients() {
        let cases = [
            (numbers([3, 4]), numbers([4, 2])),
            (numbers([4]), numbers([4, 2])),
            (numbers([3, 4]), numbers([4])),
            (numbers([4]), numbers([4])),
            (numbers([2, 3, 4]), numbers([4, 2])),
            (numbers([2, 1, 3, 4]), numbers([2, 4, 2])),
        ];
        for (a, b) in cases {
            let error = check::gradients(|v| v[0].matmul(&v[1]), &[a.clone(), b.clone()], 1e-5);
            let error = error.unwrap();
            assert!(error < 1e-8, "{a:?} {b:?}: {error}");
        }
        let inputs = [numbers([4, 3]), numbers([2, 4])];
        let f = |v: &[Tensor]| v[0].transpose()?.matmul(&v[1].transpose()?);
        assert!(check::gradients(f, &inputs, 1e-5).unwrap() < 1e-8);
    }
}
