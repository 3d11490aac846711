//! Triangles of matrices.

use crate::autograd::record_op;
use crate::buffer::for_dtype;
use crate::error::{Error, Result};
use crate::tensor::Tensor;

/// The elements on one side of a diagonal, that included, with zeros on the other.
fn triangle(op: &'static str, x: &Tensor, diagonal: isize, upper: bool) -> Result<Tensor> {
    let &[.., rows, columns] = x.shape().dims() else {
        let expected = "at least two axes";
        return Err(Error::BadShape { op, expected, found: *x.shape() });
    };
    let source = x.contiguous();
    let y = for_dtype!(source.dtype(), T => {
        let xs = source.as_contiguous::<T>().unwrap_or_default();
        Tensor::build::<T>(*x.shape(), x.device(), |y| {
            let lines = y.chunks_exact_mut(columns.max(1)).zip(xs.chunks_exact(columns.max(1)));
            for (index, (y, x)) in lines.enumerate() {
                // The first column above the diagonal, or the first on it.
                let first = ((index % rows) as isize).saturating_add(diagonal);
                let first = first.saturating_add(isize::from(!upper)).max(0) as usize;
                let first = first.min(columns);
                y.copy_from_slice(x);
                let others = if upper { 0..first } else { first..columns };
                y[others].fill(T::default());
            }
        })
    });
    record_op(op, [x], y, |_| {
        move |dy, gradients| gradients.add(0, triangle(op, dy, diagonal, upper)?)
    })
}

impl Tensor {
    /// The lower triangle of each matrix (the last two axes), zeros above it: elements `[i, j]` with
    /// `j - i` at most `diagonal`, which is 0 for the main diagonal.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::Tensor;
    /// let x = Tensor::ones((2, 3));
    /// assert_eq!(x.tril(0)?, Tensor::from([[1.0f32, 0.0, 0.0], [1.0, 1.0, 0.0]]));
    /// assert_eq!(x.triu(1)?, Tensor::from([[0.0f32, 1.0, 1.0], [0.0, 0.0, 1.0]]));
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::BadShape`] if there are less than two axes.
    pub fn tril(&self, diagonal: isize) -> Result<Tensor> {
        triangle("tril", self, diagonal, false)
    }

    /// The upper triangle of each matrix (the last two axes), zeros below it: elements `[i, j]` with
    /// `j - i` at least `diagonal`, which is 0 for the main diagonal.
    ///
    /// # Errors
    /// As for [`tril`](Tensor::tril).
    pub fn triu(&self, diagonal: isize) -> Result<Tensor> {
        triangle("triu", self, diagonal, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::check;

    #[test]
    fn elements_on_one_side_of_every_diagonal_stay() {
        let shape = [2, 3, 4];
        let x = Tensor::from_vec((1..=24i64).collect(), shape).unwrap();
        for diagonal in [isize::MIN, -4, -3, -1, 0, 1, 2, 3, 4, isize::MAX] {
            let kept = |holds: fn(isize, isize) -> bool| {
                let kept = (0..24).map(|n| {
                    let (row, column) = (n / 4 % 3, n % 4);
                    if holds(column - row, diagonal) { n as i64 + 1 } else { 0 }
                });
                Tensor::from_vec(kept.collect(), shape).unwrap()
            };
            assert_eq!(x.tril(diagonal).unwrap(), kept(|place, diagonal| place <= diagonal));
            assert_eq!(x.triu(diagonal).unwrap(), kept(|place, diagonal| place >= diagonal));
        }
        let flags = Tensor::from([[true; 2]; 2]).transpose().unwrap().tril(0).unwrap();
        assert_eq!(flags, Tensor::from([[true, false], [true, true]]));
        for empty in [[0, 3], [3, 0]].map(Tensor::zeros) {
            assert_eq!(empty.tril(0).unwrap(), empty);
        }
    }

    #[test]
    fn what_has_no_triangle_is_named() {
        let error = Tensor::ones(3).triu(0).unwrap_err().to_string();
        assert_eq!(error, "`triu` expected at least two axes, found shape (3,)");
    }

    #[test]
    fn gradients_match_difference_quotients() {
        let x = Tensor::from([[0.3, -1.2, 2.5], [1.1, 0.9, -0.4]]);
        let both = |v: &[Tensor]| v[0].transpose()?.tril(-1)?.square()?.add(&v[0].triu(1)?.sum()?);
        let error = check::gradients(both, &[x], 1e-5).unwrap();
        assert!(error < 1e-8, "{error}");
    }
}
