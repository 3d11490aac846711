//! The derive and macros of gluon.

mod block;
mod entries;
mod errors;
#[cfg(test)]
mod expansions;
mod field_path;
mod paths;
mod sequential;
mod simd;
mod suggest;
mod tie;

use proc_macro::TokenStream;

/// Makes a struct or an enum a block: a model, or a layer of one.
///
/// The fields are the members; names, collection, initialization, sharing, saving and loading
/// follow from them. What the block computes is written by hand as `Forward`, or follows too, with
/// `#[block(sequential)]`.
///
/// ```rs
/// #[derive(Block)]
/// struct Mlp {
///     #[new(Dense::new(256).relu())]
///     hidden: Dense,
///     #[new(Dense::new(10))]
///     output: Dense,
/// }
///
/// impl Forward for Mlp {
///     fn forward(&self, x: &Tensor) -> Result<Tensor> {
///         x.apply(&self.hidden)?.apply(&self.output)
///     }
/// }
///
/// let net = Mlp::new();
/// ```
///
/// The guide of the crate `gluon` teaches the language from this struct to a tied language model,
/// and its error index shows every mistake beside the program as it should have been.
///
/// # On a field
///
/// | attribute | meaning |
/// | --- | --- |
/// | *(none)* | a member: a block, a `Parameter`, a container of them, or plain data; the type decides, not its spelling |
/// | `#[new(expr)]` | the constructor builds the field so; arguments and earlier fields are variables in `expr` (`_0`, `_1`, .. in a tuple struct) |
/// | `#[shared(hidden)]` | the field has the parameters of the earlier field `hidden`, of the same type: one storage, gradient, optimizer state and file entry; it is a copy of `hidden`, or with `#[new(..)]` of a configuration of its own |
/// | `#[shared(weight = embed.weight)]` | a single parameter of the field is that of an earlier one, of any type; several are separated by commas |
/// | `#[block(skip)]` | not a member |
/// | `#[block(name = "fc1")]` | its structural name, so that renaming the field breaks no file |
///
/// # On the type
///
/// | attribute | meaning |
/// | --- | --- |
/// | `#[block(sequential)]` | `Forward` too: the members in order; plain data is passed over |
/// | `#[block(hint = "net")]` | what scoped names begin with, in place of the type's name in lower case |
/// | `#[block(new)]`, `#[block(new = build)]` | a constructor in any case, under another name |
/// | `#[block(describe = path)]` | a function from `&Self` to the `String` that the block is printed as |
/// | `#[block(bound = "T: Layer")]` | bounds of the impls, in place of the derive's |
/// | `#[block(crate = path)]` | where `gluon` is, if it is renamed or re-exported |
///
/// # The constructor
///
/// It takes the fields that nothing determines, in order: those with neither `#[new(..)]` nor a
/// `#[shared(..)]` of the whole field; a `PhantomData` builds itself. There is one if a field has
/// `#[new(..)]` or `#[shared(..)]`, or the type says so, and it is as visible as the type.
///
/// # Generics
///
/// Each type parameter in the type of a member is asked to be a member itself (in a
/// `#[block(sequential)]` type, one that can be applied in order); associated types of parameters
/// likewise. Whether a skipped field can be copied is decided by the bounds on the struct.
///
/// # Enums
///
/// A value is a block of its active variant. The hint and the type's name are the enum's; a
/// variant is no part of a name. There is no constructor, so no `#[new(..)]` and no
/// `#[shared(..)]`: they belong to a struct that the variant holds.
#[proc_macro_derive(Block, attributes(block, new, shared))]
pub fn derive_block(input: TokenStream) -> TokenStream {
    block::derive(input.into()).into()
}

/// `sequential!` of the crate whose path stands first, in brackets.
#[doc(hidden)]
#[proc_macro]
pub fn sequential_in(input: TokenStream) -> TokenStream {
    sequential::sequential(input.into()).into()
}

/// Compiles a kernel of `gluon-core` for AVX2 and for what all processors have, by `#[simd(avx512)]`
/// for AVX-512 too, and by `#[simd(f32)]` in vectors for `f32` only.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn simd(sets: TokenStream, item: TokenStream) -> TokenStream {
    simd::simd(sets.into(), item.into()).into()
}
