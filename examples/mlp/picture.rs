//! Digits with their predicted classes, as an SVG.

use std::fmt::Write;
use std::path::Path;

use gluon::prelude::*;

const COLUMNS: usize = 10;
const ROWS: usize = 5;
const SIDE: usize = 28;
const CELL: usize = 40;

/// Draws the first digits of `images` (`[n, 784]`), each with its predicted class below it, green if
/// it is the label and red if it is not.
pub fn draw(
    path: &Path,
    images: &Tensor,
    prediction: &Tensor,
    label: &Tensor,
) -> Result<(), Box<dyn std::error::Error>> {
    let count = (COLUMNS * ROWS).min(images.shape()[0]);
    let pixels = images.slice(0, ..count)?.to_vec::<f32>()?;
    let classes = prediction.slice(0, ..count)?.argmax(1)?.to_vec::<i64>()?;
    let labels = label.slice(0, ..count)?.to_dtype(DType::I64).to_vec::<i64>()?;

    let (width, height) = (COLUMNS * CELL, ROWS * (CELL + 12));
    let mut svg = String::new();
    writeln!(svg, r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">"#)?;
    writeln!(svg, r#"<rect width="100%" height="100%" fill="white"/>"#)?;
    for (index, digit) in pixels.chunks_exact(SIDE * SIDE).enumerate() {
        let (left, top) = (index % COLUMNS * CELL + 6, index / COLUMNS * (CELL + 12) + 4);
        writeln!(svg, r#"<g transform="translate({left} {top})">"#)?;
        for (y, row) in digit.chunks_exact(SIDE).enumerate() {
            for (x, &ink) in row.iter().enumerate().filter(|(_, ink)| **ink > 0.05) {
                writeln!(svg, r#"<path d="M{x} {y}h1v1h-1z" opacity="{ink:.2}"/>"#)?;
            }
        }
        let color = if classes[index] == labels[index] { "green" } else { "red" };
        let class = classes[index];
        writeln!(
            svg,
            r#"<text x="14" y="40" font-size="11" text-anchor="middle" fill="{color}">{class}</text>"#
        )?;
        writeln!(svg, "</g>")?;
    }
    writeln!(svg, "</svg>")?;
    std::fs::write(path, svg)?;
    Ok(())
}
