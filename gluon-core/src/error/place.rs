//! Places: errors with and without the blocks in which they happened.

use super::Error;

impl Error {
    /// What went wrong, without the blocks in which it did.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// use gluon::{Block, Error, Forward, Tensor, nn::Lambda, sequential};
    ///
    /// let net = sequential![Lambda::new("fold", |x| x.reshape([2, 2]))];
    /// let error = net.forward(&Tensor::ones([3])).unwrap_err();
    /// assert!(matches!(error, Error::InBlock { .. }));
    /// assert!(matches!(error.innermost(), Error::ElementCount { .. }));
    /// ```
    pub fn innermost(&self) -> &Error {
        match self {
            Error::InBlock { error, .. } => error.innermost(),
            error => error,
        }
    }

    /// Whether this is about tensors in general or of the caller's own, so that it is worth saying in
    /// which block it happened.
    pub(crate) fn wants_place(&self) -> bool {
        matches!(
            self,
            Error::Other(_)
                | Error::ShapeMismatch { .. }
                | Error::BadShape { .. }
                | Error::ElementCount { .. }
                | Error::TooManyAxes { .. }
                | Error::BadAxis { .. }
                | Error::IndexOutOfRange { .. }
                | Error::BadRange { .. }
                | Error::DTypeMismatch { .. }
                | Error::BadDType { .. }
                | Error::BadArgument { .. }
                | Error::ParameterShape { .. }
                | Error::InputShape { .. }
                | Error::ParameterIndex { .. }
        )
    }
}
