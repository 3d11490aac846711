//! `gluon verify`: whether files are whole.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use gluon_core::Error;
use gluon_core::persist::Format;

use crate::failure::{Failure, Outcome};
use crate::file;
use crate::progress::Progress;
use crate::statistics::elements;
use crate::text::{BAD, GOOD, WARN, count, escaped, grouped, label};

/// Reads files completely and says whether they are whole
#[derive(Args)]
#[command(after_help = "\
A .gluon file has a checksum for each array and .npz one for each member; of the other formats the
structure can be checked, but not the values. Elements that are infinite or no numbers are told,
and are no damage.

Examples:
  gluon verify backup/*.gluon && echo all whole")]
pub struct Verify {
    /// The files
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

impl Verify {
    pub fn run(&self, out: &mut dyn Write) -> Result<Outcome, Failure> {
        let (mut outcome, mut unread) = (Outcome::Well, Vec::new());
        for path in &self.files {
            let shown = path.display();
            match verify(path) {
                Ok(Whole { arrays, checked, notes }) => {
                    let what = if checked { "checksums match" } else { "structure is valid" };
                    let arrays = count(arrays, "array");
                    writeln!(out, "{GOOD}whole{GOOD:#}    {shown}: {arrays}, {what}")?;
                    for note in notes {
                        writeln!(out, "         {WARN}note:{WARN:#} {note}")?;
                    }
                }
                Err(Failure::File(error @ Error::Format { .. })) => {
                    outcome = Outcome::Differs;
                    writeln!(out, "{BAD}damaged{BAD:#}  {shown}: {error}")?;
                }
                // The other files are looked at first.
                Err(other) => unread.push(other),
            }
        }
        let Some(last) = unread.pop() else { return Ok(outcome) };
        out.flush()?;
        unread.iter().for_each(Failure::report);
        Err(last)
    }
}

/// What is known of a file that is whole.
struct Whole {
    arrays: usize,
    /// Whether the format has checksums of the elements.
    checked: bool,
    notes: Vec<String>,
}

fn verify(path: &Path) -> Result<Whole, Failure> {
    let (archive, checkpoint) = file::open(path)?;
    let progress = Progress::of(&[&archive]);
    let mut notes: Vec<String> = archive.notes().iter().map(ToString::to_string).collect();
    for item in archive.items().filter(|item| item.alias_of().is_none()) {
        let odd = elements(&progress.read(item)?).iter().filter(|x| !x.is_finite()).count();
        if odd > 0 {
            let of = grouped(item.shape().size());
            let name = escaped(&label(item));
            notes.push(format!("{odd} of {of} elements of `{name}` are not finite"));
        }
    }
    if let Some(checkpoint) = checkpoint {
        checkpoint.verify_state()?;
    }
    let checked = matches!(archive.format(), Format::Gluon | Format::Npz);
    Ok(Whole { arrays: archive.len(), checked, notes })
}
