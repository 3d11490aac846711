//! Files: arrays on disk, in the formats of others and our own.
//!
//! An [`Array`] is what every format reads and writes: an element type, a shape, and bytes. Files
//! are written by [`atomic::write`], so that a crash leaves the old file or the new one.

pub mod array;
pub mod atomic;
pub mod params;

pub use array::Array;
