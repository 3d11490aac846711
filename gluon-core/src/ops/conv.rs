//! Convolutions, plain and transposed, with bias and activation in one operation.

use std::sync::Arc;

use super::dense::Activation;
use super::sliding::{Sliding, images};
use crate::autograd::record_op;
use crate::buffer::for_float;
use crate::error::{Error, Result};
use crate::kernel::conv::{self as kernel, Conv};
use crate::kernel::window::Positions;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// Each output channel is the sum of what its kernel sees of the input channels of its group.
///
/// # Shapes
/// `x: [batch, in_channels, input..]`, `weight: [out_channels, in_channels / groups, kernel..]`,
/// `bias: [out_channels]` → `[batch, out_channels, output..]`
pub(crate) fn conv<const N: usize>(
    sliding: &Sliding<N>,
    groups: usize,
    [x, weight]: [&Tensor; 2],
    bias: Option<&Tensor>,
    activation: Option<Activation>,
) -> Result<Tensor> {
    let window = sliding.window(x.shape(), false)?;
    let [batch, in_channels] = [x.shape()[0], x.shape()[1]];
    let out_channels = weight.shape()[0];
    let positions = Positions::of(&window);
    let conv = Conv { batch, groups, in_channels, out_channels, positions };
    let shape = images::<N>(batch, out_channels, window.output);
    convolve(sliding, conv, false, shape, [x, weight], bias, activation)
}

/// The gradient of [`conv`] as an operation of its own: each input is spread over what a kernel
/// there would have seen.
///
/// # Shapes
/// `x: [batch, in_channels, input..]`, `weight: [in_channels, out_channels / groups, kernel..]`,
/// `bias: [out_channels]` → `[batch, out_channels, output..]`
pub(crate) fn conv_transposed<const N: usize>(
    sliding: &Sliding<N>,
    output_padding: [usize; N],
    groups: usize,
    [x, weight]: [&Tensor; 2],
    bias: Option<&Tensor>,
    activation: Option<Activation>,
) -> Result<Tensor> {
    let window = sliding.window_onto(x.shape(), output_padding)?;
    let [batch, out_channels] = [x.shape()[0], x.shape()[1]];
    // Seen from the convolution whose gradient this is.
    let in_channels = weight.shape()[1] * groups;
    let positions = Positions::of(&window);
    let conv = Conv { batch, groups, in_channels, out_channels, positions };
    let shape = images::<N>(batch, in_channels, window.input);
    convolve(sliding, conv, true, shape, [x, weight], bias, activation)
}

fn convolve<const N: usize>(
    sliding: &Sliding<N>,
    conv: Conv,
    transposed: bool,
    shape: Shape,
    [input, weight]: [&Tensor; 2],
    bias: Option<&Tensor>,
    activation: Option<Activation>,
) -> Result<Tensor> {
    let op = sliding.op;
    let Conv { groups, in_channels, out_channels, .. } = conv;
    let channels = [out_channels, in_channels / groups.max(1)];
    let whole = groups > 0
        && in_channels.is_multiple_of(groups)
        && out_channels.is_multiple_of(groups)
        && weight.shape()[..2] == channels
        && weight.shape()[2..] == sliding.kernel;
    if !whole {
        return Err(Error::ShapeMismatch { op, lhs: *input.shape(), rhs: *weight.shape() });
    }
    if let Some(bias) = bias.filter(|bias| *bias.shape() != [shape[1]]) {
        return Err(Error::ShapeMismatch { op, lhs: *weight.shape(), rhs: *bias.shape() });
    }
    for other in [Some(weight), bias].into_iter().flatten() {
        if other.dtype() != input.dtype() {
            return Err(Error::DTypeMismatch { op, lhs: other.dtype(), rhs: input.dtype() });
        }
    }
    let (x, w) = (input.to_contiguous(), weight.to_contiguous());
    for_float!(x, op, T => {
        let [xs, ws] = Tensor::slices::<T, _>([&x, &w]);
        let b = bias.map(Tensor::to_contiguous);
        let bs = b.as_ref().map(|b| b.as_contiguous::<T>().unwrap_or_default());
        let y = Tensor::build::<T>(shape, x.device(), |y| match transposed {
            false => kernel::conv(xs, ws, bs, activation, y, false, &conv),
            true => kernel::conv_transposed(xs, ws, bs, activation, y, false, &conv),
        });
        let Conv { positions, .. } = conv;
        let inputs = [input, weight, bias.unwrap_or(weight)];
        record_op(op, &inputs[..2 + usize::from(bias.is_some())], y, |y| {
            let (y, has_bias) = (activation.map(|_| y.detach()), bias.is_some());
            move |dy, gradients| {
                // The sizes follow from the tensors, so that the rule is small.
                let (batch, in_channels) = (x.shape()[0], w.shape()[1] * groups);
                let positions = Arc::clone(&positions);
                let conv = Conv { batch, groups, in_channels, out_channels: w.shape()[0], positions };
                if let (Some(activation), Some(y)) = (activation, &y) {
                    let ys = y.as_contiguous::<T>().unwrap_or_default();
                    kernel::conv_dz(activation, ys, dy.make_mut::<T>("backward")?);
                }
                let [xs, ws, dz] = Tensor::slices::<T, _>([&x, &w, dy]);
                if has_bias {
                    let (channels, places) = (dy.shape()[1], dy.shape()[2..].iter().product());
                    let place = (&Shape::from(channels), w.device());
                    gradients.write_at::<T>(2, place, |db, accumulate| {
                        kernel::conv_db(dz, db, accumulate, places);
                    })?;
                }
                gradients.write::<T>(1, &w, |dw, accumulate| match transposed {
                    false => kernel::conv_dw(xs, dz, dw, accumulate, &conv),
                    true => kernel::conv_dw(dz, xs, dw, accumulate, &conv),
                })?;
                gradients.write::<T>(0, &x, |dx, accumulate| match transposed {
                    false => kernel::conv_transposed(dz, ws, None, None, dx, accumulate, &conv),
                    true => kernel::conv(dz, ws, None, None, dx, accumulate, &conv),
                })
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::{check, record};
    use crate::kernel::parallel;

    fn numbers(shape: impl Into<Shape>) -> Tensor {
        let shape = shape.into();
        let values = (0..shape.size()).map(|i| (0.9 * i as f64 + 0.2).sin()).collect::<Vec<_>>();
        Tensor::from_vec(values, shape).unwrap()
    }

    fn sliding<const N: usize>(
        kernel: [usize; N],
        stride: [usize; N],
        padding: [usize; N],
        dilation: [usize; N],
    ) -> Sliding<N> {
        Sliding { op: "conv", kernel, stride, padding, dilation }
    }

    /// The definition, for an image of two axes.
    fn direct(sliding: &Sliding<2>, groups: usize, x: &Tensor, w: &Tensor, y: &Shape) -> Tensor {
        let (xs, ws) = (x.to_vec::<f64>().unwrap(), w.to_vec::<f64>().unwrap());
        let &[_, channels, height, width] = x.shape().dims() else { panic!() };
        let &[outs, ins, high, wide] = w.shape().dims() else { panic!() };
        let mut sums = Vec::new();
        for place in 0..y.size() {
            let (column, rest) = (place % y[3], place / y[3]);
            let (row, rest) = (rest % y[2], rest / y[2]);
            let (out, image) = (rest % outs, rest / outs);
            let mut sum = 0.0;
            for tap in 0..ins * high * wide {
                let (c, r, i) = (tap % wide, tap / wide % high, tap / wide / high);
                let at_row = (row * sliding.stride[0] + r * sliding.dilation[0])
                    .checked_sub(sliding.padding[0]);
                let at_column = (column * sliding.stride[1] + c * sliding.dilation[1])
                    .checked_sub(sliding.padding[1]);
                if let (Some(r), Some(c)) = (at_row, at_column)
                    && r < height
                    && c < width
                {
                    let channel = out / (outs / groups) * ins + i;
                    let x = xs[((image * channels + channel) * height + r) * width + c];
                    sum += x * ws[out * ins * high * wide + tap];
                }
            }
            sums.push(sum);
        }
        Tensor::from_vec(sums, *y).unwrap()
    }

    #[track_caller]
    fn assert_close(found: &Tensor, expected: &Tensor) {
        assert_eq!(found.shape(), expected.shape());
        let error = found.sub(expected).unwrap().abs().unwrap().max().unwrap().item().unwrap();
        assert!(error < 1e-13, "{error}");
    }

    /// Layers see to it, but the kernels rely on it.
    #[test]
    fn weights_that_do_not_fit_their_groups_are_refused() {
        let sliding = sliding([3, 3], [1, 1], [0, 0], [1, 1]);
        let error = |groups, channels: usize, weight: [usize; 4]| {
            let (x, weight) = (numbers([1, channels, 4, 4]), numbers(weight));
            conv(&sliding, groups, [&x, &weight], None, None).unwrap_err().to_string()
        };
        for (groups, channels, weight) in [
            (0, 0, [0, 0, 3, 3]), // no groups
            (2, 3, [4, 1, 3, 3]), // that do not divide the input
            (2, 4, [3, 2, 3, 3]), // or the output
            (2, 4, [4, 4, 3, 3]), // another part of the input
            (2, 4, [4, 2, 3, 2]), // another kernel
        ] {
            let shape = Shape::new(&weight);
            let expected =
                format!("`conv` cannot combine shapes (1, {channels}, 4, 4) and {shape}");
            assert_eq!(error(groups, channels, weight), expected, "{groups}");
        }
        let (x, weight) = (numbers([1, 4, 4, 4]), numbers([4, 2, 3, 3]));
        let text = |bias: &Tensor| {
            conv(&sliding, 2, [&x, &weight], Some(bias), None).unwrap_err().to_string()
        };
        assert_eq!(text(&numbers([2])), "`conv` cannot combine shapes (4, 2, 3, 3) and (2,)");
        assert!(text(&Tensor::zeros([4])).contains("expected both operands to be float32"));
    }

    #[test]
    fn a_convolution_is_its_definition() {
        let settings = [
            (sliding([3, 2], [1, 1], [0, 0], [1, 1]), 1),
            (sliding([3, 3], [2, 1], [1, 2], [1, 1]), 1),
            (sliding([2, 3], [3, 2], [0, 1], [2, 2]), 2),
            (sliding([1, 1], [1, 1], [0, 0], [1, 1]), 2),
            (sliding([1, 1], [2, 2], [0, 0], [1, 1]), 4),
            (sliding([1, 1], [1, 1], [1, 0], [1, 1]), 2),
            (sliding([3, 3], [1, 1], [1, 1], [1, 1]), 4),
        ];
        for (sliding, groups) in settings {
            let x = numbers([2, 4, 7, 6]);
            let w = numbers([8, 4 / groups, sliding.kernel[0], sliding.kernel[1]]);
            let y = conv(&sliding, groups, [&x, &w], None, None).unwrap();
            assert_close(&y, &direct(&sliding, groups, &x, &w, y.shape()));
        }
    }

    /// The axes of a volume are alike.
    #[test]
    fn a_volume_may_be_turned_around() {
        let (x, w) = (numbers([2, 4, 7, 5, 8]), numbers([4, 2, 3, 2, 2]));
        let settings = sliding([3, 2, 2], [2, 1, 3], [1, 0, 2], [2, 1, 1]);
        let turned = sliding([2, 2, 3], [3, 1, 2], [2, 0, 1], [1, 1, 2]);
        let turn = |t: &Tensor| t.permute(&[0, 1, 4, 3, 2]).unwrap();
        let y = conv(&settings, 2, [&x, &w], None, None).unwrap();
        let found = conv(&turned, 2, [&turn(&x), &turn(&w)], None, None).unwrap();
        assert_close(&turn(&found), &y);
        let back = |settings, more, y: &Tensor, w: &Tensor| {
            conv_transposed(settings, more, 2, [y, w], None, None).unwrap()
        };
        let found = back(&turned, [2, 0, 1], &turn(&y), &turn(&w));
        assert_close(&turn(&found), &back(&settings, [1, 0, 2], &y, &w));
    }

    /// So many channels that the columns of an image are laid out in several blocks.
    #[test]
    fn large_images_are_convolved_block_by_block() {
        for (padding, groups) in [(0, 1), (2, 2)] {
            let sliding = sliding([5, 5], [1, 1], [padding; 2], [1, 1]);
            let mut x = numbers([1, 40, 21, 20]);
            let mut w = numbers([4, 40 / groups, 5, 5]);
            x.attach_grad();
            w.attach_grad();
            let y = record(|| conv(&sliding, groups, [&x, &w], None, None)).unwrap();
            assert_close(&y, &direct(&sliding, groups, &x, &w, y.shape()));
            // As `y` is linear in either, its product with a head is that of each with its gradient.
            let head = y.detach();
            y.backward_with(&head, false).unwrap();
            let product = |x: &Tensor, y: &Tensor| x.mul(y).unwrap().sum().unwrap();
            let expected = product(&y, &head);
            for input in [&x, &w] {
                let ratio = product(input, &input.grad().unwrap()).div(&expected).unwrap();
                assert_close(&ratio, &Tensor::from(1.0));
            }
        }
    }

    #[test]
    fn any_number_of_threads_gives_the_same() {
        let sliding = sliding([3, 3], [1, 1], [1, 1], [1, 1]);
        let single = |x: Tensor| x.to_dtype(crate::DType::F32);
        let (mut x, mut w) = (single(numbers([9, 8, 24, 24])), single(numbers([16, 8, 3, 3])));
        x.attach_grad();
        w.attach_grad();
        let run = || {
            let y = record(|| conv(&sliding, 1, [&x, &w], None, None)).unwrap();
            y.square().unwrap(); // not recorded: the head is ones
            y.backward().unwrap();
            [y.detach(), x.grad().unwrap().copy(), w.grad().unwrap().copy()]
        };
        assert_eq!(parallel::part(1, run), parallel::part(3, run));
    }

    #[test]
    fn groups_are_convolutions_of_their_own() {
        let sliding = sliding([3, 3], [1, 2], [1, 1], [1, 1]);
        let (x, w, b) = (numbers([2, 4, 5, 5]), numbers([6, 2, 3, 3]), numbers([6]));
        let y = conv(&sliding, 2, [&x, &w], Some(&b), None).unwrap();
        let halves: Vec<Tensor> = (0..2)
            .map(|i| {
                let x = x.slice(1, 2 * i..2 * i + 2).unwrap();
                let w = w.slice(0, 3 * i..3 * i + 3).unwrap();
                let b = b.slice(0, 3 * i..3 * i + 3).unwrap();
                conv(&sliding, 1, [&x, &w], Some(&b), None).unwrap()
            })
            .collect();
        assert_close(&y, &Tensor::concat(&[&halves[0], &halves[1]], 1).unwrap());
    }

    #[test]
    fn a_transposed_convolution_is_the_gradient_of_a_convolution() {
        for (sliding, padding, groups) in [
            (sliding([3, 2], [1, 1], [0, 0], [1, 1]), [0, 0], 1),
            (sliding([3, 3], [2, 2], [1, 1], [1, 2]), [1, 0], 2),
        ] {
            let (y, w) = (numbers([2, 4, 3, 4]), numbers([4, 6 / groups, 3, sliding.kernel[1]]));
            let x = conv_transposed(&sliding, padding, groups, [&y, &w], None, None).unwrap();
            let mut image = numbers(*x.shape());
            image.attach_grad();
            let again = record(|| conv(&sliding, groups, [&image, &w], None, None)).unwrap();
            assert_eq!(again.shape(), y.shape());
            again.backward_with(&y, false).unwrap();
            assert_close(&x, &image.grad().unwrap());
        }
    }

    #[test]
    fn gradients_match_difference_quotients() {
        use Activation::Tanh;
        let plane = sliding([3, 2], [2, 1], [1, 1], [1, 2]);
        let inputs = [numbers([2, 4, 5, 4]), numbers([4, 2, 3, 2]), numbers([4])];
        let f = |v: &[Tensor]| conv(&plane, 2, [&v[0], &v[1]], Some(&v[2]), Some(Tanh));
        assert!(check::gradients(f, &inputs, 1e-5).unwrap() < 1e-8);
        let f = |v: &[Tensor]| {
            conv_transposed(&plane, [1, 0], 2, [&v[0], &v[1]], Some(&v[2]), Some(Tanh))
        };
        assert!(check::gradients(f, &inputs, 1e-5).unwrap() < 1e-8);

        let line = sliding([3], [2], [1], [1]);
        let inputs = [numbers([2, 2, 6]), numbers([3, 2, 3])];
        let f = |v: &[Tensor]| conv(&line, 1, [&v[0], &v[1]], None, None);
        assert!(check::gradients(f, &inputs, 1e-5).unwrap() < 1e-8);

        let volume = sliding([2, 1, 2], [1, 2, 1], [0, 0, 1], [1, 1, 1]);
        let inputs = [numbers([1, 2, 3, 3, 2]), numbers([2, 2, 2, 1, 2])];
        let f = |v: &[Tensor]| conv(&volume, 1, [&v[0], &v[1]], None, None);
        assert!(check::gradients(f, &inputs, 1e-5).unwrap() < 1e-8);
        let f = |v: &[Tensor]| {
            let x = v[0].permute(&[0, 1, 4, 3, 2])?;
            let twice = conv(&sliding([1; 3], [1; 3], [0; 3], [1; 3]), 1, [&x, &v[1]], None, None)?;
            twice.add(&x)
        };
        let inputs = [numbers([2, 2, 2, 2, 2]), numbers([2, 2, 1, 1, 1])];
        assert!(check::gradients(f, &inputs, 1e-5).unwrap() < 1e-8);
    }
}
