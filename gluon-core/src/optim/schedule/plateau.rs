//! Learning rates that fall when training stops getting better.

use super::{Schedule, expect_numbers};
use crate::error::Result;

/// The base times `factor` whenever a measure, such as the loss of validation, has not got better
/// for longer than `patience` observations.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::optim::schedule::{Plateau, Schedule};
///
/// let mut plateau = Plateau::new(0.5).patience(1);
/// for loss in [1.0, 0.9, 0.9, 0.95] {
///     plateau.observe(loss);
/// }
/// assert_eq!(plateau.rate(0.1, 1), 0.05);
/// ```
///
/// # Source
/// PyTorch 2, `ReduceLROnPlateau`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plateau {
    factor: f64,
    patience: u32,
    threshold: f64,
    limit: f64,
    rising: bool,
    /// What the base is multiplied by so far.
    scale: f64,
    /// The best measure so far; NaN before the first.
    best: f64,
    /// How many observations have not been better.
    waited: u32,
}

impl Plateau {
    /// Multiplies by `factor`, from 0 to 1, after 10 observations without a smaller measure.
    pub fn new(factor: f64) -> Plateau {
        Plateau {
            factor,
            patience: 10,
            threshold: 1e-4,
            limit: 0.0,
            rising: false,
            scale: 1.0,
            best: f64::NAN,
            waited: 0,
        }
    }

    /// Sets how many observations in a row may be no better; 10 by default.
    pub fn patience(self, patience: u32) -> Plateau {
        Plateau { patience, ..self }
    }

    /// Sets by which share of its size the best measure must be surpassed; 1e-4 by default.
    pub fn threshold(self, threshold: f64) -> Plateau {
        Plateau { threshold, ..self }
    }

    /// Sets the smallest learning rate, if the base is not smaller yet; 0 by default.
    pub fn limit(self, limit: f64) -> Plateau {
        Plateau { limit, ..self }
    }

    /// Takes larger measures, such as accuracies, for better ones.
    pub fn rising(self) -> Plateau {
        Plateau { rising: true, ..self }
    }

    fn is_better(&self, measure: f64) -> bool {
        let worst = if self.rising { f64::NEG_INFINITY } else { f64::INFINITY };
        let best = if self.best.is_nan() { worst } else { self.best };
        let margin = if best.is_finite() { self.threshold * best.abs() } else { 0.0 };
        if self.rising { measure > best + margin } else { measure < best - margin }
    }
}

impl Schedule for Plateau {
    fn rate(&self, base: f64, _: u64) -> f64 {
        (base * self.scale).max(self.limit.min(base))
    }

    fn observe(&mut self, measure: f64) {
        if self.is_better(measure) {
            (self.best, self.waited) = (measure, 0);
            return;
        }
        self.waited += 1;
        if self.waited > self.patience {
            self.scale *= self.factor;
            self.waited = 0;
        }
    }

    fn state(&self) -> Vec<f64> {
        vec![self.scale, self.best, f64::from(self.waited)]
    }

    fn set_state(&mut self, state: &[f64]) -> Result<()> {
        expect_numbers(state, 3)?;
        (self.scale, self.best, self.waited) = (state[0], state[1], state[2] as u32);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scales(mut plateau: Plateau, measures: &[f64]) -> Vec<f64> {
        let scale = |&measure: &f64| {
            plateau.observe(measure);
            plateau.rate(1.0, 1)
        };
        measures.iter().map(scale).collect()
    }

    #[test]
    fn the_rate_falls_after_patience_is_over() {
        let plateau = Plateau::new(0.5).patience(2).limit(0.3);
        let measures = [5.0, 4.0, 4.0, 4.0, f64::NAN, 4.1, 3.9999, 4.0, 3.0, 3.0];
        let expected = [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.3, 0.3, 0.3];
        assert_eq!(scales(plateau, &measures), expected);
        let rising = Plateau::new(0.1).patience(0).rising().threshold(0.0);
        assert_eq!(scales(rising, &[0.5, 0.6, 0.6, 0.7]), [1.0, 1.0, 0.1, 0.1]);
    }

    #[test]
    fn it_waits_for_ten_epochs_and_has_no_limit_unless_it_is_told() {
        let plateau = Plateau::new(0.1);
        let said = plateau.patience(10).threshold(1e-4).limit(0.0);
        assert_eq!(format!("{plateau:?}"), format!("{said:?}"));
        let rates = scales(plateau, &[1.0; 12]);
        assert_eq!((rates[10], rates[11]), (1.0, 0.1));
    }

    /// The rates are those of PyTorch's `ReduceLROnPlateau`.
    #[test]
    fn the_worst_measures_there_are_can_be_surpassed() {
        let (inf, nan) = (f64::INFINITY, f64::NAN);
        let falling = Plateau::new(0.5).patience(1);
        for (plateau, measures, expected) in [
            (falling, [inf, 5.0, 4.0, 3.0, 3.0, 3.0], [1.0, 1.0, 1.0, 1.0, 1.0, 0.5]),
            (falling, [inf, inf, inf, 5.0, 5.0, 5.0], [1.0, 0.5, 0.5, 0.5, 0.5, 0.25]),
            (falling, [nan, nan, 5.0, 4.0, 4.0, 4.0], [1.0, 0.5, 0.5, 0.5, 0.5, 0.25]),
            (falling, [-inf, 5.0, 4.0, 5.0, 5.0, 5.0], [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]),
            (falling.rising(), [-inf, 0.5, 0.6, 0.7, 0.7, 0.7], [1.0, 1.0, 1.0, 1.0, 1.0, 0.5]),
        ] {
            assert_eq!(scales(plateau, &measures), expected, "{measures:?}");
        }
    }

    #[test]
    fn a_limit_raises_no_base() {
        let plateau = Plateau::new(0.5).limit(0.3);
        assert_eq!([0.0, 0.1, 0.4].map(|base| plateau.rate(base, 1)), [0.0, 0.1, 0.4]);
    }

    #[test]
    fn what_is_remembered_goes_on() {
        let mut plateau = Plateau::new(0.5).patience(1);
        (0..4).for_each(|_| plateau.observe(3.0));
        let mut again = Plateau::new(0.5).patience(1);
        again.set_state(&plateau.state()).unwrap();
        assert_eq!(again, plateau);
        assert!(again.set_state(&[1.0]).is_err());
        assert_eq!(again, plateau);
    }
}
