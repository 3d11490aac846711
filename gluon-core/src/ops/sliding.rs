//! Sliding: how a kernel moves over the last axes of a tensor, and the sizes that follow.

use crate::error::{Error, Result};
use crate::kernel::window::Window;
use crate::shape::Shape;

/// The settings of a convolution or a pooling over `N` axes, at most three.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sliding<const N: usize> {
    /// The operation, for errors.
    pub(crate) op: &'static str,
    pub(crate) kernel: [usize; N],
    pub(crate) stride: [usize; N],
    pub(crate) padding: [usize; N],
    pub(crate) dilation: [usize; N],
}

impl<const N: usize> Sliding<N> {
    /// Sizes are positive and small enough to be added up.
    fn check(&self) -> Result<()> {
        let bad = |argument, expected, found: &[usize]| {
            Err(Error::BadArgument { op: self.op, argument, expected, found: format!("{found:?}") })
        };
        let positive = |sizes: &[usize]| sizes.iter().all(|size| (1..1 << 24).contains(size));
        for (argument, sizes) in
            [("kernel", &self.kernel), ("stride", &self.stride), ("dilation", &self.dilation)]
        {
            if !positive(sizes) {
                return bad(argument, "from 1 to 16777215", sizes);
            }
        }
        if self.padding.iter().any(|&size| size >= 1 << 24) {
            return bad("padding", "at most 16777215", &self.padding);
        }
        Ok(())
    }

    /// How many elements of an axis the kernel covers.
    fn covered(&self, axis: usize) -> usize {
        self.dilation[axis] * (self.kernel[axis] - 1) + 1
    }

    /// The last axes of `x`, of which there are `N` after the batch and the channels, none of them
    /// empty.
    pub(crate) fn input(&self, x: &Shape) -> Result<[usize; N]> {
        let expected = match N {
            1 => "[batch, channels, width]",
            2 => "[batch, channels, height, width]",
            _ => "[batch, channels, depth, height, width]",
        };
        match x.dims() {
            [_, _, input @ ..] if input.len() == N && input.contains(&0) => {
                let expected = "at least one element along each axis of an image";
                Err(Error::BadShape { op: self.op, expected, found: *x })
            }
            [_, _, input @ ..] if input.len() == N => Ok(std::array::from_fn(|axis| input[axis])),
            _ => Err(Error::BadShape { op: self.op, expected, found: *x }),
        }
    }

    /// The window over `x`: it takes as many places as fit, and with `ceil` one more along an axis
    /// whose end it does not reach, if that begins within the image or the padding before it.
    pub(crate) fn window(&self, x: &Shape, ceil: bool) -> Result<Window> {
        let input = self.input(x)?;
        self.check()?;
        let mut output = [0; N];
        for axis in 0..N {
            let (padding, stride) = (self.padding[axis], self.stride[axis]);
            let Some(moves) = (input[axis] + 2 * padding).checked_sub(self.covered(axis)) else {
                let found =
                    format!("{:?} dilated by {:?} for shape {x}", self.kernel, self.dilation);
                let (argument, expected) = ("kernel", "at most as large as the padded input");
                return Err(Error::BadArgument { op: self.op, argument, expected, found });
            };
            output[axis] = moves / stride + 1;
            if ceil
                && !moves.is_multiple_of(stride)
                && output[axis] * stride < input[axis] + padding
            {
                output[axis] += 1;
            }
        }
        Ok(self.between(input, output))
    }

    /// The window that takes the places of `x`, which is what such a window made of an image that
    /// is `output_padding` longer than the smallest.
    pub(crate) fn window_onto(&self, x: &Shape, output_padding: [usize; N]) -> Result<Window> {
        let output = self.input(x)?;
        self.check()?;
        let mut input = [0; N];
        for axis in 0..N {
            if output_padding[axis] >= self.stride[axis] {
                let (argument, expected) = ("output_padding", "less than the stride");
                let found = format!("{output_padding:?} with stride {:?}", self.stride);
                return Err(Error::BadArgument { op: self.op, argument, expected, found });
            }
            let whole = (output[axis] - 1) * self.stride[axis] + self.covered(axis);
            match (whole + output_padding[axis]).checked_sub(2 * self.padding[axis]) {
                Some(size) if size > 0 => input[axis] = size,
                _ => {
                    let (argument, expected) = ("padding", "less than half of the output");
                    let found = format!("{:?} for shape {x}", self.padding);
                    return Err(Error::BadArgument { op: self.op, argument, expected, found });
                }
            }
        }
        Ok(self.between(input, output))
    }

    fn between(&self, input: [usize; N], output: [usize; N]) -> Window {
        Window {
            input: three(input, 1),
            kernel: three(self.kernel, 1),
            stride: three(self.stride, 1),
            dilation: three(self.dilation, 1),
            padding: three(self.padding, 0),
            output: three(output, 1),
        }
    }
}

/// `sizes` after as many times `fill` as make three.
fn three<const N: usize>(sizes: [usize; N], fill: usize) -> [usize; 3] {
    std::array::from_fn(|axis| (axis + N).checked_sub(3).map_or(fill, |axis| sizes[axis]))
}

/// The shape of a batch of images with the last `N` of `sizes`.
pub(super) fn images<const N: usize>(batch: usize, channels: usize, sizes: [usize; 3]) -> Shape {
    let mut dims = [batch, channels, 0, 0, 0];
    dims[2..2 + N].copy_from_slice(&sizes[3 - N..]);
    Shape::new(&dims[..2 + N])
}
