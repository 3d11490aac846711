//! How a command can end.

use std::{fmt, io};

use crate::text::BAD;

/// How a command ended that could be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The files are equal, whole, written.
    Well,
    /// They are not.
    Differs,
}

/// Why a command could not be done.
#[derive(Debug)]
pub enum Failure {
    /// A file could not be read or written.
    File(gluon_core::Error),
    /// The output could not be written.
    Output(io::Error),
    /// What was asked for cannot be done.
    Request(String),
}

impl Failure {
    /// Whether the reader of the output has gone, which is its right.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Writes a line about it to the standard error.
    pub fn report(&self) {
        anstream::eprintln!("{BAD}error:{BAD:#} {self}");
    }
}

impl From<gluon_core::Error> for Failure {
    fn from(error: gluon_core::Error) -> Failure {
        Failure::File(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Output(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Failure {
        Failure::Output(error.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::File(error) => {
                write!(f, "{error}")?;
                let mut cause = std::error::Error::source(error);
                while let Some(error) = cause {
                    write!(f, ": {error}")?;
                    cause = error.source();
                }
                Ok(())
            }
            Failure::Output(error) => write!(f, "the output could not be written: {error}"),
            Failure::Request(text) => f.write_str(text),
        }
    }
}
