//! Plain data as members: values that configure a block and have no parameters.

// A pointer to a function of a reference and one to a function of any type are different types,
// which the compiler tells apart with this warning.
#![allow(coherence_leak_check)]

use std::ffi::{OsStr, OsString};
use std::marker::PhantomData;
use std::num::NonZero;
use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Member;
use crate::block::apply::ApplyInOrder;
use crate::block::share::Replicate;
use crate::block::visit::{Walk, WalkMut};
use crate::device::Device;
use crate::dtype::DType;
use crate::error::Result;
use crate::parameter::Parameter;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// Makes types plain data: nothing for a walk, cloned by a copy, passed over in a sequence.
macro_rules! data {
    ($($data:ty $(where [$($generics:tt)*])?),* $(,)?) => {$(
        #[diagnostic::do_not_recommend]
        impl$(<$($generics)*>)? Member for $data {
            fn visit<'walk>(&'walk self, _: &mut Walk<'walk, '_>) {}

            fn visit_mut(&mut self, _: &mut WalkMut<'_>) {}

            fn rebuild(&self, _: &mut dyn FnMut(&Parameter) -> Parameter) -> Self {
                self.clone()
            }
        }

        #[diagnostic::do_not_recommend]
        impl$(<$($generics)*>)? Replicate for $data {}

        #[diagnostic::do_not_recommend]
        impl$(<$($generics)*>)? ApplyInOrder for $data {
            fn apply_in_order(&self, input: Tensor) -> Result<Tensor> {
                Ok(input)
            }
        }
    )*};
}

data!(
    u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64, bool, char,
    NonZero<u8>, NonZero<u16>, NonZero<u32>, NonZero<u64>, NonZero<u128>, NonZero<usize>,
    NonZero<i8>, NonZero<i16>, NonZero<i32>, NonZero<i64>, NonZero<i128>, NonZero<isize>,
    (), String, OsString, PathBuf, Duration, DType, Device, Shape,
    &str, &OsStr, &Path,
    PhantomData<T> where [T: ?Sized],
    RangeFull, Range<T> where [T: Copy], RangeFrom<T> where [T: Copy],
    RangeTo<T> where [T: Copy],
    RangeInclusive<T> where [T: Copy], RangeToInclusive<T> where [T: Copy],
    fn() -> R where [R],
    fn(A) -> R where [A, R],
    fn(A, B) -> R where [A, B, R],
    fn(A, B, C) -> R where [A, B, C, R],
    fn(&A) -> R where [A: ?Sized, R],
    fn(&mut A) -> R where [A: ?Sized, R],
    fn(&A, B) -> R where [A: ?Sized, B, R],
    fn(&A, B, C) -> R where [A: ?Sized, B, C, R],
    fn(&A, &B, C) -> R where [A: ?Sized, B: ?Sized, C, R],
    fn(&A, &B) -> R where [A: ?Sized, B: ?Sized, R],
    fn(&A, &B, &C) -> R where [A: ?Sized, B: ?Sized, C: ?Sized, R],
);
