//! Histories: how training went, epoch by epoch.

use std::fmt::{self, Write};
use std::path::Path;

use crate::error::Result;
use crate::persist::atomic;
use crate::picture::{Anchor, Picture};

/// What an epoch measured on one set of data.
#[derive(Clone, Debug, PartialEq)]
pub struct Measures {
    /// The mean loss of all samples.
    pub loss: f64,
    /// The value of each metric, in the order of [`History::metrics`].
    pub metrics: Vec<f64>,
}

/// One epoch of training.
#[derive(Clone, Debug, PartialEq)]
pub struct Epoch {
    /// Its number, from 0.
    pub number: u64,
    /// The learning rate of its last step.
    pub rate: f64,
    /// What was measured while training.
    pub training: Measures,
    /// What was measured on the data of validation, if there are any.
    pub validation: Option<Measures>,
    /// How long it took, validation included.
    pub seconds: f64,
}

/// How training went, epoch by epoch: to be printed, written as CSV and drawn.
///
/// With the feature `checkpoint`, serde knows it as a tuple of its fields in this order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The names of the metrics.
    pub metrics: Vec<String>,
    /// The epochs in order.
    pub epochs: Vec<Epoch>,
    /// The number of the best epoch, if there are any.
    pub best: Option<u64>,
}

#[cfg(feature = "checkpoint")]
crate::persist::tuple::as_tuple! {
    Measures { loss, metrics }
    Epoch { number, rate, training, validation, seconds }
    History { metrics, epochs, best }
}

impl Epoch {
    /// What it measured in training and in validation.
    fn measures(&self) -> [Option<&Measures>; 2] {
        [Some(&self.training), self.validation.as_ref()]
    }

    /// What tells how good it is: that of validation if there is any.
    pub(super) fn decisive(&self) -> &Measures {
        self.validation.as_ref().unwrap_or(&self.training)
    }
}

impl History {
    /// The best epoch, if there are any.
    pub fn best(&self) -> Option<&Epoch> {
        self.epochs.iter().find(|epoch| Some(epoch.number) == self.best)
    }

    /// The loss and each metric: its name and its value among measures, if it has one there.
    fn curves(&self) -> impl Iterator<Item = (&str, impl Fn(&Measures) -> Option<f64>)> {
        let names = std::iter::once("loss").chain(self.metrics.iter().map(String::as_str));
        names.enumerate().map(|(index, name)| {
            let value = move |measures: &Measures| match index {
                0 => Some(measures.loss),
                index => measures.metrics.get(index - 1).copied(),
            };
            (name, value)
        })
    }

    /// The epochs as CSV: a header and a line each, with empty fields for what there is not.
    pub fn to_csv(&self) -> String {
        let mut text = "epoch,rate".to_owned();
        for (name, _) in self.curves() {
            // Names of metrics are ours or a user's, who may put anything in them.
            let name = name.replace(['"', ',', '\n', '\r'], " ");
            let _ = write!(text, ",{name},validation {name}");
        }
        text.push_str(",seconds\n");
        for epoch in &self.epochs {
            let _ = write!(text, "{},{}", epoch.number, epoch.rate);
            for (_, value) in self.curves() {
                for measures in epoch.measures() {
                    let value = measures.and_then(&value).map(|value| value.to_string());
                    let _ = write!(text, ",{}", value.unwrap_or_default());
                }
            }
            let _ = writeln!(text, ",{:.3}", epoch.seconds);
        }
        text
    }

    /// Writes the epochs to `path` as CSV, [atomically](atomic::write).
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) if the file cannot be written.
    pub fn save_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        atomic::write(path, |out| out.write_all(self.to_csv().as_bytes()))
    }

    /// The learning curves: one diagram for the loss and one for each metric, training in blue and
    /// validation in orange. Where the largest number is more than 30 times the smallest, and that
    /// is positive, the scale is logarithmic.
    pub fn picture(&self) -> Picture {
        const WIDTH: f64 = 360.0;
        const HEIGHT: f64 = 220.0;
        let curves: Vec<_> = self.curves().collect();
        let mut picture = Picture::new(WIDTH * curves.len() as f64, HEIGHT);
        for (index, (name, value)) in curves.iter().enumerate() {
            let (left, right) = (WIDTH * index as f64 + 56.0, WIDTH * (index + 1) as f64 - 12.0);
            let (top, bottom) = (32.0, HEIGHT - 28.0);
            let lines = [0, 1].map(|set| -> Vec<(f64, f64)> {
                let at =
                    |epoch: &Epoch| Some((epoch.number as f64, value(epoch.measures()[set]?)?));
                self.epochs.iter().filter_map(at).filter(|(_, y)| y.is_finite()).collect()
            });
            let points = || lines.iter().flatten();
            let [x0, x1] = range(points().map(|p| p.0));
            let [y0, y1] = range(points().map(|p| p.1));
            let scale = if y0 > 0.0 && y1 > 30.0 * y0 { f64::ln } else { |y| y };
            picture.text(((left + right) / 2.0, 18.0), 13.0, Anchor::Middle, name);
            for (value, y) in [(y1, top), (y0, bottom)] {
                picture.line(&[(left, y), (right, y)], "lightgray");
                picture.text((left - 4.0, y + 4.0), 11.0, Anchor::End, &short(value));
            }
            for (value, x, anchor) in [(x0, left, Anchor::Start), (x1, right, Anchor::End)] {
                picture.text((x, bottom + 16.0), 11.0, anchor, &format!("{value:.0}"));
            }
            for (line, color) in lines.iter().zip(["steelblue", "darkorange"]) {
                let place = |&(x, y): &(f64, f64)| {
                    let share = (scale(y) - scale(y0)) / (scale(y1) - scale(y0));
                    (left + (right - left) * (x - x0) / (x1 - x0), bottom - (bottom - top) * share)
                };
                picture.line(&line.iter().map(place).collect::<Vec<_>>(), color);
            }
        }
        picture
    }
}

/// A number with four digits, more or less.
fn short(value: f64) -> String {
    let magnitude = value.abs().max(1e-3).log10().floor() as isize;
    format!("{value:.*}", (3 - magnitude).clamp(0, 6) as usize)
}

/// The smallest and the largest value, never equal.
fn range(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let [low, high] =
        values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], v| [low.min(v), high.max(v)]);
    match low < high {
        true => [low, high],
        false if low.is_finite() => [low - 0.5, low + 0.5],
        false => [0.0, 1.0],
    }
}

/// A line for each epoch.
impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.metrics.iter().map(String::as_str).collect();
        self.epochs.iter().try_for_each(|epoch| writeln!(f, "{}", Line { epoch, names: &names }))
    }
}

/// One epoch as a line.
pub(super) struct Line<'h> {
    pub(super) epoch: &'h Epoch,
    pub(super) names: &'h [&'h str],
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Epoch { number, rate, training, validation, seconds } = self.epoch;
        write!(f, "epoch {number:>3}: {}", training.named(self.names))?;
        if let Some(validation) = validation {
            write!(f, " | validation: {}", validation.named(self.names))?;
        }
        write!(f, " | rate {rate:.3e}, {seconds:.1} s")
    }
}

impl Measures {
    /// `loss 0.1234, accuracy 0.9876`
    fn named(&self, names: &[&str]) -> String {
        let metrics = names.iter().zip(&self.metrics);
        let metrics = metrics.map(|(name, value)| format!(", {name} {value:.4}"));
        format!("loss {:.4}{}", self.loss, metrics.collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history() -> History {
        let epoch = |number: u64, loss: f64, validation: Option<f64>| Epoch {
            number,
            rate: 0.1,
            training: Measures { loss, metrics: vec![loss * 2.0] },
            validation: validation.map(|loss| Measures { loss, metrics: vec![f64::NAN] }),
            seconds: 1.25,
        };
        let epochs = vec![epoch(0, 1.0, Some(3.0)), epoch(1, 0.5, None)];
        History { metrics: vec!["a,b".to_owned()], epochs, best: Some(1) }
    }

    #[test]
    fn a_history_prints_as_lines_and_as_csv() {
        assert_eq!(
            history().to_string().lines().next().unwrap(),
            "epoch   0: loss 1.0000, a,b 2.0000 | validation: loss 3.0000, a,b NaN | rate 1.000e-1, 1.2 s"
        );
        assert_eq!(
            history().to_csv(),
            "epoch,rate,loss,validation loss,a b,validation a b,seconds\n\
             0,0.1,1,3,2,NaN,1.250\n1,0.1,0.5,,1,,1.250\n"
        );
        assert_eq!(history().best().unwrap().number, 1);
    }

    /// By postcard's specification: lengths and whole numbers in groups of seven bits, the lowest first.
    #[cfg(feature = "checkpoint")]
    #[test]
    fn its_bytes_are_its_fields_in_order() {
        let epoch = Epoch {
            number: 300,
            rate: 0.5,
            training: Measures { loss: 1.0, metrics: vec![2.0] },
            validation: Some(Measures { loss: 4.0, metrics: vec![] }),
            seconds: 0.25,
        };
        let history = History { metrics: vec!["f".to_owned()], epochs: vec![epoch], best: None };
        let number = |x: f64| x.to_le_bytes().to_vec();
        let expected = [
            vec![1, 1, b'f', 1, 0xAC, 0x02],
            number(0.5),
            number(1.0),
            vec![1],
            number(2.0),
            vec![1],
            number(4.0),
            vec![0],
            number(0.25),
            vec![0],
        ];
        let bytes = postcard::to_allocvec(&history).unwrap();
        assert_eq!(bytes, expected.concat());
        assert_eq!(postcard::from_bytes::<History>(&bytes).unwrap(), history);
    }

    #[test]
    fn curves_fill_their_diagram() {
        let picture = history().picture().to_string();
        // The loss: training falls from 1 to 0.5, validation is the one point 3 at the top left.
        assert!(picture.contains(r#"points="56.00,160.00 348.00,192.00""#), "{picture}");
        assert!(picture.contains(r#"points="56.00,32.00""#), "{picture}");
        assert!(picture.contains(">3.000</text>") && picture.contains(">0.5000</text>"));
        // By logarithms, 10 is halfway from 1 to 100.
        let mut steep = history();
        for (epoch, loss) in steep.epochs.iter_mut().zip([100.0, 10.0]) {
            epoch.training.loss = loss;
            epoch.validation = None;
        }
        steep.epochs.push(Epoch { number: 2, ..steep.epochs[1].clone() });
        steep.epochs[2].training.loss = 1.0;
        let picture = steep.picture().to_string();
        assert!(
            picture.contains(r#"points="56.00,32.00 202.00,112.00 348.00,192.00""#),
            "{picture}"
        );
        assert!(picture.contains(">100.0</text>"));
        assert!(History::default().picture().to_string().contains("loss"));
    }
}
