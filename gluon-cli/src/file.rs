//! Files: opened once, whatever a command wants to know of them.

use std::path::Path;
use std::sync::Arc;

use gluon_core::Error;
use gluon_core::persist::{Archive, Format};
use gluon_core::train::Checkpoint;

use crate::failure::Failure;

/// Opens the file at `path`, and as a checkpoint if its format is that of checkpoints.
///
/// A pipe gives its bytes once: they are read for both.
pub fn open(path: &Path) -> Result<(Archive, Option<Checkpoint>), Failure> {
    let is_gluon = |archive: &Archive| archive.format() == Format::Gluon;
    if std::fs::metadata(path).map_or(true, |metadata| metadata.is_file()) {
        let archive = Archive::open(path)?;
        let checkpoint = is_gluon(&archive).then(|| Checkpoint::open(path)).transpose()?;
        return Ok((archive, checkpoint));
    }
    let error = |source| Error::Io { action: "read", path: path.to_path_buf(), source };
    let bytes: Arc<[u8]> = std::fs::read(path).map_err(error)?.into();
    let archive = Archive::from_bytes(Arc::clone(&bytes), path)?;
    let checkpoint = is_gluon(&archive).then(|| Checkpoint::from_bytes(bytes, path)).transpose()?;
    Ok((archive, checkpoint))
}
