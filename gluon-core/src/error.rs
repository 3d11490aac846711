//! Errors: every way in which data, sizes or files can be wrong.

mod make;
mod message;
mod misfit;
mod place;

use std::path::PathBuf;

use crate::dtype::DType;
use crate::shape::Shape;

use message::{any, listed, untold, whole};
pub use misfit::Misfit;

/// The result of everything that depends on data, sizes or files.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong.
///
/// Messages put the subject first, then what was expected, then what was found, then the remedy.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An error of the caller's own, which [`Error::other`] makes.
    #[error(transparent)]
    Other(Box<dyn std::error::Error + Send + Sync>),

    // --- shapes and types of tensors ---
    /// Two operands whose shapes do not go together.
    #[error("`{op}` cannot combine shapes {lhs} and {rhs}")]
    ShapeMismatch {
        /// The operation.
        op: &'static str,
        /// Shape of the first operand.
        lhs: Shape,
        /// Shape of the second operand.
        rhs: Shape,
    },

    /// One operand whose shape an operation cannot take.
    #[error("`{op}` expected {expected}, found shape {found}")]
    BadShape {
        /// The operation.
        op: &'static str,
        /// What it takes, in words.
        expected: &'static str,
        /// The shape it was given.
        found: Shape,
    },

    /// A shape with another number of elements than there are.
    #[error("`{op}` expected {expected} elements for shape {shape}, found {found}")]
    ElementCount {
        /// The operation.
        op: &'static str,
        /// The shape asked for.
        shape: Shape,
        /// The number of elements of that shape.
        expected: usize,
        /// The number of elements at hand.
        found: usize,
    },

    /// More axes than a tensor can have.
    #[error("`{op}` expected at most {} axes, found {found}", crate::shape::MAX_RANK)]
    TooManyAxes {
        /// The operation.
        op: &'static str,
        /// The number of axes asked for.
        found: usize,
    },

    /// An axis that a shape does not have.
    #[error("`{op}` expected {}, found {axis} for shape {shape}", any("an axis", -(shape.rank() as isize), shape.rank()))]
    BadAxis {
        /// The operation.
        op: &'static str,
        /// The axis asked for; negative ones count from the end.
        axis: isize,
        /// The shape it was to be an axis of.
        shape: Shape,
    },

    /// An index or label outside its range, or a fraction.
    #[error("`{op}` expected {}, found {index} at position {position}", any(whole(*index), 0, *bound))]
    IndexOutOfRange {
        /// The operation.
        op: &'static str,
        /// The index found.
        index: f64,
        /// Indices are below this.
        bound: usize,
        /// Where in the flattened indices it stood.
        position: usize,
    },

    /// A range that does not fit an axis.
    #[error("`{op}` expected a range within 0..{size} of axis {axis}, found {start}..{end}")]
    BadRange {
        /// The operation.
        op: &'static str,
        /// The axis.
        axis: usize,
        /// Start of the range.
        start: usize,
        /// End of the range.
        end: usize,
        /// Size of the axis.
        size: usize,
    },

    /// Operands of different element types.
    #[error(
        "`{op}` expected both operands to be {lhs}, found {rhs}; convert one with {}",
        if lhs.computes() && rhs.computes() {
            "`cast`, or without a gradient with `to_dtype`"
        } else {
            "`to_dtype`"
        }
    )]
    DTypeMismatch {
        /// The operation.
        op: &'static str,
        /// Type of the first operand.
        lhs: DType,
        /// Type of the second operand.
        rhs: DType,
    },

    /// An element type that an operation cannot take.
    #[error("`{op}` expected {expected}, found {found}; convert with `to_dtype`")]
    BadDType {
        /// The operation.
        op: &'static str,
        /// What it takes, in words.
        expected: &'static str,
        /// The type it was given.
        found: DType,
    },

    /// An argument with an impossible value.
    #[error("`{op}` expected `{argument}` to be {expected}, found {found}")]
    BadArgument {
        /// The operation or constructor.
        op: &'static str,
        /// The argument's name.
        argument: &'static str,
        /// What it takes, in words.
        expected: &'static str,
        /// The value it was given.
        found: String,
    },

    /// A device that this build does not have.
    #[error("there is no device `{device}`; this build computes on `cpu(0)`, `cpu(1)`, ..")]
    NoDevice {
        /// The device asked for.
        device: String,
    },

    // --- gradients ---
    /// `backward` on a value that does not depend on anything recorded.
    #[error(
        "`backward` needs a value computed inside `record`, from a parameter that is not frozen or a tensor with `attach_grad`"
    )]
    NotRecorded,

    /// `backward` over operations that an earlier `backward` has freed.
    #[error(
        "`backward` needs operations that an earlier `backward` has freed; keep them with `backward_with(head, true)`, or `detach` what is carried over from the step before"
    )]
    GraphFreed,

    /// `backward`, within a pass backwards, over the recording that is being run.
    #[error(
        "`backward` within a `backward` needs another recording than the one that is run; `record` anew what is to be differentiated there, from tensors with `attach_grad`"
    )]
    NestedBackward,

    /// An operation on a value that another thread is still recording.
    #[error(
        "`{op}` found an input that another thread is still recording; `detach` it, or end that `record` first"
    )]
    RecordedElsewhere {
        /// The operation.
        op: &'static str,
    },

    /// A [`Function`](crate::autograd::Function) whose gradients are not like its inputs.
    #[error("`{op}` expected its `backward` to return {expected}, found {found}")]
    BadGradients {
        /// The function.
        op: &'static str,
        /// Types and shapes of its inputs.
        expected: String,
        /// Types and shapes of the gradients.
        found: String,
    },

    /// Reading the gradient of a tensor that keeps none.
    #[error("the tensor keeps no gradient; call `attach_grad` before `record`, on floats")]
    NoGradient,

    // --- parameters ---
    /// Reading a parameter that has not been initialized.
    #[error(
        "parameter `{name}` is not initialized; call `initialize` or `load_parameters` on its model first"
    )]
    NotInitialized {
        /// The parameter.
        name: String,
    },

    /// Reading a parameter whose shape is not known yet.
    #[error(
        "parameter `{name}` has shape {shape} with unknown sizes, written 0{}",
        untold(input.as_deref())
    )]
    Deferred {
        /// The input that was to tell them, if a layer of the library met one without elements.
        input: Option<Box<Shape>>,
        /// The parameter.
        name: String,
        /// Its shape, 0 for an unknown size.
        shape: Shape,
    },

    /// A shape that does not agree with a parameter's.
    #[error("parameter `{name}` expected shape {expected}, found {found}")]
    ParameterShape {
        /// The parameter.
        name: String,
        /// Its shape, 0 for an unknown size.
        expected: Shape,
        /// The other shape.
        found: Shape,
    },

    /// An input whose sizes do not agree with a parameter's.
    #[error(
        "the input{} does not fit parameter `{name}`: expected one for shape {expected}, as declared \
         or told by the first input, found one for {found}",
        input.as_ref().map(|shape| format!(" of shape {shape}")).unwrap_or_default()
    )]
    InputShape {
        /// The input's shape, if a layer of the library met it.
        input: Option<Box<Shape>>,
        /// The parameter.
        name: String,
        /// Its shape, 0 for an unknown size.
        expected: Shape,
        /// The shape that the input asks for.
        found: Shape,
    },

    /// Values of a type that does not agree with a parameter's.
    #[error("parameter `{name}` expected {expected}, found {found}; convert with `cast`")]
    ParameterDType {
        /// The parameter.
        name: String,
        /// Its type.
        expected: DType,
        /// The other type.
        found: DType,
    },

    /// An index that is no row of a parameter.
    #[error("parameter `{name}` expected {}, found {index} at position {position}", any(whole(*index), 0, *bound))]
    ParameterIndex {
        /// The parameter.
        name: String,
        /// What was found.
        index: f64,
        /// The number of rows.
        bound: usize,
        /// Which of the indices it is.
        position: usize,
    },

    /// Reading the gradient of a parameter that keeps none.
    #[error("parameter `{name}` keeps no gradient: its `grad_req` is null")]
    ParameterGradient {
        /// The parameter.
        name: String,
    },

    /// A parameter whose gradient is as old as its last update.
    #[error(
        "parameter `{name}` has had no gradient from `backward` since its last update; call `backward` on a loss that depends on it first, set its `grad_req` to null, or use `step_ignoring_stale`"
    )]
    StaleGradient {
        /// The parameter.
        name: String,
    },

    /// A gradient that is infinite or not a number, where its size matters.
    #[error(
        "parameter `{name}` expected a finite gradient, found one of norm {norm}; lower the learning rate, or look for a division by 0 or a logarithm of 0"
    )]
    NonFiniteGradient {
        /// The parameter.
        name: String,
        /// The norm of its gradient.
        norm: f64,
    },

    /// An initializer that cannot fill a parameter.
    #[error(
        "parameter `{name}` of shape {shape} cannot be initialized by {initializer}, which expects {expected}"
    )]
    Initializer {
        /// The parameter.
        name: String,
        /// Its shape.
        shape: Shape,
        /// The initializer.
        initializer: String,
        /// What it takes, in words.
        expected: &'static str,
    },

    /// A loss that is infinite or not a number.
    #[error(
        "epoch {epoch}, batch {batch}: expected a finite loss, found {loss}; lower the learning rate, limit the gradient's norm, or look for a logarithm of 0 in the model"
    )]
    Diverged {
        /// The epoch, counted from 0.
        epoch: u64,
        /// The batch in it, counted from 0.
        batch: usize,
        /// The mean loss of the batch.
        loss: f64,
    },

    /// Two parameters of one model with the same name.
    #[error(
        "parameters `{first}` and `{second}` are both called `{name}`; rename one with `#[block(name = \"..\")]`"
    )]
    DuplicateName {
        /// The name.
        name: String,
        /// Structural name of the first.
        first: String,
        /// Structural name of the second.
        second: String,
    },

    /// A declared tie that does not hold.
    #[error(
        "`{field}` is declared `#[shared({target})]` but holds parameters of its own; call `initialize` or `load_parameters`, or build the model with its `new`"
    )]
    BrokenTie {
        /// Path of the field that shares.
        field: String,
        /// Path of the field it shares with.
        target: String,
    },

    /// A declared tie that cannot hold.
    #[error("`{field}` cannot share the parameters of `{target}`: {reason}")]
    TieMismatch {
        /// Path of the field that shares.
        field: String,
        /// Path of the field it shares with.
        target: String,
        /// What does not fit.
        reason: String,
    },

    /// An error in a block of a model.
    #[error("in block `{path}`: {error}")]
    InBlock {
        /// Structural path of the block, or its type if it has no parameters to know its path by.
        /// A block whose parameters are all shared goes by the first of their places.
        path: String,
        /// What went wrong there.
        error: Box<Error>,
    },

    /// A path at which a model has no block.
    #[error("the model has no block `{path}`; it has {}", listed(known))]
    UnknownBlock {
        /// The path asked for.
        path: String,
        /// The paths that there are.
        known: Vec<String>,
    },

    // --- files ---
    /// A file that could not be read or written.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was tried: `read`, `write`, ...
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },

    /// A table whose rows or columns are not what they are asked for.
    #[error("`{}` expected {expected}, found {found}", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// What was expected, in words.
        expected: String,
        /// What was found instead.
        found: String,
    },

    /// A file whose bytes are not what its format demands.
    #[error("`{}` is not a valid {format} file: expected {expected}, found {found} at byte {offset}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The format's name.
        format: &'static str,
        /// What the format demands there.
        expected: String,
        /// What stands there.
        found: String,
        /// Where it stands.
        offset: u64,
    },

    /// A file whose arrays are not what was asked for.
    #[error("the file expected to hold {expected}, found {found} arrays")]
    ArrayCount {
        /// What was asked for, in words.
        expected: &'static str,
        /// How many arrays there are.
        found: usize,
    },

    /// A file that does not fit the model it is loaded into.
    #[error("`{}` does not fit the model:{}", path.display(), misfit::All(misfits))]
    Misfits {
        /// The file.
        path: PathBuf,
        /// Every way in which it does not fit.
        misfits: Vec<Misfit>,
    },

    /// A format that this build cannot read or write.
    #[error("`{}` is a {format} file; build with the feature `{feature}` to use it", path.display())]
    FormatDisabled {
        /// The file.
        path: PathBuf,
        /// The format's name.
        format: &'static str,
        /// The feature of this crate that adds it.
        feature: &'static str,
    },

    /// Arrays that a format cannot hold.
    #[error("a {format} file expected {expected}, found {found}")]
    Unstorable {
        /// The format's name.
        format: &'static str,
        /// What it can hold, in words.
        expected: &'static str,
        /// What it was given.
        found: String,
    },

    /// State of training that does not fit a trainer.
    #[error("the trainer expected {expected}, found {found}")]
    TrainerState {
        /// What it takes, in words.
        expected: String,
        /// What there is.
        found: String,
    },
}
