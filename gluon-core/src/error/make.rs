//! Errors made in one place, and what they learn later.

use std::path::Path;

use super::Error;
use crate::dtype::DType;
use crate::shape::Shape;

impl Error {
    /// An error of the caller's own: a text, or an error of another library. In the `forward` of a
    /// block it gets the block's path, as all others do.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// use gluon::{Error, Result, Tensor};
    ///
    /// fn image(x: &Tensor) -> Result<Tensor> {
    ///     if x.rank() != 3 {
    ///         return Err(Error::other(format!("an image has three axes, this has {}", x.rank())));
    ///     }
    ///     let label = std::fs::read_to_string("no/such/file").map_err(Error::other)?;
    ///     x.mul(label.len() as f64)
    /// }
    ///
    /// let error = image(&Tensor::ones([2])).unwrap_err().to_string();
    /// assert_eq!(error, "an image has three axes, this has 1");
    /// assert!(image(&Tensor::ones([1, 2, 2])).is_err());
    /// ```
    pub fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error::Other(error.into())
    }

    /// The error that `op` computes with floats alone.
    pub(crate) fn only_floats(op: &'static str, found: DType) -> Error {
        let expected = match cfg!(feature = "f64") {
            true => "float32 or float64",
            false => "float32, or float64 with the feature `f64`",
        };
        Error::BadDType { op, expected, found }
    }

    /// What an error of the operating system is for the file at `path`: it could not `read` it, say.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl Fn(std::io::Error) -> Error + Copy {
        move |source| Error::Io { action, path: path.to_path_buf(), source }
    }

    /// The same with the input that did not fit, or has no elements to tell sizes by.
    pub(crate) fn of_input(mut self, shape: &Shape) -> Error {
        match &mut self {
            Error::InputShape { input, .. } => *input = Some(Box::new(*shape)),
            Error::Deferred { input, .. } if !shape.is_known() => *input = Some(Box::new(*shape)),
            _ => {}
        }
        self
    }
}
