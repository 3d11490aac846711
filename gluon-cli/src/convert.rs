//! `gluon convert`: a file in another format, under other names, of another type.

use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use gluon_core::persist::{self, Archive, Array, Arrays, Format};
use gluon_core::{DType, Tensor};
use regex_lite::Regex;

use crate::failure::{Failure, Outcome};
use crate::file;
use crate::progress::Progress;
use crate::statistics::elements;
use crate::text::{WARN, count, escaped, label};

/// Writes a file in another format, under other names, or of another element type
#[derive(Args)]
#[command(after_help = "\
The extension of OUT says the format. Ties stay ties where the format knows them. The file is
written whole or not at all. The state of training in a .gluon file is not converted.

Examples:
  gluon convert mlp.params mlp.safetensors
  gluon convert --rename '^module\\.=' --rename 'fc(\\d)=dense$1' torch.safetensors net.params
  gluon convert --dtype float16 net.gluon small.safetensors")]
pub struct Convert {
    /// The file to read
    input: PathBuf,
    /// The file to write
    output: PathBuf,
    /// Replace what matches a regular expression in names; $1 stands for a group; repeatable, one
    /// after another
    #[arg(long, value_name = "PATTERN=REPLACEMENT", value_parser = rule)]
    rename: Vec<(Regex, String)>,
    /// The type of floating-point arrays in OUT: float32, float64, float16 or bfloat16
    #[arg(long, value_parser = float)]
    dtype: Option<DType>,
    /// Replace OUT if it exists
    #[arg(long)]
    force: bool,
}

/// The floating-point types.
const FLOATS: [DType; 4] = [DType::F32, DType::F64, DType::F16, DType::BF16];

fn rule(text: &str) -> Result<(Regex, String), String> {
    // The replacement may hold `=`; a pattern that needs one can say \x3d.
    let (pattern, replacement) = text.split_once('=').ok_or("expected PATTERN=REPLACEMENT")?;
    let regex = Regex::new(pattern).map_err(|error| error.to_string())?;
    Ok((regex, replacement.to_owned()))
}

fn float(text: &str) -> Result<DType, String> {
    let found = FLOATS.into_iter().find(|dtype| dtype.name() == text);
    found.ok_or_else(|| format!("expected one of {}", FLOATS.map(DType::name).join(", ")))
}

impl Convert {
    pub fn run(&self, out: &mut dyn Write) -> Result<Outcome, Failure> {
        if self.output.exists() && !self.force {
            let path = self.output.display();
            return Err(Failure::Request(format!("`{path}` exists; --force replaces it")));
        }
        let (archive, checkpoint) = file::open(&self.input)?;
        let mut overflows = 0;
        let arrays = self.arrays(&archive, &mut overflows)?;
        let is_training = checkpoint.is_some_and(|checkpoint| {
            checkpoint.optimizer().is_some() || checkpoint.keys().next().is_some()
        });
        persist::write(&self.output, &arrays)?;

        for note in archive.notes() {
            writeln!(out, "{WARN}note:{WARN:#} {note}")?;
        }
        if is_training {
            writeln!(out, "{WARN}note:{WARN:#} the state of training was left out")?;
        }
        if let (Some(dtype), 1..) = (self.dtype, overflows) {
            let elements = count(overflows, "element");
            writeln!(out, "{WARN}note:{WARN:#} {elements} too large for {dtype} became infinite")?;
        }
        let (path, format) = (self.output.display(), Format::of_path(&self.output));
        writeln!(out, "{path}: {format}, {}", count(arrays.len(), "array"))?;
        Ok(Outcome::Well)
    }

    /// What is to be written; counts finite elements that become infinite.
    fn arrays(&self, archive: &Archive, overflows: &mut usize) -> Result<Arrays, Failure> {
        let progress = Progress::of(&[archive]);
        let mut arrays: Vec<Array> = Vec::with_capacity(archive.len());
        for item in archive.items() {
            // Arrays of one storage stay so: that is what a tie is to the writers.
            let array = match item.alias_of() {
                Some(first) => arrays[first.index()].clone(),
                None => self.converted(progress.read(item)?, overflows),
            };
            arrays.push(array);
        }
        if archive.items().any(|item| item.name().is_none()) {
            if !self.rename.is_empty() {
                let text = format!(
                    "`{}` is a list: its arrays have no names to change",
                    self.input.display()
                );
                return Err(Failure::Request(text));
            }
            return Ok(Arrays::List(arrays));
        }
        let names = self.names(archive)?;
        Ok(Arrays::Dict(names.into_iter().zip(arrays).collect()))
    }

    fn converted(&self, array: Array, overflows: &mut usize) -> Array {
        match self.dtype {
            Some(dtype) if dtype != array.dtype() && FLOATS.contains(&array.dtype()) => {
                let converted = Array::from(Tensor::from(&array).to_dtype(dtype));
                let infinite = |array| elements(array).iter().filter(|x| x.is_infinite()).count();
                // What is infinite stays so.
                *overflows += infinite(&converted) - infinite(&array);
                converted
            }
            _ => array,
        }
    }

    fn names(&self, archive: &Archive) -> Result<Vec<String>, Failure> {
        let mut old: HashMap<String, String> = HashMap::new();
        let mut names = Vec::with_capacity(archive.len());
        for item in archive.items() {
            let name = self
                .rename
                .iter()
                .fold(item.name().unwrap_or_default().to_owned(), |name, (regex, new)| {
                    regex.replace_all(&name, new.as_str()).into_owned()
                });
            if let Some(other) = old.insert(name.clone(), label(item)) {
                let [one, other, name] = [&other, &label(item), &name].map(|name| escaped(name));
                let text = format!("`{one}` and `{other}` would both be `{name}`");
                return Err(Failure::Request(text));
            }
            names.push(name);
        }
        Ok(names)
    }
}
