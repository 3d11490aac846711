//! Devices: where a tensor's elements live and where its operations run.

use std::fmt;

/// A place that holds tensors and computes with them.
///
/// As in Gluon, `Cpu(0)`, `Cpu(1)`, .. are distinct labels for the same memory, so that code for
/// several devices can be tested on any machine. Prints `cpu(0)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Device {
    /// The processor, under a label of its own.
    Cpu(u32),
}

impl Default for Device {
    fn default() -> Device {
        Device::Cpu(0)
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Cpu(index) => write!(f, "cpu({index})"),
        }
    }
}
