//! `gluon inspect`: what a file holds.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use gluon_core::Shape;
use gluon_core::persist::Item;
use gluon_core::train::Checkpoint;
use serde::Serialize;

use crate::failure::{Failure, Outcome};
use crate::file;
use crate::progress::Progress;
use crate::statistics::Statistics;
use crate::table::Table;
use crate::text::{DIM, HEAD, WARN, bytes, count, escaped, grouped, label, number};

/// Shows what a file holds: names, shapes, types, ties and totals
#[derive(Args)]
#[command(after_help = "Examples:
  gluon inspect mlp.params
  gluon inspect --stats last.gluon
  gluon inspect --json mlp.safetensors | jq '.arrays[].name'")]
pub struct Inspect {
    /// The file
    file: PathBuf,
    /// Read the elements too, and show their least, largest and mean value and their spread
    #[arg(long)]
    stats: bool,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

/// All that is shown.
#[derive(Serialize)]
struct Listing {
    path: String,
    format: &'static str,
    /// The number of elements, those of ties counted once.
    elements: usize,
    bytes: usize,
    arrays: Vec<Line>,
    notes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    training: Option<Training>,
}

#[derive(Serialize)]
struct Line {
    name: String,
    shape: Vec<usize>,
    dtype: &'static str,
    bytes: usize,
    tied_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statistics: Option<Statistics>,
}

/// What a checkpoint holds besides its arrays.
#[derive(Serialize)]
struct Training {
    step: u64,
    seed: Option<u64>,
    optimizer: Option<String>,
    learning_rate: Option<f64>,
    keys: Vec<String>,
}

impl Inspect {
    pub fn run(&self, out: &mut dyn Write) -> Result<Outcome, Failure> {
        let listing = self.listing()?;
        if self.json {
            serde_json::to_writer_pretty(&mut *out, &listing)?;
            writeln!(out)?;
        } else {
            listing.write(out, self.stats)?;
        }
        Ok(Outcome::Well)
    }

    fn listing(&self) -> Result<Listing, Failure> {
        let (archive, checkpoint) = file::open(&self.file)?;
        let progress = Progress::of(&[&archive]);
        let line = |item: Item<'_>| -> Result<Line, Failure> {
            let statistics = if self.stats { Statistics::of(&progress.read(item)?) } else { None };
            Ok(Line {
                name: label(item),
                shape: item.shape().to_vec(),
                dtype: item.dtype().name(),
                bytes: item.byte_len(),
                tied_to: item.alias_of().map(label),
                statistics,
            })
        };
        let arrays = archive.items().map(line).collect::<Result<Vec<_>, _>>()?;
        let once = || archive.items().filter(|item| item.alias_of().is_none());
        Ok(Listing {
            path: self.file.display().to_string(),
            format: archive.format().name(),
            elements: once().map(|item| item.shape().size()).sum(),
            bytes: once().map(Item::byte_len).sum(),
            arrays,
            notes: archive.notes().iter().map(ToString::to_string).collect(),
            training: checkpoint.as_ref().and_then(Training::of),
        })
    }
}

impl Training {
    /// What `checkpoint` holds besides a model, if it holds anything.
    fn of(checkpoint: &Checkpoint) -> Option<Training> {
        let training = Training {
            step: checkpoint.step(),
            seed: checkpoint.seed(),
            optimizer: checkpoint.optimizer().map(str::to_owned),
            learning_rate: checkpoint.learning_rate(),
            keys: checkpoint.keys().map(str::to_owned).collect(),
        };
        let Training { step, seed, optimizer, keys, .. } = &training;
        let empty = *step == 0 && seed.is_none() && optimizer.is_none() && keys.is_empty();
        (!empty).then_some(training)
    }
}

impl Listing {
    fn write(&self, out: &mut dyn Write, stats: bool) -> Result<(), Failure> {
        let (path, format) = (&self.path, self.format);
        let ties = self.arrays.iter().filter(|line| line.tied_to.is_some()).count();
        write!(out, "{HEAD}{path}{HEAD:#}: {format}, {}", count(self.arrays.len(), "array"))?;
        if ties > 0 {
            write!(out, " ({} tied)", grouped(ties))?;
        }
        writeln!(out, ", {}, {}", count(self.elements, "element"), bytes(self.bytes))?;
        if let Some(training) = &self.training {
            training.write(out)?;
        }
        for note in &self.notes {
            writeln!(out, "{WARN}note:{WARN:#} {note}")?;
        }
        if self.arrays.is_empty() {
            return Ok(());
        }
        let mut columns =
            vec![("NAME", false), ("SHAPE", false), ("DTYPE", false), ("BYTES", true)];
        if stats {
            columns.extend([("MIN", true), ("MAX", true), ("MEAN", true), ("STD", true)]);
            columns.extend([("ZEROS", true), ("NOT FINITE", true)]);
        }
        columns.push(("", false));
        let mut table = Table::new(&columns);
        for line in &self.arrays {
            table.row(line.cells(stats));
        }
        writeln!(out)?;
        Ok(table.write(out)?)
    }
}

impl Training {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        write!(out, "{DIM}step {}", self.step)?;
        if let Some(seed) = self.seed {
            write!(out, ", seed {seed}")?;
        }
        if let (Some(optimizer), Some(rate)) = (&self.optimizer, self.learning_rate) {
            write!(out, ", {optimizer} with learning rate {rate}")?;
        }
        if !self.keys.is_empty() {
            let keys: Vec<String> = self.keys.iter().map(|key| escaped(key)).collect();
            write!(out, ", values: {}", keys.join(", "))?;
        }
        writeln!(out, "{DIM:#}")
    }
}

impl Line {
    fn cells(&self, stats: bool) -> Vec<String> {
        let shape = Shape::new(&self.shape).to_string();
        let mut cells = vec![escaped(&self.name), shape, self.dtype.to_owned(), bytes(self.bytes)];
        match self.statistics {
            Some(Statistics { min, max, mean, std, zeros, not_finite }) => {
                cells.extend([min, max, mean, std].map(number));
                cells.extend([zeros, not_finite].map(grouped));
            }
            None if stats => cells.extend(std::iter::repeat_n("-".to_owned(), 6)),
            None => {}
        }
        cells.push(
            self.tied_to.as_ref().map(|name| format!("= {}", escaped(name))).unwrap_or_default(),
        );
        cells
    }
}
