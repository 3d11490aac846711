//! Draws how time grows with batch, width and depth, one panel each, on logarithmic axes.
//!
//! ```text
//! python3 compare.py --only growth --lines growth.tsv gluon=target/release/gluon-peers other=..
//! target/release/picture growth.tsv growth.svg
//! ```

use std::error::Error;
use std::fs;

use gluon::picture::{Anchor, Picture};

/// The first part of a variant and what it stands for: a row of panels.
const PASSES: [(&str, &str); 2] = [("fwd", "forward pass"), ("train", "training step")];
/// The second part of a variant and what it stands for: a column of panels.
const SIZES: [(&str, &str); 3] = [
    ("batch", "batch of the MLP 784-256-10"),
    ("width", "width of two layers, batch 32"),
    ("depth", "layers of 64, batch 16"),
];
const COLORS: [&str; 4] = ["royalblue", "darkorange", "seagreen", "firebrick"];
const GRID: &str = "gainsboro";

/// Width and height of a panel, and the space to its left and above it.
const PANEL: (f64, f64) = (270.0, 200.0);
const SPACE: (f64, f64) = (64.0, 56.0);

/// A measurement: `variant` without its size, such as `fwd_batch`.
struct Point {
    peer: String,
    variant: String,
    size: f64,
    micros: f64,
}

/// A logarithmic scale from a range of values to a range of pixels.
struct Scale {
    values: (f64, f64),
    pixels: (f64, f64),
}

impl Scale {
    fn at(&self, value: f64) -> f64 {
        let (low, high) = self.values;
        self.pixels.0 + (self.pixels.1 - self.pixels.0) * (value / low).ln() / (high / low).ln()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, lines, file] = arguments.as_slice() else {
        return Err("needs two words: the file of lines and the file of the picture".into());
    };
    let points: Vec<Point> = fs::read_to_string(lines)?.lines().filter_map(point).collect();
    picture(&points).save(file)?;
    Ok(())
}

/// The measurement of a line, if it is a time of `growth`.
fn point(line: &str) -> Option<Point> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [peer, "growth", variant, "time_med", micros, _] = fields.as_slice() else {
        return None;
    };
    let (variant, _) = variant.split_once('@')?;
    let (variant, size) = variant.split_at(variant.find(|c: char| c.is_ascii_digit())?);
    Some(Point {
        peer: (*peer).to_owned(),
        variant: variant.to_owned(),
        size: size.parse().ok()?,
        micros: micros.parse().ok()?,
    })
}

fn picture(points: &[Point]) -> Picture {
    let mut peers: Vec<&str> = Vec::new();
    for point in points {
        if !peers.contains(&point.peer.as_str()) {
            peers.push(&point.peer);
        }
    }
    let least = points.iter().map(|point| point.micros).fold(f64::INFINITY, f64::min);
    let most = points.iter().map(|point| point.micros).fold(0.0, f64::max);
    let decades = least.log10().floor() as i32..=most.log10().ceil() as i32;

    let cell = (PANEL.0 + SPACE.0, PANEL.1 + SPACE.1);
    let mut picture = Picture::new(3.0 * cell.0 + 20.0, 2.0 * cell.1 + 40.0);
    for (i, peer) in peers.iter().enumerate() {
        let x = SPACE.0 + 110.0 * i as f64;
        picture.line(&[(x, 16.0), (x + 20.0, 16.0)], COLORS[i % COLORS.len()]);
        picture.text((x + 26.0, 20.0), 13.0, Anchor::Start, peer);
    }
    for (row, (pass, pass_title)) in PASSES.iter().enumerate() {
        for (column, (name, size_title)) in SIZES.iter().enumerate() {
            let left = SPACE.0 + cell.0 * column as f64;
            let top = SPACE.1 + cell.1 * row as f64;
            let (right, bottom) = (left + PANEL.0, top + PANEL.1);
            picture.text(
                (left, top - 8.0),
                13.0,
                Anchor::Start,
                &format!("{pass_title}: {size_title}"),
            );

            let ends = (10f64.powi(*decades.start()), 10f64.powi(*decades.end()));
            let y = Scale { values: ends, pixels: (bottom, top) };
            for decade in decades.clone() {
                let value = 10f64.powi(decade);
                picture.line(&[(left, y.at(value)), (right, y.at(value))], GRID);
                picture.text((left - 6.0, y.at(value) + 4.0), 11.0, Anchor::End, &time(value));
            }
            let variant = format!("{pass}_{name}");
            let here = || points.iter().filter(|point| point.variant == variant);
            let sizes = || here().map(|point| point.size);
            let ends = (sizes().fold(f64::INFINITY, f64::min), sizes().fold(0.0, f64::max));
            let x = Scale { values: ends, pixels: (left + 14.0, right - 14.0) };
            for point in here().filter(|point| point.peer == peers[0]) {
                let x = x.at(point.size);
                picture.line(&[(x, top), (x, bottom)], GRID);
                picture.text((x, bottom + 15.0), 11.0, Anchor::Middle, &point.size.to_string());
            }
            for (i, peer) in peers.iter().enumerate() {
                let of_peer = here().filter(|point| point.peer == *peer);
                let line: Vec<_> =
                    of_peer.map(|point| (x.at(point.size), y.at(point.micros))).collect();
                let color = COLORS[i % COLORS.len()];
                picture.line(&line, color);
                for (x, y) in line {
                    picture.rectangle((x - 2.0, y - 2.0), (4.0, 4.0), color, 1.0);
                }
            }
        }
    }
    picture
}

/// A time in words.
fn time(micros: f64) -> String {
    match micros {
        1e6.. => format!("{} s", micros / 1e6),
        1e3.. => format!("{} ms", micros / 1e3),
        _ => format!("{micros} µs"),
    }
}
