//! Stacking: samples that become one batch.

use crate::dtype::Element;
use crate::error::{Error, Result};
use crate::tensor::Tensor;

/// A sample that can be put together with others into a batch.
///
/// Tensors of one shape get a new first axis, numbers make a tensor of one axis, and tuples are
/// stacked part by part. Types of your own may give any other batch.
#[diagnostic::on_unimplemented(
    message = "samples of type `{Self}` cannot be put together into a batch",
    note = "samples are tensors, numbers, tuples of two or three of them, or types that implement `Stack`"
)]
pub trait Stack: Sized {
    /// What several samples become.
    type Batch;

    /// The batch of `samples`, in order.
    ///
    /// # Errors
    /// If the samples do not go together: shapes or types of tensors differ, or there are none.
    fn stack(samples: Vec<Self>) -> Result<Self::Batch>;
}

impl Stack for Tensor {
    type Batch = Tensor;

    fn stack(samples: Vec<Tensor>) -> Result<Tensor> {
        let mut pairs = samples.iter().zip(samples.iter().skip(1));
        if let Some((x, y)) = pairs.find(|(x, y)| x.shape() != y.shape()) {
            return Err(Error::BadArgument {
                op: "DataLoader",
                argument: "samples",
                expected: "of one shape, `pad` or `map` them to it",
                found: format!("{} and {} in a batch", x.shape(), y.shape()),
            });
        }
        Tensor::stack(&samples.iter().collect::<Vec<_>>(), 0)
    }
}

impl<T: Element> Stack for T {
    type Batch = Tensor;

    fn stack(samples: Vec<T>) -> Result<Tensor> {
        let count = samples.len();
        Tensor::from_vec(samples, count)
    }
}

impl<A: Stack, B: Stack> Stack for (A, B) {
    type Batch = (A::Batch, B::Batch);

    fn stack(samples: Vec<(A, B)>) -> Result<Self::Batch> {
        let (a, b) = samples.into_iter().unzip();
        Ok((A::stack(a)?, B::stack(b)?))
    }
}

impl<A: Stack, B: Stack, C: Stack> Stack for (A, B, C) {
    type Batch = (A::Batch, B::Batch, C::Batch);

    fn stack(samples: Vec<(A, B, C)>) -> Result<Self::Batch> {
        let (a, (b, c)) = samples.into_iter().map(|(a, b, c)| (a, (b, c))).unzip();
        Ok((A::stack(a)?, B::stack(b)?, C::stack(c)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tuples_stack_part_by_part() {
        let samples = vec![
            (Tensor::from([1.0f32, 2.0]), 7u8, true),
            (Tensor::from([3.0f32, 4.0]), 8u8, false),
        ];
        let (x, y, z) = Stack::stack(samples).unwrap();
        assert_eq!(x, Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]));
        assert_eq!(y, Tensor::from([7u8, 8]));
        assert_eq!(z, Tensor::from([true, false]));
    }

    #[test]
    fn samples_of_different_shapes_are_refused() {
        let samples = [2, 2, 3].map(|size| (Tensor::zeros([size]), 7u8));
        let error = Stack::stack(samples.to_vec()).unwrap_err().to_string();
        assert_eq!(
            error,
            "`DataLoader` expected `samples` to be of one shape, `pad` or `map` them to it, \
             found (2,) and (3,) in a batch"
        );
    }
}
