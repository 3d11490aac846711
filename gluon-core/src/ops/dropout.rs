//! Masks of dropout.

use crate::buffer::for_float;
use crate::error::Result;
use crate::kernel::dropout as kernel;
use crate::random;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// A tensor of `shape`, like `x` otherwise, whose elements are 0 with probability `rate`, else
/// `1 / (1 − rate)`; it takes one word from the thread's generator, whatever its size.
pub(crate) fn mask(op: &'static str, x: &Tensor, shape: Shape, rate: f64) -> Result<Tensor> {
    for_float!(x, op, T => {
        let seed = random::next_u64();
        Ok(Tensor::build::<T>(shape, x.device(), |mask| kernel::mask(seed, rate, mask)))
    })
}
