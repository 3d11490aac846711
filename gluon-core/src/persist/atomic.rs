//! Atomic writing: a file is replaced whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result};

/// As many symbolic links in a row as Linux follows.
const MAX_LINKS: usize = 40;

/// Bytes gathered before they are handed to the operating system.
const BUFFER_SIZE: usize = 1 << 16;

/// Writes the file at `path` with the bytes that `fill` produces, or leaves it as it was.
///
/// The bytes go to a temporary file in the same directory, which is synchronised with the disk
/// and then renamed over `path`: whoever opens `path`, even after a crash, finds the old file or
/// the new one. If anything fails, `fill` included, the temporary file is removed.
///
/// A symbolic link stays, and the file that it points to is replaced. The new file has the
/// permissions of the old one; other hard links to the old one keep its bytes.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::persist::atomic;
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("greeting");
/// atomic::write(&path, |out| write!(out, "hello"))?;
/// assert_eq!(std::fs::read(&path)?, b"hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Io`] with `path` and the first failure: that of `fill`, or of the operating system
/// because the directory cannot be written, the disk is full, the old file is read-only, or
/// `path` is something other than a file.
pub fn write(
    path: impl AsRef<Path>,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    let path = path.as_ref();
    replace(path, fill).map_err(Error::io("write", path))
}

fn replace(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let target = follow_links(path)?;
    let old = existing(&target)?;
    let directory = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };

    let (temporary, file) = Temporary::create(directory)?;
    if let Some(old) = old {
        file.set_permissions(old.permissions())?; // before there is anything to read
    }
    let mut out = BufWriter::with_capacity(BUFFER_SIZE, file);
    fill(&mut out)?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    drop(file); // some systems do not rename open files
    temporary.rename(&target)?;
    sync_directory(directory);
    Ok(())
}

/// Where a file opened at `path` would lie: what the last link points to, which need not exist.
fn follow_links(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_path_buf();
    for _ in 0..MAX_LINKS {
        match fs::symlink_metadata(&target) {
            Ok(metadata) if metadata.is_symlink() => {}
            _ => return Ok(target),
        }
        let link = fs::read_link(&target)?;
        target = match target.parent() {
            Some(parent) => parent.join(link), // an absolute link replaces the parent
            None => link,
        };
    }
    Err(io::Error::other("too many levels of symbolic links"))
}

/// The old file, or `None` if there is none.
///
/// Renaming would replace even what cannot be written: a read-only file, a device.
fn existing(target: &Path) -> io::Result<Option<fs::Metadata>> {
    let metadata = match fs::metadata(target) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    OpenOptions::new().write(true).open(target)?;
    Ok(Some(metadata))
}

/// Makes a rename last through a crash.
///
/// A failure is no failure of the write: the new file is in place and whole, and some file systems
/// refuse to synchronise directories.
#[cfg(unix)]
fn sync_directory(directory: &Path) {
    let _ = File::open(directory).and_then(|directory| directory.sync_all());
}

#[cfg(not(unix))]
fn sync_directory(_directory: &Path) {}

/// A file that is removed unless it is renamed.
struct Temporary {
    path: PathBuf,
}

impl Temporary {
    /// A new, empty file.
    ///
    /// Its name does not contain the target's, which may be as long as names can be.
    fn create(directory: &Path) -> io::Result<(Temporary, File)> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = directory.join(format!(".gluon-{}-{count}.tmp", process::id()));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok((Temporary { path }, file)),
                // left behind by a crash of an earlier process of the same number
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn rename(mut self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)?;
        self.path.clear(); // an empty path: nothing to remove
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    use tempfile::TempDir;

    fn directory() -> TempDir {
        tempfile::tempdir().unwrap()
    }

    fn names(directory: &TempDir) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_created_then_replaced() {
        let directory = directory();
        let path = directory.path().join("a");
        for content in [&b"first"[..], b"", &[7; 3 * BUFFER_SIZE + 1]] {
            write(&path, |out| out.write_all(content)).unwrap();
            assert_eq!(fs::read(&path).unwrap(), content);
            assert_eq!(names(&directory), ["a"]);
        }
    }

    #[test]
    fn a_failure_at_any_byte_leaves_the_old_file() {
        let directory = directory();
        let path = directory.path().join("a");
        fs::write(&path, "old").unwrap();
        let sizes =
            [0, 1, BUFFER_SIZE - 1, BUFFER_SIZE, BUFFER_SIZE + 1, 2 * BUFFER_SIZE, 5 * BUFFER_SIZE];
        for size in sizes {
            for piece in [1, 4096, BUFFER_SIZE, 6 * BUFFER_SIZE] {
                let error = write(&path, |out| {
                    for piece in vec![1u8; size].chunks(piece) {
                        out.write_all(piece)?;
                    }
                    Err(io::Error::new(io::ErrorKind::StorageFull, "disk full"))
                })
                .unwrap_err();
                assert_eq!(error.to_string(), format!("cannot write `{}`", path.display()));
                let Error::Io { source, .. } = error else { panic!("{error}") };
                assert_eq!(source.kind(), io::ErrorKind::StorageFull);
                assert_eq!(fs::read(&path).unwrap(), b"old");
                assert_eq!(names(&directory), ["a"]);
            }
        }
    }

    #[test]
    fn a_panic_leaves_the_old_file() {
        let directory = directory();
        let path = directory.path().join("a");
        fs::write(&path, "old").unwrap();
        let panic = std::panic::catch_unwind(|| write(&path, |_| panic!("in the middle")));
        assert!(panic.is_err());
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(&directory), ["a"]);
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let directory = directory();
        fs::write(directory.path().join("file"), "old").unwrap();
        fs::create_dir(directory.path().join("folder")).unwrap();
        for name in ["missing/a", "file/a", "folder"] {
            let path = directory.path().join(name);
            let error = write(&path, |out| out.write_all(b"new")).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
        assert_eq!(names(&directory), ["file", "folder"]);
    }

    #[test]
    fn the_longest_name_can_be_written() {
        let directory = directory();
        let path = directory.path().join("n".repeat(255));
        write(&path, |out| out.write_all(b"new")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn writers_at_once_leave_one_whole_file() {
        let directory = directory();
        let path = directory.path().join("a");
        std::thread::scope(|scope| {
            for byte in 0..4u8 {
                let path = &path;
                scope.spawn(move || {
                    for _ in 0..10 {
                        write(path, |out| out.write_all(&[byte; 5000])).unwrap();
                    }
                });
            }
        });
        let content = fs::read(&path).unwrap();
        assert_eq!(content, vec![content[0]; 5000]);
        assert_eq!(names(&directory), ["a"]);
    }

    #[cfg(unix)]
    mod unix {
        use super::*;

        use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
        use std::process::Command;

        #[test]
        fn a_link_stays_and_its_file_is_replaced() {
            let directory = directory();
            let folder = directory.path().join("folder");
            fs::create_dir(&folder).unwrap();
            symlink("folder/file", directory.path().join("inner")).unwrap();
            symlink(directory.path().join("inner"), directory.path().join("outer")).unwrap();
            // first through a dangling link, then over a file
            for content in ["one", "two"] {
                write(directory.path().join("outer"), |out| out.write_all(content.as_bytes()))
                    .unwrap();
                assert_eq!(fs::read_to_string(folder.join("file")).unwrap(), content);
            }
            assert!(directory.path().join("inner").is_symlink());
            assert!(directory.path().join("outer").is_symlink());
            assert_eq!(names(&directory), ["folder", "inner", "outer"]);
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        }

        #[test]
        fn a_circle_of_links_is_refused() {
            let directory = directory();
            symlink("b", directory.path().join("a")).unwrap();
            symlink("a", directory.path().join("b")).unwrap();
            assert!(write(directory.path().join("a"), |_| Ok(())).is_err());
            assert_eq!(names(&directory), ["a", "b"]);
        }

        #[test]
        fn permissions_stay() {
            let directory = directory();
            let path = directory.path().join("a");
            fs::write(&path, "old").unwrap();
            for mode in [0o600, 0o664, 0o755] {
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
                write(&path, |out| out.write_all(b"new")).unwrap();
                assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode);
            }
        }

        #[test]
        fn new_files_have_the_usual_permissions() {
            let directory = directory();
            write(directory.path().join("ours"), |_| Ok(())).unwrap();
            File::create(directory.path().join("usual")).unwrap();
            let mode = |name| fs::metadata(directory.path().join(name)).unwrap().permissions();
            assert_eq!(mode("ours"), mode("usual"));
        }

        /// No device: whoever breaks this as the superuser would lose it.
        #[test]
        fn a_pipe_is_not_replaced() {
            let directory = directory();
            let path = directory.path().join("pipe");
            assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
            // There is a reader, so that opening it would not wait for one.
            let _reader = File::options().read(true).write(true).open(&path).unwrap();
            assert!(write(&path, |_| Ok(())).is_err());
            assert!(fs::metadata(&path).unwrap().file_type().is_fifo());
            assert_eq!(names(&directory), ["pipe"]);
        }

        /// The superuser may write everywhere, so there is nothing to see for that user.
        #[test]
        fn a_directory_or_file_without_permission_is_refused() {
            let directory = directory();
            let path = directory.path().join("a");
            fs::write(&path, "old").unwrap();
            for (locked, mode) in [(path.as_path(), 0o444), (directory.path(), 0o555)] {
                let before = fs::metadata(locked).unwrap().permissions();
                fs::set_permissions(locked, fs::Permissions::from_mode(mode)).unwrap();
                let probe = directory.path().join("probe");
                let privileged =
                    File::options().write(true).open(&path).is_ok() && File::create(probe).is_ok();
                let result = write(&path, |out| out.write_all(b"new"));
                fs::set_permissions(locked, before).unwrap();
                if privileged {
                    return;
                }
                assert!(result.is_err());
                assert_eq!(fs::read(&path).unwrap(), b"old");
                assert_eq!(names(&directory), ["a"]);
            }
        }
    }
}
