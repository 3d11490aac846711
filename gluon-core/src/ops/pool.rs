//! Pooling: the largest element, or the mean, of what a window sees.

use super::sliding::{Sliding, images};
use crate::autograd::record_op;
use crate::buffer::for_float;
use crate::error::{Error, Result};
use crate::kernel::pool as kernel;
use crate::kernel::window::Positions;
use crate::tensor::Tensor;

pub(crate) use crate::kernel::pool::Pool;

/// `[batch, channels, input..]` → `[batch, channels, output..]`, each channel alone.
pub(crate) fn pool<const N: usize>(
    pool: Pool,
    sliding: &Sliding<N>,
    ceil: bool,
    input: &Tensor,
) -> Result<Tensor> {
    let op = sliding.op;
    let window = sliding.window(input.shape(), ceil)?;
    if (0..N).any(|axis| 2 * sliding.padding[axis] > sliding.kernel[axis]) {
        let (argument, expected) = ("padding", "at most half of the size");
        let found = format!("{:?} for size {:?}", sliding.padding, sliding.kernel);
        return Err(Error::BadArgument { op, argument, expected, found });
    }
    let shape = images::<N>(input.shape()[0], input.shape()[1], window.output);
    let (x, positions) = (input.to_contiguous(), Positions::of(&window));
    for_float!(x, op, T => {
        let xs = x.as_contiguous::<T>().unwrap_or_default();
        let y = Tensor::build::<T>(shape, x.device(), |y| kernel::pool(pool, xs, y, &positions));
        record_op(op, [input], y, |y| {
            let y = y.detach();
            move |dy, gradients| {
                let [xs, ys, dys] = Tensor::slices::<T, _>([&x, &y, dy]);
                gradients.write::<T>(0, &x, |dx, accumulate| {
                    kernel::pool_grad(pool, xs, ys, dys, dx, accumulate, &positions);
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

    const AVG: Pool = Pool::Avg { include_padding: true };
    const INSIDE: Pool = Pool::Avg { include_padding: false };

    fn sliding<const N: usize>(kernel: usize, stride: usize, padding: usize) -> Sliding<N> {
        let (kernel, stride, padding) = ([kernel; N], [stride; N], [padding; N]);
        Sliding { op: "pool", kernel, stride, padding, dilation: [1; N] }
    }

    fn on_line(
        kind: Pool,
        [kernel, stride, padding]: [usize; 3],
        ceil: bool,
        x: &[f64],
    ) -> Vec<f64> {
        let x = Tensor::from_vec(x.to_vec(), [1, 1, x.len()]).unwrap();
        let y = pool(kind, &sliding::<1>(kernel, stride, padding), ceil, &x).unwrap();
        y.to_vec().unwrap()
    }

    #[test]
    fn borders_count_as_asked_for() {
        let x = [-2.0, -4.0, -6.0, -8.0];
        assert_eq!(on_line(Pool::Max, [3, 2, 1], false, &x), [-2.0, -4.0]);
        assert_eq!(on_line(AVG, [3, 2, 1], false, &x), [-2.0, -6.0]);
        assert_eq!(on_line(INSIDE, [3, 2, 1], false, &x), [-3.0, -6.0]);
        // The last window begins within the input and is cut to the padded one.
        assert_eq!(on_line(Pool::Max, [2, 3, 0], true, &x), [-2.0, -8.0]);
        assert_eq!(on_line(AVG, [2, 3, 0], true, &x), [-3.0, -8.0]);
        assert_eq!(on_line(AVG, [3, 2, 1], true, &x), [-2.0, -6.0, -4.0]);
        assert_eq!(on_line(INSIDE, [3, 2, 1], true, &x), [-3.0, -6.0, -8.0]);
        // The windows end where the input does.
        assert_eq!(on_line(Pool::Max, [2, 1, 0], true, &x), [-2.0, -4.0, -6.0]);
        // One more window would begin behind the input.
        assert_eq!(on_line(Pool::Max, [1, 4, 0], true, &x), [-2.0]);
    }

    #[test]
    fn sizes_are_small_enough_to_be_added_up() {
        let x = Tensor::zeros([1, 1, 4]);
        let huge = 1 << 24;
        for (kernel, stride, padding, expected) in [
            (huge, 1, 0, "`kernel` to be from 1 to 16777215"),
            (1, huge, 0, "`stride` to be from 1 to 16777215"),
            (1, 1, huge, "`padding` to be at most 16777215"),
        ] {
            let error = pool(AVG, &sliding::<1>(kernel, stride, padding), false, &x).unwrap_err();
            assert_eq!(error.to_string(), format!("`pool` expected {expected}, found [16777216]"));
        }
        // One less is a size like any other.
        let largest = huge - 1;
        let y = pool(Pool::Max, &sliding::<1>(2, largest, 0), false, &x).unwrap();
        assert_eq!(*y.shape(), [1, 1, 1]);
        let text = pool(AVG, &sliding::<1>(1, 1, largest), false, &x).unwrap_err().to_string();
        assert!(text.contains("`padding` to be at most half of the size"), "{text}");
        let dilated = Sliding { dilation: [1, 0], ..sliding::<2>(1, 1, 0) };
        let text = pool(AVG, &dilated, false, &Tensor::zeros([1, 1, 4, 4])).unwrap_err();
        assert_eq!(
            text.to_string(),
            "`pool` expected `dilation` to be from 1 to 16777215, found [1, 0]"
        );
    }

    #[test]
    fn nan_is_the_largest() {
        let y = on_line(Pool::Max, [2, 2, 0], false, &[1.0, f64::NAN, f64::NAN, 2.0]);
        assert!(y.iter().all(|y| y.is_nan()));
        // It gets the gradient too, also in a window that sees all of the image.
        let mut x = Tensor::from([[[1.0, f64::NAN, 2.0, 3.0]]]);
        x.attach_grad();
        for (kernel, expected) in [(2, [0.0, 1.0, 0.0, 1.0]), (4, [0.0, 1.0, 0.0, 0.0])] {
            let y = record(|| pool(Pool::Max, &sliding::<1>(kernel, kernel, 0), false, &x));
            y.unwrap().backward().unwrap();
            assert_eq!(x.grad().unwrap(), Tensor::from([[expected]]));
        }
    }

    /// A window in its only place may still miss a part of the image.
    #[test]
    fn the_only_window_sees_what_lies_under_it() {
        let x = [1.0, 2.0, 9.0];
        for (kind, border, part) in [(Pool::Max, 2.0, 2.0), (AVG, 1.0, 1.5), (INSIDE, 1.5, 1.5)] {
            assert_eq!(on_line(kind, [3, 4, 1], false, &x), [border], "from before the image");
            assert_eq!(on_line(kind, [2, 4, 0], false, &x), [part], "not up to its end");
        }
    }

    /// A window that is cut at the end of a row sees nothing of the next.
    #[test]
    fn the_next_row_is_not_behind_the_last_element() {
        let x = Tensor::from([[[[1.0, 2.0, 3.0], [9.0, 8.0, 7.0]]]]);
        let pairs = Sliding { kernel: [1, 2], stride: [1, 2], ..sliding::<2>(1, 1, 0) };
        for (kind, expected) in [(Pool::Max, [2.0, 3.0, 9.0, 7.0]), (AVG, [1.5, 3.0, 8.5, 7.0])] {
            let y = pool(kind, &pairs, true, &x).unwrap();
            assert_eq!(y.to_vec::<f64>().unwrap(), expected);
        }
    }

    #[test]
    fn any_number_of_threads_gives_the_same() {
        let x: Vec<f32> = (0..65 * 8 * 256).map(|i| (1.7 * i as f32).sin()).collect();
        let mut x = Tensor::from_vec(x, [65, 8, 16, 16]).unwrap();
        x.attach_grad();
        for kind in [Pool::Max, AVG] {
            for settings in [sliding::<2>(2, 2, 0), sliding(3, 2, 1), sliding(16, 1, 0)] {
                let run = || {
                    let y = record(|| pool(kind, &settings, false, &x)?.square()).unwrap();
                    y.backward().unwrap();
                    [y.detach(), x.grad().unwrap().copy()]
                };
                assert_eq!(parallel::part(1, run), parallel::part(3, run), "{settings:?}");
            }
        }
    }

    #[test]
    fn the_first_of_equal_elements_gets_the_gradient() {
        let mut x = Tensor::from([[[3.0, 3.0, 1.0, 3.0]]]);
        x.attach_grad();
        let y = record(|| pool(Pool::Max, &sliding::<1>(2, 1, 0), false, &x));
        y.unwrap().backward().unwrap();
        assert_eq!(x.grad().unwrap(), Tensor::from([[[1.0, 1.0, 0.0, 1.0]]]));
    }

    #[test]
    fn a_window_may_see_the_whole_image() {
        let x: Vec<f64> = (0..60).map(|i| (1.7 * f64::from(i)).sin()).collect();
        let mut x = Tensor::from_vec(x, [4, 1, 3, 5]).unwrap();
        let whole = |kind, x: &Tensor| {
            let kernel = [3, 5];
            pool(kind, &Sliding { kernel, ..sliding::<2>(1, 1, 0) }, false, x)?.reshape([4])
        };
        let means = x.mean_axes(&[1, 2, 3], false).unwrap();
        assert_eq!(whole(Pool::Max, &x).unwrap(), x.max_axes(&[1, 2, 3], false).unwrap());
        for kind in [Pool::Max, AVG, INSIDE] {
            let y = whole(kind, &x).unwrap();
            let error = y.sub(&means).unwrap().abs().unwrap().max().unwrap().item().unwrap();
            assert!(kind == Pool::Max || error < 1e-15, "{error}");
            // Another use of the input has left a gradient before.
            let f = |v: &[Tensor]| whole(kind, &v[0])?.add(&v[0].sum_axes(&[1, 2, 3], false)?);
            let error = check::gradients(f, std::slice::from_ref(&x), 1e-5).unwrap();
            assert!(error < 1e-8, "{kind:?}: {error}");
        }
        let none = x.slice(0, 0..0).unwrap();
        let kernel = [3, 5];
        let all = Sliding { kernel, ..sliding::<2>(1, 1, 0) };
        assert_eq!(*pool(Pool::Max, &all, false, &none).unwrap().shape(), [0, 1, 1, 1]);
        // The first of equal ones.
        x = Tensor::zeros([4, 1, 3, 5]);
        x.attach_grad();
        record(|| whole(Pool::Max, &x)?.sum()).unwrap().backward().unwrap();
        let first = |i: usize| if i.is_multiple_of(15) { 1.0 } else { 0.0 };
        assert_eq!(x.grad().unwrap().to_vec::<f32>().unwrap(), Vec::from_iter((0..60).map(first)));
    }

    #[test]
    fn gradients_match_difference_quotients() {
        let x: Vec<f64> = (0..60).map(|i| (1.7 * f64::from(i)).sin()).collect();
        let plane = Tensor::from_vec(x.clone(), [2, 1, 5, 6]).unwrap();
        let volume = Tensor::from_vec(x, [1, 2, 2, 3, 5]).unwrap();
        for kind in [Pool::Max, AVG, INSIDE] {
            for (settings, ceil) in [
                (sliding::<2>(2, 2, 0), false),
                (sliding(3, 2, 1), true),
                (sliding(2, 1, 1), false),
            ] {
                let f = |v: &[Tensor]| pool(kind, &settings, ceil, &v[0]);
                let error = check::gradients(f, std::slice::from_ref(&plane), 1e-5).unwrap();
                assert!(error < 1e-8, "{kind:?} {settings:?}: {error}");
            }
            // Another use of the input has left a gradient before.
            let f = |v: &[Tensor]| {
                let y = pool(kind, &sliding::<3>(2, 1, 0), false, &v[0])?;
                Tensor::concat(&[&y.flatten()?, &v[0].flatten()?], 1)
            };
            assert!(check::gradients(f, std::slice::from_ref(&volume), 1e-5).unwrap() < 1e-8);
        }
    }
}
