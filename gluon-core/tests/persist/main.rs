//! Models and tensors in files, through the public interface only.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

extern crate gluon_core as gluon;

/// Files of checkpoints.
#[cfg(feature = "checkpoint")]
mod checkpoint;
/// Processes that die.
mod crash;
/// Disks that are full.
#[cfg(unix)]
mod disk;
/// Every format holds everything it can.
mod formats;
/// Files that MXNet wrote load as MXNet loads them, or better.
mod golden;
/// Bytes that are no file.
mod hostile;
/// Where the values of a loaded model lie.
mod memory;
/// What does not fit, and the options that make it fit.
mod misfits;
/// What the tests share.
mod nets;
/// Training that goes on from a checkpoint.
#[cfg(feature = "checkpoint")]
mod resume;
/// What an optimizer remembers.
#[cfg(feature = "checkpoint")]
mod state;
/// Tensors without a model.
mod tensors;
/// Shared parameters keep their one storage, and files of them their one value.
mod ties;
