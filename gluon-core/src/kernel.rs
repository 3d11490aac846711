//! Kernels: the arithmetic of the CPU, as pure functions over slices and layouts.
//!
//! Nothing here knows of tensors or gradient tapes. The caller checks shapes and reports errors; a
//! kernel asserts what it relies on. Outputs are contiguous unless a function says otherwise.
//!
//! Loops are plain Rust that the compiler vectorizes; the attribute `simd` has each compiled once per
//! set of vector instructions, of which the best is picked at run time: see [`simd`]. What such a
//! function calls must be inlined into it to have its instructions: closures and small functions
//! are, larger ones are `#[inline(always)]`.
//!
//! Multiplications and additions are not fused, so elementwise results are the same on every
//! machine. No result depends on the number of threads: see [`parallel`].

pub(crate) mod activation;
#[cfg(feature = "layers")]
pub(crate) mod batch_norm;
#[cfg(feature = "layers")]
mod chunks;
#[cfg(feature = "layers")]
pub(crate) mod conv;
#[cfg(feature = "layers")]
pub(crate) mod ctc;
pub(crate) mod dense;
pub(crate) mod dropout;
pub(crate) mod float;
pub(crate) mod gather;
pub(crate) mod gemm;
pub(crate) mod layout;
pub(crate) mod map;
pub(crate) mod matrix;
#[cfg(feature = "layers")]
pub(crate) mod norm;
pub(crate) mod parallel;
#[cfg(feature = "layers")]
pub(crate) mod pool;
mod prefetch;
#[cfg(feature = "layers")]
pub(crate) mod recurrent;
pub(crate) mod reduce;
#[cfg(feature = "layers")]
pub(crate) mod scan;
pub(crate) mod simd;
pub(crate) mod softmax;
#[cfg(feature = "layers")]
pub(crate) mod sort;
#[cfg(feature = "layers")]
mod sum;
mod team;
pub(crate) mod transpose;
pub(crate) mod walk;
#[cfg(feature = "layers")]
pub(crate) mod window;
pub(crate) mod zip;
