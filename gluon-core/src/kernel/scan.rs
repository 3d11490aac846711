//! Running sums, products and whatever else goes along an axis one by one.

use super::float::Float;
use super::parallel;

/// So many columns are scanned side by side.
const STRIP: usize = 16;

/// Goes along the middle axis with a number for each column, `first` to begin with, or if `backwards`
/// from the end: `step` changes it by the elements that are there, and tells that of `y`.
///
/// # Shapes
/// Each of `xs: [outer, len, inner]`, `y` as well.
pub(crate) fn scan<T: Float, const N: usize>(
    xs: [&[T]; N],
    [outer, len, inner]: [usize; 3],
    backwards: bool,
    first: f64,
    y: &mut [T],
    step: impl Fn(&mut f64, [f64; N]) -> f64 + Sync,
) {
    assert!(y.len() == outer * len * inner && xs.iter().all(|x| x.len() == y.len()));
    let block = len * inner;
    parallel::for_each_part(y, block, 10, |start, y| {
        for (outer, y) in y.chunks_exact_mut(block).enumerate() {
            let xs = xs.map(|x| &x[start + outer * block..][..block]);
            for strip in (0..inner).step_by(STRIP) {
                let mut states = [first; STRIP];
                let width = STRIP.min(inner - strip);
                let states = &mut states[..width];
                for row in 0..len {
                    let row = if backwards { len - 1 - row } else { row };
                    let first = row * inner + strip;
                    let (xs, y) = (xs.map(|x| &x[first..][..width]), &mut y[first..][..width]);
                    for column in 0..width {
                        let x = xs.map(|x| x[column].to_f64());
                        y[column] = T::from_f64(step(&mut states[column], x));
                    }
                }
            }
        }
    });
}

/// The sum of each element of the middle axis and all before it, or if `backwards` all after it, taken
/// one after another, as `f64`.
pub(crate) fn cumsum<T: Float>(x: &[T], sizes: [usize; 3], backwards: bool, y: &mut [T]) {
    scan([x], sizes, backwards, 0.0, y, |sum, [x]| {
        *sum += x;
        *sum
    });
}

/// The product of each element of the middle axis and all before it, as `f64` on the way.
pub(crate) fn cumprod<T: Float>(x: &[T], sizes: [usize; 3], y: &mut [T]) {
    scan([x], sizes, false, 1.0, y, |product, [x]| {
        *product *= x;
        *product
    });
}

/// The gradient of [`cumprod`]: with `s = dy + next(x · s)`, what comes back from all that follows, it is
/// the product of all elements before times `s`. Nothing is divided, so zeros are like all others.
pub(crate) fn cumprod_gradient<T: Float>(x: &[T], dy: &[T], sizes: [usize; 3], dx: &mut [T]) {
    scan([x], sizes, false, 1.0, dx, |product, [x]| {
        let before = *product;
        *product *= x;
        before
    });
    let before = dx.to_vec();
    scan([x, dy, &before], sizes, true, 0.0, dx, |carried, [x, dy, before]| {
        let s = dy + *carried;
        *carried = x * s;
        before * s
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_small_terms_are_not_lost() {
        let (x, mut y) = (vec![0.1f32; 1 << 20], vec![0.0; 1 << 20]);
        cumsum(&x, [1, 1 << 20, 1], false, &mut y);
        assert_eq!(y[y.len() - 1], (f64::from(0.1f32) * f64::from(1 << 20)) as f32);
    }

    #[test]
    fn sums_run_along_the_middle_axis_in_both_directions() {
        let sizes @ [outer, len, inner] = [300, 40, 90];
        let x: Vec<f64> = (0..outer * len * inner).map(|i| (i % 11) as f64).collect();
        for backwards in [false, true] {
            let mut y = vec![-1.0; x.len()];
            cumsum(&x, sizes, backwards, &mut y);
            for (i, &y) in y.iter().enumerate() {
                let at = i / inner % len;
                let terms = if backwards { at..len } else { 0..at + 1 };
                let first = i - at * inner;
                assert_eq!(y, terms.map(|at| x[first + at * inner]).sum::<f64>());
            }
        }
    }
}
