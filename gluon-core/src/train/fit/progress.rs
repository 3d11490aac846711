//! Progress: where training stands.

use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use crate::train::history::{Epoch, Line, Measures};

/// Where training stands, after a batch or at the end of an epoch.
///
/// Prints as one line: of the epoch so far, or of the finished one.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'p> {
    /// The epoch, counted from 0.
    pub epoch: u64,
    /// How many epochs there are to be.
    pub epochs: u64,
    /// How many batches of the epoch are done.
    pub batch: usize,
    /// How many batches the epoch has.
    pub n_batches: usize,
    /// The names of the metrics.
    pub names: &'p [String],
    /// Loss and metrics of the epoch so far, in training.
    pub measures: &'p Measures,
    /// The learning rate of the last step.
    pub rate: f64,
    /// About how long it takes from here, if all epochs are run.
    pub left: Duration,
    /// The epoch, if it is finished.
    pub finished: Option<&'p Epoch>,
}

impl fmt::Display for Progress<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.finished {
            Some(epoch) => write!(f, "{}", Line { epoch, names: self.names })?,
            None => {
                let Progress { epoch, batch, n_batches, rate, .. } = self;
                let measures = self.measures.named(self.names);
                write!(f, "epoch {epoch:>3}, {batch}/{n_batches}: {measures} | rate {rate:.3e}")?;
            }
        }
        write!(f, ", {} left", Clock(self.left))
    }
}

/// `3:07` minutes, or `1:02:03` hours.
struct Clock(Duration);

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        match hours {
            0 => write!(f, "{minutes}:{seconds:02}"),
            _ => write!(f, "{hours}:{minutes:02}:{seconds:02}"),
        }
    }
}

/// A line on the standard error for each finished epoch.
pub(super) fn lines(progress: &Progress<'_>) {
    if progress.finished.is_some() {
        // Training goes on when nobody reads what it says.
        let _ = writeln!(io::stderr(), "{progress}");
    }
}
