//! `gluon diff`: how two files differ.

use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use gluon_core::Shape;
use gluon_core::persist::{Archive, Array, Item};
use serde::Serialize;

use crate::failure::{Failure, Outcome};
use crate::progress::Progress;
use crate::statistics::elements;
use crate::table::Table;
use crate::text::{GOOD, count, escaped, grouped, label, number};

/// Compares two files: names, shapes, types, and values within a tolerance
#[derive(Args)]
#[command(after_help = "\
Elements a and b are equal if |a - b| <= ATOL + RTOL * |b|; two that are no numbers are equal. The
formats may differ. Arrays of a list are compared by their place.

Examples:
  gluon diff best.gluon last.gluon
  gluon diff --any-dtype --rtol 1e-3 net.params small.safetensors")]
pub struct Diff {
    /// The first file
    a: PathBuf,
    /// The second file
    b: PathBuf,
    /// The difference that is allowed
    #[arg(long, default_value_t = 0.0, value_parser = tolerance)]
    atol: f64,
    /// The difference that is allowed, as a part of the element of B
    #[arg(long, default_value_t = 0.0, value_parser = tolerance)]
    rtol: f64,
    /// Do not compare element types
    #[arg(long)]
    any_dtype: bool,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

fn tolerance(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "expected a number".to_owned())?;
    if number >= 0.0 {
        Ok(number)
    } else {
        Err("expected a number that is not negative".to_owned())
    }
}

/// How an array differs.
#[derive(Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Difference {
    /// The second file lacks it.
    OnlyInA,
    /// The first file lacks it.
    OnlyInB,
    Shape {
        a: Vec<usize>,
        b: Vec<usize>,
    },
    Dtype {
        a: &'static str,
        b: &'static str,
    },
    Values(Values),
}

/// How far apart elements are that differ.
#[derive(Debug, PartialEq, Serialize)]
struct Values {
    /// How many differ by more than the tolerance.
    elements: usize,
    of: usize,
    /// The largest difference; infinite where only one is a finite number.
    largest: f64,
    /// Where that is, counted row by row.
    at: usize,
}

#[derive(Serialize)]
struct Line {
    name: String,
    #[serde(flatten)]
    difference: Difference,
}

impl Diff {
    pub fn run(&self, out: &mut dyn Write) -> Result<Outcome, Failure> {
        let [a, b] = [Archive::open(&self.a)?, Archive::open(&self.b)?];
        let lines = self.compare(&a, &b)?;
        if self.json {
            serde_json::to_writer_pretty(&mut *out, &lines)?;
            writeln!(out)?;
        } else if lines.is_empty() {
            writeln!(out, "{GOOD}equal{GOOD:#}: {}", count(a.len(), "array"))?;
        } else {
            let mut table = Table::new(&[("NAME", false), ("DIFFERENCE", false)]);
            for Line { name, difference } in &lines {
                table.row([escaped(name), difference.text()]);
            }
            table.write(out)?;
            let equal = a.len() - lines.iter().filter(|line| line.difference.is_of_a()).count();
            writeln!(
                out,
                "\n{} equal, {}",
                count(equal, "array"),
                count(lines.len(), "difference")
            )?;
        }
        Ok(if lines.is_empty() { Outcome::Well } else { Outcome::Differs })
    }

    fn compare(&self, a: &Archive, b: &Archive) -> Result<Vec<Line>, Failure> {
        let progress = Progress::of(&[a, b]);
        let mut others: HashMap<String, Item<'_>> =
            b.items().map(|item| (label(item), item)).collect();
        let mut lines = Vec::new();
        for item in a.items() {
            let name = label(item);
            let difference = match others.remove(&name) {
                Some(other) => self.difference(item, other, &progress)?,
                None => Some(Difference::OnlyInA),
            };
            lines.extend(difference.map(|difference| Line { name, difference }));
        }
        let rest = b.items().map(label).filter(|name| others.contains_key(name));
        lines.extend(rest.map(|name| Line { name, difference: Difference::OnlyInB }));
        Ok(lines)
    }

    fn difference(
        &self,
        a: Item<'_>,
        b: Item<'_>,
        progress: &Progress,
    ) -> Result<Option<Difference>, Failure> {
        if a.shape() != b.shape() {
            let [a, b] = [a, b].map(|item| item.shape().to_vec());
            return Ok(Some(Difference::Shape { a, b }));
        }
        if a.dtype() != b.dtype() && !self.any_dtype {
            let [a, b] = [a, b].map(|item| item.dtype().name());
            return Ok(Some(Difference::Dtype { a, b }));
        }
        let values = self.values(&progress.read(a)?, &progress.read(b)?);
        Ok(values.map(Difference::Values))
    }

    fn values(&self, a: &Array, b: &Array) -> Option<Values> {
        if a == b {
            return None;
        }
        // Elements of one type that is no float are equal exactly if their bytes are, also where
        // f64 cannot tell them apart.
        let size = a.dtype().size();
        let whole = a.dtype() == b.dtype() && !a.dtype().is_float();
        let differs_in_bytes = |i: usize| {
            let range = i * size..(i + 1) * size;
            whole && a.bytes()[range.clone()] != b.bytes()[range]
        };
        let mut values = Values { elements: 0, of: a.shape().size(), largest: 0.0, at: 0 };
        for (i, (x, y)) in elements(a).into_iter().zip(elements(b)).enumerate() {
            let distance = distance(x, y);
            let exact = self.atol == 0.0 && self.rtol == 0.0 && differs_in_bytes(i);
            // Nothing is near what is infinite or no number, whatever the tolerance.
            let allowed = if y.is_finite() { self.atol + self.rtol * y.abs() } else { 0.0 };
            if exact || distance > allowed {
                if values.elements == 0 || distance > values.largest {
                    (values.largest, values.at) = (distance, i);
                }
                values.elements += 1;
            }
        }
        (values.elements > 0).then_some(values)
    }
}

/// How far apart two elements are.
fn distance(a: f64, b: f64) -> f64 {
    match (a - b).abs() {
        _ if a == b || (a.is_nan() && b.is_nan()) => 0.0,
        distance if distance.is_nan() => f64::INFINITY,
        distance => distance,
    }
}

impl Difference {
    /// Whether it is about an array that the first file has.
    fn is_of_a(&self) -> bool {
        *self != Difference::OnlyInB
    }

    fn text(&self) -> String {
        match self {
            Difference::OnlyInA => "only in the first file".to_owned(),
            Difference::OnlyInB => "only in the second file".to_owned(),
            Difference::Shape { a, b } => format!("shape {} and {}", Shape::new(a), Shape::new(b)),
            Difference::Dtype { a, b } => format!("type {a} and {b}"),
            Difference::Values(Values { elements, of, largest, at }) => {
                let (elements, of, largest) = (grouped(*elements), grouped(*of), number(*largest));
                format!("{elements} of {of} elements, by {largest} at most, at {at}")
            }
        }
    }
}
