//! Kernels: the arithmetic of the CPU, as pure functions over slices and layouts.
//!
//! Nothing here knows of tensors or gradient tapes. The caller checks shapes and reports errors; a
//! kernel asserts what it relies on. Outputs are contiguous unless a function says otherwise.
//!
//! Loops are plain Rust that the compiler vectorizes; each is compiled once per instruction set of
//! the attribute `multiversion` and the best one is picked at run time. Inside such a function a
//! closure has its instruction set, so the standard library cannot inline it: loops there are
//! `for` loops over iterators, not `for_each` or `fold`, which would call it for every element.
//!
//! Multiplications and additions are not fused, so elementwise results are the same on every
//! machine. No result depends on the number of threads: see [`parallel`].

pub(crate) mod activation;
pub(crate) mod batch_norm;
pub(crate) mod conv;
pub(crate) mod ctc;
pub(crate) mod dense;
pub(crate) mod dropout;
pub(crate) mod float;
pub(crate) mod gather;
pub(crate) mod gemm;
pub(crate) mod layout;
pub(crate) mod map;
pub(crate) mod matrix;
pub(crate) mod norm;
pub(crate) mod parallel;
pub(crate) mod pool;
pub(crate) mod recurrent;
pub(crate) mod reduce;
pub(crate) mod softmax;
mod sum;
pub(crate) mod thin;
pub(crate) mod transpose;
pub(crate) mod walk;
pub(crate) mod window;
pub(crate) mod zip;
