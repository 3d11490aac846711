//! Pooling over one to three axes.

use gluon_macros::Block;

use super::print::{truth, tuple};
use super::sizes::Sizes;
use crate::block::Forward;
use crate::error::Result;
use crate::ops::pool::{Pool, pool};
use crate::ops::sliding::Sliding;
use crate::tensor::Tensor;

/// The largest elements of windows of a sequence; see [`Pooling`].
pub type MaxPool1d = Pooling<1, true>;
/// The largest elements of windows of an image; see [`Pooling`].
pub type MaxPool2d = Pooling<2, true>;
/// The largest elements of windows of a volume; see [`Pooling`].
pub type MaxPool3d = Pooling<3, true>;
/// The means of windows of a sequence; see [`Pooling`].
pub type AvgPool1d = Pooling<1, false>;
/// The means of windows of an image; see [`Pooling`].
pub type AvgPool2d = Pooling<2, false>;
/// The means of windows of a volume; see [`Pooling`].
pub type AvgPool3d = Pooling<3, false>;
/// The largest element of each channel of a sequence; see [`GlobalPooling`].
pub type GlobalMaxPool1d = GlobalPooling<1, true>;
/// The largest element of each channel of an image; see [`GlobalPooling`].
pub type GlobalMaxPool2d = GlobalPooling<2, true>;
/// The largest element of each channel of a volume; see [`GlobalPooling`].
pub type GlobalMaxPool3d = GlobalPooling<3, true>;
/// The mean of each channel of a sequence; see [`GlobalPooling`].
pub type GlobalAvgPool1d = GlobalPooling<1, false>;
/// The mean of each channel of an image; see [`GlobalPooling`].
pub type GlobalAvgPool2d = GlobalPooling<2, false>;
/// The mean of each channel of a volume; see [`GlobalPooling`].
pub type GlobalAvgPool3d = GlobalPooling<3, false>;

/// The largest element (`MAX`) or the mean of what a window sees, over the last `N` axes.
///
/// The gradient of a largest element goes to the first that is as large.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Forward, Tensor, nn::MaxPool2d};
///
/// let x = Tensor::arange(16).reshape([1, 1, 4, 4])?;
/// let y = MaxPool2d::new(2).forward(&x)?;
/// assert_eq!(y.to_vec::<f32>()?, [5.0, 7.0, 13.0, 15.0]);
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Shapes
/// `x: [batch, channels, input..]` → `[batch, channels, output..]`, where
/// `output = ⌊(input + 2·padding − size) / stride⌋ + 1`.
///
/// # Errors
/// `forward` returns [`Error::BadShape`](crate::Error::BadShape) if `x` has another number of axes or
/// its images have no elements, and [`Error::BadArgument`](crate::Error::BadArgument) if a size or
/// stride is 0, the window is larger than the padded input, or the padding is more than half of it.
#[derive(Block, Clone, Debug)]
#[block(hint = "pool", describe = Pooling::line)]
pub struct Pooling<const N: usize, const MAX: bool> {
    size: [usize; N],
    stride: [usize; N],
    padding: [usize; N],
    ceil_mode: bool,
    count_include_pad: bool,
}

impl<const N: usize, const MAX: bool> Pooling<N, MAX> {
    const OP: &str = match (N, MAX) {
        (1, true) => "max_pool1d",
        (2, true) => "max_pool2d",
        (3, true) => "max_pool3d",
        (1, false) => "avg_pool1d",
        (2, false) => "avg_pool2d",
        (3, false) => "avg_pool3d",
        _ => panic!("pooling has one to three axes"),
    };

    /// Windows of the given size, one for all axes or one for each, side by side.
    pub fn new(size: impl Sizes<N>) -> Self {
        let size = size.sizes();
        let (padding, count_include_pad) = ([0; N], true);
        Pooling { size, stride: size, padding, ceil_mode: false, count_include_pad }
    }

    /// The same layer whose window moves `stride` elements at a time; its size unless this is
    /// called.
    pub fn stride(mut self, stride: impl Sizes<N>) -> Self {
        self.stride = stride.sizes();
        self
    }

    /// The same layer whose window begins and ends so far outside of the input. A largest element
    /// is never there; for a mean there are zeros.
    pub fn padding(mut self, padding: impl Sizes<N>) -> Self {
        self.padding = padding.sizes();
        self
    }

    /// The same layer with a last, smaller window where the others leave elements out: the size of
    /// the output is rounded up. No window begins behind the input, as in PyTorch.
    pub fn ceil_mode(mut self) -> Self {
        self.ceil_mode = true;
        self
    }

    fn line(&self) -> String {
        describe::<N, MAX>("", [&self.size, &self.stride, &self.padding], self.ceil_mode)
    }
}

impl<const N: usize> Pooling<N, false> {
    /// The same layer whose means are of the elements of the input only, not of the zeros around.
    pub fn exclude_padding(mut self) -> Self {
        self.count_include_pad = false;
        self
    }
}

fn describe<const N: usize, const MAX: bool>(
    global: &str,
    [size, stride, padding]: [&[usize]; 3],
    ceil_mode: bool,
) -> String {
    let (kind, word) = if MAX { ("Max", "max") } else { ("Avg", "avg") };
    let [size, stride, padding] = [size, stride, padding].map(tuple);
    let (ceil_mode, is_global) = (truth(ceil_mode), truth(!global.is_empty()));
    let axes = &"DHW"[3 - N..];
    format!(
        "{global}{kind}Pool{N}D(size={size}, stride={stride}, padding={padding}, \
         ceil_mode={ceil_mode}, global_pool={is_global}, pool_type={word}, layout=NC{axes})"
    )
}

fn kind<const MAX: bool>(include_padding: bool) -> Pool {
    if MAX { Pool::Max } else { Pool::Avg { include_padding } }
}

impl<const N: usize, const MAX: bool> Forward for Pooling<N, MAX> {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let Pooling { size, stride, padding, .. } = *self;
        let dilation = [1; N];
        let sliding = Sliding { op: Self::OP, kernel: size, stride, padding, dilation };
        pool(kind::<MAX>(self.count_include_pad), &sliding, self.ceil_mode, x)
    }
}

/// The largest element (`MAX`) or the mean of each channel: the last `N` axes become 1.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Forward, Tensor, nn::GlobalAvgPool2d};
///
/// let y = GlobalAvgPool2d::new().forward(&Tensor::arange(16).reshape([1, 1, 4, 4])?)?;
/// assert_eq!(y.to_vec::<f32>()?, [7.5]);
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Shapes
/// `x: [batch, channels, input..]` → `[batch, channels, 1..]`
///
/// # Errors
/// `forward` returns [`Error::BadShape`](crate::Error::BadShape) if `x` has another number of axes, or
/// its images have no elements.
#[derive(Block, Clone, Copy, Debug, Default)]
#[block(hint = "pool", describe = GlobalPooling::line)]
pub struct GlobalPooling<const N: usize, const MAX: bool>;

impl<const N: usize, const MAX: bool> GlobalPooling<N, MAX> {
    /// The layer, which has no settings.
    pub fn new() -> Self {
        GlobalPooling
    }

    fn line(&self) -> String {
        describe::<N, MAX>("Global", [&[1; N], &[1; N], &[0; N]], true)
    }
}

impl<const N: usize, const MAX: bool> Forward for GlobalPooling<N, MAX> {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (op, [stride, padding, dilation]) = (Pooling::<N, MAX>::OP, [[1; N], [0; N], [1; N]]);
        let sliding = Sliding { op, kernel: [1; N], stride, padding, dilation };
        let kernel = sliding.input(x.shape())?;
        pool(kind::<MAX>(true), &Sliding { kernel, ..sliding }, false, x)
    }
}
