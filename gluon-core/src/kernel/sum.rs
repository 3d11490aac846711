//! Sums of slices in sixteen parts, which the vectors of the machine can hold.
//!
//! To be inlined into functions that are compiled for several instruction sets.

use super::float::Float;

const PARTS: usize = 16;

/// `Σ f(x)`
#[inline(always)]
pub(super) fn sum_of<T: Float>(x: &[T], f: impl Fn(T) -> T) -> T {
    let mut parts = [T::ZERO; PARTS];
    let (chunks, rest) = x.as_chunks::<PARTS>();
    for x in chunks {
        for i in 0..PARTS {
            parts[i] += f(x[i]);
        }
    }
    let mut sum = add_up(parts);
    for &x in rest {
        sum += f(x);
    }
    sum
}

/// `Σ f(x, y)` over two slices of equal length.
#[inline(always)]
pub(super) fn sum_of_pairs<T: Float>(x: &[T], y: &[T], f: impl Fn(T, T) -> T) -> T {
    let mut parts = [T::ZERO; PARTS];
    let ((x, x_rest), (y, y_rest)) = (x.as_chunks::<PARTS>(), y.as_chunks::<PARTS>());
    for (x, y) in x.iter().zip(y) {
        for i in 0..PARTS {
            parts[i] += f(x[i], y[i]);
        }
    }
    let mut sum = add_up(parts);
    for (&x, &y) in x_rest.iter().zip(y_rest) {
        sum += f(x, y);
    }
    sum
}

/// The sum of the parts.
#[inline(always)]
fn add_up<T: Float>(parts: [T; PARTS]) -> T {
    let mut halves = [T::ZERO; PARTS / 2];
    for i in 0..PARTS / 2 {
        halves[i] = parts[i] + parts[i + PARTS / 2];
    }
    add_halves(&halves)
}

/// If the compiler saw this together with the loops above, it would take those apart into the pairs
/// that meet here.
#[inline(never)]
fn add_halves<T: Float>(&[a, b, c, d, e, f, g, h]: &[T; PARTS / 2]) -> T {
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_counts_once() {
        for len in [0, 1, 15, 16, 17, 40] {
            let x: Vec<f64> = (0..len).map(|i| f64::from(i) + 1.0).collect();
            let n = f64::from(len);
            assert_eq!(sum_of(&x, |x| 2.0 * x), n * (n + 1.0));
            assert_eq!(sum_of_pairs(&x, &x, |x, y| x * y), n * (n + 1.0) * (2.0 * n + 1.0) / 6.0);
        }
    }
}
