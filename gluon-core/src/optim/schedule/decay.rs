//! Learning rates that fall.

use std::f64::consts::PI;

use super::Schedule;

/// The base times `factor` after every `period` steps, but not less than a limit or, if that is
/// smaller, the base.
///
/// Steps 1 to `period` have the base itself. A period of 0 never ends.
///
/// # Source
/// MXNet 1.9.1, `FactorScheduler`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factor {
    period: u64,
    factor: f64,
    limit: f64,
}

impl Factor {
    /// Multiplies by `factor` after every `period` steps.
    pub fn new(period: u64, factor: f64) -> Factor {
        Factor { period, factor, limit: 1e-8 }
    }

    /// Sets the smallest learning rate; 1e-8 by default.
    pub fn limit(self, limit: f64) -> Factor {
        Factor { limit, ..self }
    }
}

impl Schedule for Factor {
    fn rate(&self, base: f64, step: u64) -> f64 {
        let times = step.saturating_sub(1).checked_div(self.period).unwrap_or(0);
        (base * self.factor.powf(times as f64)).max(self.limit.min(base))
    }
}

/// The base times `factor` after each of the given steps.
///
/// # Source
/// MXNet 1.9.1, `MultiFactorScheduler`.
#[derive(Clone, Debug, PartialEq)]
pub struct MultiFactor {
    steps: Vec<u64>,
    factor: f64,
}

impl MultiFactor {
    /// Multiplies by `factor` after each of `steps`, whatever their order.
    pub fn new(steps: impl Into<Vec<u64>>, factor: f64) -> MultiFactor {
        MultiFactor { steps: steps.into(), factor }
    }
}

impl Schedule for MultiFactor {
    fn rate(&self, base: f64, step: u64) -> f64 {
        let times = self.steps.iter().filter(|&&s| step > s).count();
        base * self.factor.powf(times as f64)
    }
}

/// From the base to a final rate, by a power of the share of steps that are left:
/// `final + (base - final)·(1 - step/steps)^power`; the final rate from then on.
///
/// # Source
/// MXNet 1.9.1, `PolyScheduler`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Polynomial {
    steps: u64,
    power: f64,
    final_rate: f64,
}

impl Polynomial {
    /// Falls for `steps` steps.
    pub fn new(steps: u64) -> Polynomial {
        Polynomial { steps, power: 2.0, final_rate: 0.0 }
    }

    /// Sets the power; 2 by default, and 1 falls along a line.
    pub fn power(self, power: f64) -> Polynomial {
        Polynomial { power, ..self }
    }

    /// Sets the rate at the end; 0 by default.
    pub fn final_rate(self, final_rate: f64) -> Polynomial {
        Polynomial { final_rate, ..self }
    }
}

impl Schedule for Polynomial {
    fn rate(&self, base: f64, step: u64) -> f64 {
        let left = 1.0 - share(step, self.steps);
        self.final_rate + (base - self.final_rate) * left.powf(self.power)
    }
}

/// From the base to a final rate along half a cosine:
/// `final + (base - final)·(1 + cos(π·step/steps))/2`; the final rate from then on.
///
/// # Source
/// Loshchilov & Hutter 2017, equation 5, without restarts; MXNet 1.9.1, `CosineScheduler`. PyTorch's
/// `CosineAnnealingLR` is a step behind, its first rate is the base:
/// [`WarmUp::new(1, ..)`](super::WarmUp) of this one has its numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cosine {
    steps: u64,
    final_rate: f64,
}

impl Cosine {
    /// Falls for `steps` steps.
    pub fn new(steps: u64) -> Cosine {
        Cosine { steps, final_rate: 0.0 }
    }

    /// Sets the rate at the end; 0 by default.
    pub fn final_rate(self, final_rate: f64) -> Cosine {
        Cosine { final_rate, ..self }
    }
}

impl Schedule for Cosine {
    fn rate(&self, base: f64, step: u64) -> f64 {
        half_cosine(base, self.final_rate, share(step, self.steps))
    }
}

/// The share of `steps` that are done; 1 from their end on.
pub(super) fn share(step: u64, steps: u64) -> f64 {
    if step >= steps { 1.0 } else { step as f64 / steps as f64 }
}

/// From `from` to `to` as `share` goes from 0 to 1, level at both ends.
pub(super) fn half_cosine(from: f64, to: f64, share: f64) -> f64 {
    to + (from - to) * (1.0 + (PI * share).cos()) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(schedule: &dyn Schedule, steps: [u64; 4]) -> [f64; 4] {
        steps.map(|step| schedule.rate(0.8, step))
    }

    /// By hand, from MXNet's loops: a rate changes once the number of updates exceeds a bound.
    #[test]
    fn factors_count_from_the_step_after() {
        assert_eq!(rates(&Factor::new(2, 0.5), [1, 2, 3, 5]), [0.8, 0.8, 0.4, 0.2]);
        assert_eq!(rates(&Factor::new(1, 0.5).limit(0.3), [1, 2, 3, 9]), [0.8, 0.4, 0.3, 0.3]);
        assert_eq!(rates(&Factor::new(0, 0.5), [0, 1, 2, 99]), [0.8; 4]);
        assert_eq!(rates(&Factor::new(1, 0.5).limit(0.9), [1, 2, 3, 9]), [0.8; 4]);
        assert_eq!(Factor::new(10, 0.5).rate(0.0, 11), 0.0);
        let multi = MultiFactor::new([5, 2], 0.5);
        assert_eq!(rates(&multi, [2, 3, 5, 6]), [0.8, 0.4, 0.4, 0.2]);
    }

    #[test]
    fn falls_end_at_their_final_rate() {
        let close = |found: [f64; 4], expected: [f64; 4]| {
            let near = found.iter().zip(expected).all(|(f, e)| (f - e).abs() < 1e-15);
            assert!(near, "{found:?} {expected:?}");
        };
        close(rates(&Polynomial::new(4), [0, 2, 4, 5]), [0.8, 0.2, 0.0, 0.0]);
        let line = Polynomial::new(4).power(1.0).final_rate(0.4);
        close(rates(&line, [1, 2, 3, 9]), [0.7, 0.6, 0.5, 0.4]);
        close(rates(&Cosine::new(6), [0, 2, 3, 7]), [0.8, 0.6, 0.4, 0.0]);
        close(rates(&Cosine::new(6).final_rate(0.4), [3, 4, 6, 8]), [0.6, 0.5, 0.4, 0.4]);
        close(rates(&Cosine::new(0), [0, 1, 2, 3]), [0.0; 4]);
    }
}
