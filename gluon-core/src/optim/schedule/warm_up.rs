//! Learning rates that rise first.

use super::Schedule;
use super::decay::{half_cosine, share};
use crate::error::Result;

/// Along a line from a first rate to the base, then another schedule, whose steps are counted from
/// the end of the rise.
///
/// # Source
/// Goyal et al. 2017, section 2.2; MXNet 1.9.1, `LRScheduler`, whose steps count from the start
/// throughout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WarmUp<S> {
    steps: u64,
    first_rate: f64,
    then: S,
}

impl<S: Schedule> WarmUp<S> {
    /// Rises for `steps` steps and goes on with `then`.
    pub fn new(steps: u64, then: S) -> WarmUp<S> {
        WarmUp { steps, first_rate: 0.0, then }
    }

    /// Sets the rate that the line begins at, before the first step; 0 by default.
    pub fn first_rate(self, first_rate: f64) -> WarmUp<S> {
        WarmUp { first_rate, ..self }
    }
}

impl<S: Schedule> Schedule for WarmUp<S> {
    fn rate(&self, base: f64, step: u64) -> f64 {
        match step.checked_sub(self.steps) {
            Some(step) => self.then.rate(base, step),
            None => self.first_rate + (base - self.first_rate) * share(step, self.steps),
        }
    }

    fn observe(&mut self, measure: f64) {
        self.then.observe(measure);
    }

    fn state(&self) -> Vec<f64> {
        self.then.state()
    }

    fn set_state(&mut self, state: &[f64]) -> Result<()> {
        self.then.set_state(state)
    }

    fn name(&self) -> String {
        format!("WarmUp<{}>", self.then.name())
    }
}

/// One rise and one longer fall: from 1/25 of the base at the first step to the base after 30 % of
/// them, and to 1/250000 of it at the last, both along half a cosine.
///
/// The base may be several times what training bears throughout.
///
/// # Source
/// Smith & Topin 2018; PyTorch 2, `OneCycleLR`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OneCycle {
    steps: u64,
    rise: f64,
}

impl OneCycle {
    /// A cycle of `steps` steps.
    pub fn new(steps: u64) -> OneCycle {
        OneCycle { steps, rise: 0.3 }
    }

    /// Sets the share of the steps that rise, from 0 to 1; 0.3 by default.
    pub fn rise(self, rise: f64) -> OneCycle {
        OneCycle { rise, ..self }
    }
}

impl Schedule for OneCycle {
    fn rate(&self, base: f64, step: u64) -> f64 {
        let first = base / 25.0;
        let done = share(step, self.steps);
        if done < self.rise {
            // The rise begins at step 1.
            let last = (self.rise * self.steps as f64 - 1.0).max(f64::MIN_POSITIVE);
            half_cosine(first, base, step.saturating_sub(1) as f64 / last)
        } else {
            // At a rise of 1 the cycle ends on its top.
            let fallen = (done - self.rise) / (1.0 - self.rise).max(f64::MIN_POSITIVE);
            half_cosine(base, first / 1e4, fallen)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::schedule::{Cosine, Factor};

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-15, "{found} {expected}");
    }

    #[test]
    fn a_rise_leads_to_the_schedule_after() {
        let schedule = WarmUp::new(4, Factor::new(2, 0.5)).first_rate(0.4);
        for (step, rate) in [(1, 0.5), (2, 0.6), (4, 0.8), (6, 0.8), (7, 0.4)] {
            close(schedule.rate(0.8, step), rate);
        }
        assert_eq!(schedule.name(), "WarmUp<Factor>");
    }

    /// The numbers are PyTorch's, of `CosineAnnealingLR(optimizer, 4)`.
    #[test]
    fn a_cosine_after_one_step_of_the_base_is_that_of_pytorch() {
        let schedule = WarmUp::new(1, Cosine::new(4));
        let expected = [0.8, 0.682_842_712_474_619, 0.4, 0.117_157_287_525_381_02, 0.0];
        for (step, rate) in (1..).zip(expected) {
            close(schedule.rate(0.8, step), rate);
        }
    }

    /// The numbers are PyTorch's, of `OneCycleLR`.
    #[test]
    fn a_cycle_rises_and_falls() {
        let cycle = OneCycle::new(100);
        for (step, rate) in
            [(1, 0.02), (15, 0.247_006_661_939_499_77), (30, 0.5), (65, 0.250_001), (100, 2e-6)]
        {
            close(cycle.rate(0.5, step), rate);
        }
        let quarter = OneCycle::new(10).rise(0.25);
        let expected = [0.02, 0.38, 0.494_536_922_035_850_7, 0.452_254_439_576_742_5];
        for (step, rate) in (1..).zip(expected) {
            close(quarter.rate(0.5, step), rate);
        }
        close(OneCycle::new(3).rate(0.5, 0), 0.02);
        close(cycle.rate(0.5, 1000), 2e-6);
        close(OneCycle::new(10).rise(1.0).rate(0.5, 10), 0.5);
        close(OneCycle::new(10).rise(0.0).rate(0.5, 0), 0.5);
    }
}
