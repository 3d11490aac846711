//! Progress: where training stands.

use std::fmt;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use crate::metric::Metric;
use crate::train::history::{Epoch, Line};

/// Where training stands, after a batch or at the end of an epoch.
///
/// Prints as one line: of the epoch so far, or of the finished one.
#[derive(Clone, Copy)]
pub struct Progress<'p> {
    /// The epoch, counted from 0.
    pub epoch: u64,
    /// How many epochs there are to be.
    pub epochs: u64,
    /// How many batches of the epoch are done.
    pub batch: usize,
    /// How many batches the epoch has.
    pub n_batches: usize,
    /// The mean loss of the epoch so far, in training.
    pub loss: f64,
    /// The metrics of the epoch so far, in training; after it those of validation, if there is any.
    pub metrics: &'p [Box<dyn Metric + 'p>],
    /// The learning rate of the last step.
    pub rate: f64,
    /// About how long it takes from here, if all epochs are run.
    pub left: Duration,
    /// The epoch, if it is finished.
    pub finished: Option<&'p Epoch>,
}

impl fmt::Display for Progress<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Progress { epoch, batch, n_batches, loss, metrics, rate, .. } = self;
        if let Some(epoch) = self.finished {
            let names: Vec<&str> = metrics.iter().map(|metric| metric.name()).collect();
            write!(f, "{}", Line { epoch, names: &names })?;
        } else {
            write!(f, "epoch {epoch:>3}, {batch}/{n_batches}: loss {loss:.4}")?;
            metrics.iter().try_for_each(|metric| write!(f, ", {} {metric}", metric.name()))?;
            write!(f, " | rate {rate:.3e}")?;
        }
        write!(f, ", {} left", Time(self.left))
    }
}

impl fmt::Debug for Progress<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Progress({self})")
    }
}

/// `3:07` minutes, or `1:02:03` hours.
struct Time(Duration);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        match hours {
            0 => write!(f, "{minutes}:{seconds:02}"),
            _ => write!(f, "{hours}:{minutes:02}:{seconds:02}"),
        }
    }
}

/// When a loop began, and where it ends.
pub(super) struct Clock {
    pub(super) start: Instant,
    /// Of the epochs that this run does itself.
    pub(super) first: u64,
    pub(super) end: u64,
}

impl Clock {
    /// How long the rest takes if it goes on as so far, after `done` epochs.
    pub(super) fn left(&self, done: f64) -> Duration {
        let (done, left) = (done - self.first as f64, self.end as f64 - done);
        // A source may give more batches than it said.
        let seconds = self.start.elapsed().as_secs_f64() * (left / done).max(0.0);
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }
}

/// A line on the standard error for each finished epoch.
pub(super) fn lines(progress: &Progress<'_>) {
    if progress.finished.is_some() {
        // Training goes on when nobody reads what it says.
        let _ = writeln!(io::stderr(), "{progress}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_that_is_left_has_no_limit() {
        let clock = Clock { start: Instant::now(), first: 0, end: u64::MAX };
        assert_eq!(clock.left(f64::MIN_POSITIVE), Duration::MAX);
    }

    #[test]
    fn the_rest_takes_as_long_for_an_epoch_as_those_that_this_run_has_done() {
        let Some(start) = Instant::now().checked_sub(Duration::from_secs(20)) else { return };
        let clock = Clock { start, first: 2, end: 10 };
        let left = clock.left(4.0).as_secs_f64(); // 10 seconds for each of 6
        assert!((60.0..61.0).contains(&left), "{left}");
    }

    #[test]
    fn times_are_written_in_minutes_and_in_hours_where_there_are_any() {
        let text = |seconds| Time(Duration::from_secs(seconds)).to_string();
        let found = [7, 187, 3599, 3600, 3723, 90_061].map(text);
        assert_eq!(found, ["0:07", "3:07", "59:59", "1:00:00", "1:02:03", "25:01:01"]);
    }
}
