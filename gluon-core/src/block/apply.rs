//! Applying members in order: what `#[block(sequential)]` generates is made of.

use std::collections::BTreeMap;

#[cfg(feature = "indexmap")]
use indexmap::IndexMap;

use super::hook::call;
use super::tuples::tuples;
use super::{Block, Forward, Member};
use crate::error::Result;
use crate::tensor::Tensor;

/// A member of a `#[block(sequential)]` struct: what happens to the tensor that comes to it.
///
/// A block computes its `forward`; an option, a vector, an array, a tuple and an ordered map do so
/// with what they hold, in order; plain data lets the tensor pass. A `Parameter` has no place in
/// a sequence.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be applied in the order of a `#[block(sequential)]`",
    label = "no `forward` from tensor to tensor",
    note = "its members are blocks that implement `Forward`, containers of such blocks, and plain data, which is passed over",
    note = "mark a field that is none of these `#[block(skip)]`, or remove `sequential` and write `forward` by hand"
)]
pub trait ApplyInOrder: Member {
    /// The tensor after this member.
    ///
    /// # Errors
    /// Whatever the blocks in here return.
    fn apply_in_order(&self, input: Tensor) -> Result<Tensor>;
}

#[diagnostic::do_not_recommend]
impl<B: Block + Forward> ApplyInOrder for B {
    fn apply_in_order(&self, input: Tensor) -> Result<Tensor> {
        call(self, &input)
    }
}

fn each<'a, M: ApplyInOrder + 'a>(
    members: impl IntoIterator<Item = &'a M>,
    input: Tensor,
) -> Result<Tensor> {
    members.into_iter().try_fold(input, |x, member| member.apply_in_order(x))
}

macro_rules! container {
    ($($container:ty $(where [$($generics:tt)*])?),* $(,)?) => {$(
        #[diagnostic::do_not_recommend]
        impl<M: ApplyInOrder $(, $($generics)*)?> ApplyInOrder for $container {
            fn apply_in_order(&self, input: Tensor) -> Result<Tensor> {
                each(self, input)
            }
        }
    )*};
}

container!(Option<M>, Vec<M>, [M; N] where [const N: usize]);

macro_rules! map {
    ($($map:ident)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<M: ApplyInOrder> ApplyInOrder for $map<String, M> {
            fn apply_in_order(&self, input: Tensor) -> Result<Tensor> {
                each(self.values(), input)
            }
        }
    )*};
}

map!(BTreeMap);
#[cfg(feature = "indexmap")]
map!(IndexMap);

macro_rules! tuple {
    ($($member:ident $index:tt)*) => {
        #[diagnostic::do_not_recommend]
        impl<$($member: ApplyInOrder),*> ApplyInOrder for ($($member,)*) {
            fn apply_in_order(&self, input: Tensor) -> Result<Tensor> {
                $(let input = self.$index.apply_in_order(input)?;)*
                Ok(input)
            }
        }
    };
}

tuples!(tuple);
