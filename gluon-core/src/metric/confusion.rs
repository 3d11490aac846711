//! Confusion matrices: which classes are taken for which.

use std::fmt;

use super::Metric;
use super::classes::Classes;
use crate::error::Result;
use crate::picture::{Anchor, Picture};
use crate::tensor::Tensor;

/// How often each class (a row) was taken for each class (a column). Its value is the accuracy.
///
/// It grows with the classes that it sees, and prints as a table.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Tensor, metric::{ConfusionMatrix, Metric}};
///
/// let mut matrix = ConfusionMatrix::new();
/// let prediction = Tensor::from([[0.9f32, 0.1], [0.2, 0.8], [0.6, 0.4]]);
/// matrix.update(&prediction, &Tensor::from([0u8, 1, 1]))?;
/// assert_eq!((matrix.precision(0), matrix.recall(1)), (0.5, 0.5));
/// assert_eq!(matrix.to_string(), "\
/// label  0  1
///     0  1  0
///     1  1  1
/// ");
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Shapes
/// As of [`Accuracy`](super::Accuracy).
///
/// # Errors
/// As of [`Accuracy`](super::Accuracy).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfusionMatrix {
    classes: usize,
    /// By rows.
    counts: Vec<u64>,
}

impl ConfusionMatrix {
    /// One of no predictions and no classes yet.
    pub fn new() -> ConfusionMatrix {
        ConfusionMatrix::default()
    }

    /// The number of classes so far.
    pub fn n_classes(&self) -> usize {
        self.classes
    }

    /// How often `label` was taken for `predicted`.
    pub fn count(&self, label: usize, predicted: usize) -> u64 {
        let known = label < self.classes && predicted < self.classes;
        if known { self.counts[label * self.classes + predicted] } else { 0 }
    }

    /// How often a class was right, of how often it was predicted; 0 of never.
    pub fn precision(&self, class: usize) -> f64 {
        self.share(class, |other| self.count(other, class))
    }

    /// How often a class was found, of how often it was there; 0 of never.
    pub fn recall(&self, class: usize) -> f64 {
        self.share(class, |other| self.count(class, other))
    }

    /// The harmonic mean of precision and recall of a class; 0 if both are.
    pub fn f1(&self, class: usize) -> f64 {
        self.share(class, |other| self.count(other, class) + self.count(class, other)) * 2.0
    }

    /// The count of a class taken for itself, of a sum over all classes.
    fn share(&self, class: usize, of: impl Fn(usize) -> u64) -> f64 {
        let all: u64 = (0..self.classes).map(of).sum();
        self.count(class, class) as f64 / all.max(1) as f64
    }

    /// The classes that are a label or a prediction of some sample.
    pub(super) fn present(&self) -> impl Iterator<Item = usize> {
        let seen = |class: usize, other| self.count(class, other) + self.count(other, class) > 0;
        (0..self.classes).filter(move |&class| (0..self.classes).any(|other| seen(class, other)))
    }

    /// The counts as a picture: the darker a cell, the larger its share of the row.
    pub fn picture(&self) -> Picture {
        const CELL: f64 = 36.0;
        let edge = CELL * (self.classes as f64 + 1.0);
        let mut picture = Picture::new(edge, edge);
        let at = |class: usize| CELL * (class as f64 + 1.0);
        for label in 0..self.classes {
            let (x, y) = (at(label) + CELL / 2.0, CELL * 0.6);
            picture.text((x, y), 12.0, Anchor::Middle, &label.to_string());
            picture.text((y, x + 4.0), 12.0, Anchor::Middle, &label.to_string());
            let row = (0..self.classes).map(|other| self.count(label, other)).sum::<u64>().max(1);
            for predicted in 0..self.classes {
                let count = self.count(label, predicted);
                let share = count as f64 / row as f64;
                let corner = (at(predicted), at(label));
                picture.rectangle(
                    corner,
                    (CELL - 1.0, CELL - 1.0),
                    "steelblue",
                    0.05 + 0.75 * share,
                );
                let middle = (corner.0 + CELL / 2.0, corner.1 + CELL / 2.0 + 4.0);
                picture.text(middle, 11.0, Anchor::Middle, &count.to_string());
            }
        }
        picture
    }

    pub(super) fn add(&mut self, classes: &Classes) {
        if classes.count > self.classes {
            let mut wider = vec![0; classes.count * classes.count];
            for (old, new) in
                self.counts.chunks(self.classes.max(1)).zip(wider.chunks_mut(classes.count))
            {
                new[..old.len()].copy_from_slice(old);
            }
            (self.classes, self.counts) = (classes.count, wider);
        }
        for (predicted, label) in classes.pairs() {
            self.counts[label * self.classes + predicted] += 1;
        }
    }
}

impl Metric for ConfusionMatrix {
    fn name(&self) -> &'static str {
        "accuracy"
    }

    fn update(&mut self, prediction: &Tensor, label: &Tensor) -> Result<()> {
        self.add(&Classes::of("ConfusionMatrix::update", prediction, label)?);
        Ok(())
    }

    fn value(&self) -> f64 {
        let right: u64 = (0..self.classes).map(|class| self.count(class, class)).sum();
        right as f64 / self.counts.iter().sum::<u64>() as f64
    }

    fn reset(&mut self) {
        *self = ConfusionMatrix::new();
    }
}

/// A line for each label, a column for each prediction.
impl fmt::Display for ConfusionMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let largest = self.counts.iter().copied().max().unwrap_or(0).max(self.classes as u64);
        let width = largest.to_string().len() + 2;
        write!(f, "label")?;
        (0..self.classes).try_for_each(|class| write!(f, "{class:width$}"))?;
        writeln!(f)?;
        for label in 0..self.classes {
            write!(f, "{label:5}")?;
            (0..self.classes)
                .try_for_each(|other| write!(f, "{:width$}", self.count(label, other)))?;
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_keep_their_place_as_classes_come() {
        let mut matrix = ConfusionMatrix::new();
        assert!(matrix.value().is_nan());
        matrix.update(&Tensor::from([0.9f32, 0.1, 0.3]), &Tensor::from([1u8, 1, 0])).unwrap();
        let wide = Tensor::from([[0.0f32, 0.0, 1.0], [1.0, 0.0, 0.0]]);
        matrix.update(&wide, &Tensor::from([2u8, 2])).unwrap();
        let rows: Vec<Vec<u64>> =
            (0..3).map(|label| (0..3).map(|p| matrix.count(label, p)).collect()).collect();
        assert_eq!(rows, [[1, 0, 0], [1, 1, 0], [1, 0, 1]]);
        assert_eq!((matrix.n_classes(), matrix.count(0, 3), matrix.value()), (3, 0, 0.6));
        assert_eq!([matrix.precision(0), matrix.recall(0), matrix.f1(0)], [1.0 / 3.0, 1.0, 0.5]);
        assert_eq!([matrix.precision(2), matrix.recall(2)], [1.0, 0.5]);
        let picture = matrix.picture().to_string();
        assert_eq!(picture.matches("<text").count(), 6 + 9);
    }
}
