//! Orthogonal: rows or columns at right angles.

use super::{Initializer, Target};
use crate::error::Result;
use crate::random::Generator;

/// A matrix with orthogonal rows or columns, whichever are fewer, each of length `scale`.
///
/// The matrix has as many rows as the parameter's first axis, and the product of the other axes
/// columns. Random vectors are made orthogonal one after another; with
/// [`RandType::Normal`] the result is uniform among all such matrices. MXNet takes the same space
/// from a singular value decomposition.
///
/// # Source
/// Saxe, McClelland & Ganguli, *Exact solutions to the nonlinear dynamics of learning in deep
/// linear neural networks*, ICLR 2014. Made by Gram–Schmidt, twice: Giraud, Langou & Rozložník,
/// *The loss of orthogonality in the Gram-Schmidt orthogonalization process*, 2005.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Orthogonal {
    /// The length of each row or column; 1.414 by default.
    pub scale: f64,
    /// What the random vectors are made of; uniform by default, as in MXNet.
    pub rand_type: RandType,
}

/// What random vectors are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum RandType {
    /// Uniform numbers from `[-1, 1)`.
    #[default]
    Uniform,
    /// Normal numbers.
    Normal,
}

impl Default for Orthogonal {
    fn default() -> Orthogonal {
        Orthogonal { scale: 1.414, rand_type: RandType::default() }
    }
}

impl Initializer for Orthogonal {
    fn fill(&self, target: &mut Target<'_>) -> Result<()> {
        let [rows, rest @ ..] = target.shape.dims() else {
            return Err(target.refuse(self, "at least one axis"));
        };
        let (rows, columns) = (*rows, rest.iter().product::<usize>());
        let (count, length) = (rows.min(columns), rows.max(columns));
        let mut basis: Vec<Vec<f64>> = Vec::new();
        while basis.len() < count {
            let vector = (0..length).map(|_| self.draw(&mut target.generator)).collect();
            basis.extend(orthonormal(vector, &basis));
        }
        for (index, value) in target.values.iter_mut().enumerate() {
            let (row, column) = (index / columns, index % columns);
            *value =
                self.scale * if rows <= columns { basis[row][column] } else { basis[column][row] };
        }
        Ok(())
    }
}

impl Orthogonal {
    fn draw(&self, generator: &mut Generator) -> f64 {
        match self.rand_type {
            RandType::Uniform => generator.range(-1.0, 1.0),
            RandType::Normal => generator.normal(),
        }
    }
}

/// The part of `vector` at right angles to `basis`, of length 1; `None` if hardly anything is left.
fn orthonormal(mut vector: Vec<f64>, basis: &[Vec<f64>]) -> Option<Vec<f64>> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let before = dot(&vector, &vector).sqrt();
    for _ in 0..2 {
        for other in basis {
            let along = dot(&vector, other);
            vector.iter_mut().zip(other).for_each(|(v, o)| *v -= along * o);
        }
    }
    let left = dot(&vector, &vector).sqrt();
    if left <= 1e-10 * before {
        return None;
    }
    vector.iter_mut().for_each(|v| *v /= left);
    Some(vector)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::tests::{draw, moments};

    #[test]
    fn the_fewer_of_rows_and_columns_are_orthogonal() {
        for (shape, rows, columns) in [([6, 5, 2], 6, 10), ([10, 3, 2], 10, 6), ([7, 7, 1], 7, 7)] {
            let values = draw(&Orthogonal { scale: 2.0, ..Default::default() }, shape).unwrap();
            let vector = |i: usize| -> Vec<f64> {
                match rows <= columns {
                    true => values[i * columns..][..columns].to_vec(),
                    false => (0..rows).map(|row| values[row * columns + i]).collect(),
                }
            };
            for i in 0..rows.min(columns) {
                for j in 0..=i {
                    let dot: f64 = vector(i).iter().zip(vector(j)).map(|(a, b)| a * b).sum();
                    let expected = if i == j { 4.0 } else { 0.0 };
                    assert!((dot - expected).abs() < 1e-13, "{shape:?} {i} {j}: {dot}");
                }
            }
        }
    }

    /// The direction of a row is uniform: each of its `n` squared entries has mean `1 / n`.
    #[test]
    fn no_direction_is_preferred() {
        let init = Orthogonal { scale: 1.0, rand_type: RandType::Normal };
        let values = draw(&init, [100, 400]).unwrap();
        let (mean, std) = moments(&values);
        assert!(mean.abs() < 5.0 * 0.05 / 200.0, "{mean}");
        assert!((std - 0.05).abs() < 1e-4, "{std}");
        let firsts: Vec<f64> = values.iter().step_by(400).copied().collect();
        let (_, std) = moments(&firsts);
        assert!((std - 0.05).abs() < 5.0 * 0.05 / 200f64.sqrt(), "{std}");
    }

    #[test]
    fn a_scalar_is_refused() {
        assert!(draw(&Orthogonal::default(), ()).is_err());
    }
}
