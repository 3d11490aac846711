//! Reports: which parameters a step changes, and why not the others.

use std::fmt;

use super::{Slot, Trainer};
use crate::parameter::Entry;
use crate::tape::GradReq;

/// What a step does to a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Status {
    /// It has a new gradient and is updated.
    Updated,
    /// It has had a gradient before, but no `backward` since its last update.
    Stale,
    /// No `backward` has ever reached it.
    Unreached,
    /// It takes no gradient: its `grad_req` is null.
    Frozen,
    /// Its shape is not known yet.
    Deferred,
}

/// What a step does to each parameter, in order.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Block, Forward, Tensor, autograd::record, nn::Dense};
/// use gluon::{optim::Sgd, train::{Status, Trainer}};
///
/// let mut net = Dense::new(1).in_units(2);
/// net.initialize()?;
/// let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.1))?;
/// record(|| net.weight.data()?.sum())?.backward()?; // which leaves the bias out
/// let report = trainer.step_ignoring_stale(1)?;
/// assert_eq!(report.of(Status::Updated).collect::<Vec<_>>(), ["weight"]);
/// assert_eq!(report.to_string(), "1 of 2 parameters updated; never reached by `backward`: bias");
/// # Ok::<(), gluon::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    parameters: Vec<(String, Status)>,
}

impl Report {
    /// The canonical structural name of each parameter, and what a step does to it.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, Status)> {
        self.parameters.iter().map(|(name, status)| (name.as_str(), *status))
    }

    /// The names of the parameters to which a step does this.
    pub fn of(&self, status: Status) -> impl Iterator<Item = &str> {
        self.parameters().filter(move |(_, of)| *of == status).map(|(name, _)| name)
    }
}

impl Trainer {
    /// What the next step would do to each parameter.
    pub fn report(&self) -> Report {
        let parameter =
            |slot: &Slot| (slot.entry.path().to_owned(), status(&slot.entry, slot.count));
        Report { parameters: self.slots.iter().map(parameter).collect() }
    }
}

fn status(entry: &Entry, count: u64) -> Status {
    match entry.grad_req() {
        GradReq::Null => Status::Frozen,
        _ if entry.has_fresh_grad() => Status::Updated,
        _ if !entry.is_initialized() => Status::Deferred,
        _ if count > 0 => Status::Stale,
        _ => Status::Unreached,
    }
}

/// One line: how many are updated, then the names of the others by reason.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (updated, all) = (self.of(Status::Updated).count(), self.parameters.len());
        write!(f, "{updated} of {all} parameters updated")?;
        for (status, reason) in [
            (Status::Stale, "no `backward` since the last update"),
            (Status::Unreached, "never reached by `backward`"),
            (Status::Frozen, "frozen"),
            (Status::Deferred, "of unknown shape"),
        ] {
            let names: Vec<&str> = self.of(status).collect();
            if !names.is_empty() {
                write!(f, "; {reason}: {}", names.join(", "))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::record;
    use crate::block::Block;
    use crate::error::Error;
    use crate::nn::Dense;
    use crate::optim::Sgd;
    use crate::sequential;

    #[test]
    fn every_parameter_has_the_status_of_its_gradient() {
        let mut net = sequential![
            Dense::new(1).in_units(1),
            Dense::new(1).in_units(1),
            Dense::new(1), // whose weight waits for its first input
        ];
        net.initialize().unwrap();
        let all = net.collect_params();
        let parameter = |name: &str| all.get(name).unwrap();
        parameter("1.bias").set_grad_req(GradReq::Null);
        let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.1)).unwrap();
        let reach = |names: &[&str]| {
            for name in names {
                record(|| parameter(name).data()?.sum()).unwrap().backward().unwrap();
            }
        };
        let statuses = |trainer: &Trainer| -> Vec<Status> {
            trainer.report().parameters().map(|(_, status)| status).collect()
        };
        use Status::{Deferred, Frozen, Stale, Unreached, Updated};
        reach(&["0.weight", "0.bias"]);
        let expected = [Updated, Updated, Unreached, Frozen, Deferred, Unreached];
        assert_eq!(statuses(&trainer), expected);

        assert!(
            matches!(trainer.step(1), Err(Error::StaleGradient { name }) if name == "1.weight")
        );
        parameter("2.weight").set_shape([1, 1]).unwrap();
        trainer.step_ignoring_stale(1).unwrap();
        reach(&["0.bias", "1.weight"]);
        assert_eq!(statuses(&trainer), [Stale, Updated, Updated, Frozen, Unreached, Unreached]);
        assert_eq!(
            trainer.report().to_string(),
            "2 of 6 parameters updated; no `backward` since the last update: 0.weight; never \
             reached by `backward`: 2.weight, 2.bias; frozen: 1.bias"
        );
    }
}
