//! Running sums along an axis.

use super::float::Float;
use super::parallel;

/// So many columns are summed side by side.
const STRIP: usize = 16;

/// The sum of each element of the middle axis and all before it, or if `backwards` all after it, taken
/// one after another, as `f64`.
///
/// # Shapes
/// `x: [outer, len, inner]`, `y` as well.
pub(crate) fn cumsum<T: Float>(
    x: &[T],
    [outer, len, inner]: [usize; 3],
    backwards: bool,
    y: &mut [T],
) {
    assert!(x.len() == outer * len * inner && y.len() == x.len());
    let block = len * inner;
    parallel::for_each_part(y, block, 10, |start, y| {
        for (x, y) in x[start..].chunks_exact(block).zip(y.chunks_exact_mut(block)) {
            for strip in (0..inner).step_by(STRIP) {
                let mut sums = [0.0; STRIP];
                let sums = &mut sums[..STRIP.min(inner - strip)];
                for row in 0..len {
                    let row = if backwards { len - 1 - row } else { row };
                    let first = row * inner + strip;
                    for ((sum, &x), y) in sums.iter_mut().zip(&x[first..]).zip(&mut y[first..]) {
                        *sum += x.to_f64();
                        *y = T::from_f64(*sum);
                    }
                }
            }
        }
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
