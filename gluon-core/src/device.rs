//! Devices: where a tensor's elements live and where its operations run.

use std::cell::Cell;
use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

thread_local! {
    static CURRENT: Cell<Device> = const { Cell::new(Device::Cpu(0)) };
}

/// A place that holds tensors and computes with them.
///
/// As in Gluon, `Cpu(0)`, `Cpu(1)`, .. are distinct labels for the same memory, so that code for
/// several devices can be tested on any machine. They may be mixed: a result is where the first
/// operand is. Prints `cpu(0)`.
///
/// Products and loops that take long are shared among threads of the library's own: in all as many as
/// the environment variable `GLUON_NUM_THREADS` says, or `RAYON_NUM_THREADS`, or as the thread that
/// computes first may use cores; 1024 at most. They run where that thread may run. Results do not
/// depend on their number.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Device, Tensor};
///
/// let x = Device::Cpu(1).scope(|| Tensor::ones([2]));
/// assert_eq!(x.device(), Device::Cpu(1));
/// assert_eq!(x.to_device(Device::Cpu(0))?.device().to_string(), "cpu(0)");
/// assert_eq!("cpu(1)".parse::<Device>()?, Device::Cpu(1));
/// assert!("gpu(0)".parse::<Device>().is_err());          // this build has none
/// # Ok::<(), gluon::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Device {
    /// The processor, under a label of its own.
    Cpu(u32),
}

impl Device {
    /// The device of this thread: where tensors and parameters are made that are not told
    /// otherwise. `Cpu(0)` outside of a [`scope`](Device::scope).
    pub fn current() -> Device {
        CURRENT.get()
    }

    /// Runs `f` with this device as the [`current`](Device::current) one.
    pub fn scope<R>(self, f: impl FnOnce() -> R) -> R {
        struct Restore(Device);
        impl Drop for Restore {
            fn drop(&mut self) {
                CURRENT.set(self.0);
            }
        }
        let _restore = Restore(CURRENT.replace(self));
        f()
    }

    /// How many GPUs there are that this build can use: none.
    pub fn num_gpus() -> usize {
        0
    }
}

/// The current device.
impl Default for Device {
    fn default() -> Device {
        Device::current()
    }
}

/// Reads what a device prints: `cpu(1)`, or `cpu` for the first.
impl FromStr for Device {
    type Err = Error;

    fn from_str(text: &str) -> Result<Device> {
        let index = match text.strip_prefix("cpu") {
            Some("") => Some(0),
            Some(rest) => {
                rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')?.parse().ok())
            }
            None => None,
        };
        index.map(Device::Cpu).ok_or_else(|| Error::NoDevice { device: text.to_owned() })
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Cpu(index) => write!(f, "cpu({index})"),
        }
    }
}
