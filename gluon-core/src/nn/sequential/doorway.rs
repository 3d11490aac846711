//! `sequential!`: a net as a list of layers.

/// A [`Sequential`](crate::nn::Sequential) of the layers listed, with ties that the compiler
/// checks.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Block, nn::Dense, sequential};
///
/// let net = sequential![
///     Dense::new(8).relu(),
///     shared: Dense::new(8).relu(),              // a label
///     #[shared(shared)] Dense::new(8).tanh(),    // its own configuration, the label's parameters
///     #[shared(shared)] _,                       // the same layer once more
///     [Dense::new(64).relu(); 3],                // three independent ones
///     Dense::new(10),
/// ];
/// assert_eq!(net.len(), 8);
/// assert_eq!(net.collect_params().len(), 2 * 6);
/// ```
///
/// - A layer is any expression of a type that is a [`Layer`](crate::Layer); another
///   `sequential![..]`, for example. It may use the labels before it, which are variables.
/// - `label: layer` gives it a name that later layers share it by.
/// - `#[shared(label)] layer` has the parameters of an earlier layer of the same type;
///   `#[shared(weight = label.weight)] layer` has a single one of them, of any layer.
/// - `#[shared(label)] _` is a copy of the earlier layer, with its parameters.
/// - `[layer; count]` evaluates `layer` once for each of `count`, which is a `usize`;
///   `#[shared(label)] [_; count]` repeats the earlier layer.
/// - No layers at all are the identity.
#[macro_export]
macro_rules! sequential {
    ($($layers:tt)*) => {
        $crate::nn::sequential_in!([$crate] $($layers)*)
    };
}
