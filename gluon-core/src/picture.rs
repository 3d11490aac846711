//! Pictures: lines, rectangles and text, written as SVG.

use std::fmt::{self, Write};
use std::path::Path;

use crate::error::{Error, Result};

/// A drawing, with its origin at the top left and lengths in pixels.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::picture::{Anchor, Picture};
///
/// let mut picture = Picture::new(100.0, 50.0);
/// picture.line(&[(0.0, 50.0), (50.0, 10.0), (100.0, 5.0)], "steelblue");
/// picture.text((50.0, 20.0), 12.0, Anchor::Middle, "accuracy > 0.9");
/// assert!(picture.to_string().contains("accuracy &gt; 0.9"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    size: (f64, f64),
    body: String,
}

/// Which part of a text stands at its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Anchor {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

impl Picture {
    /// An empty white picture.
    pub fn new(width: f64, height: f64) -> Picture {
        Picture { size: (width, height), body: String::new() }
    }

    /// Draws a filled rectangle from its top left corner; colours are those of CSS.
    pub fn rectangle(&mut self, (x, y): (f64, f64), size: (f64, f64), color: &str, opacity: f64) {
        let (width, height) = size;
        self.element(format_args!(
            r#"<rect x="{x:.2}" y="{y:.2}" width="{width:.2}" height="{height:.2}" fill="{}" opacity="{opacity:.3}" shape-rendering="crispEdges"/>"#,
            Escaped(color)
        ));
    }

    /// Draws a line through `points`.
    pub fn line(&mut self, points: &[(f64, f64)], color: &str) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.2},{y:.2}")).collect();
        self.element(format_args!(
            r#"<polyline points="{}" fill="none" stroke="{}" stroke-width="1.5"/>"#,
            points.join(" "),
            Escaped(color)
        ));
    }

    /// Writes `text` on a line that runs through a position.
    pub fn text(&mut self, (x, y): (f64, f64), size: f64, anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.element(format_args!(
            r#"<text x="{x:.2}" y="{y:.2}" font-size="{size}" font-family="sans-serif" text-anchor="{anchor}">{}</text>"#,
            Escaped(text)
        ));
    }

    /// Draws `columns` pixels a row from the top left corner, each a square of `side`: 0 is white
    /// and 1 is black.
    pub fn pixels(&mut self, (x, y): (f64, f64), side: f64, columns: usize, ink: &[f32]) {
        for (row, ink) in ink.chunks(columns.max(1)).enumerate() {
            for (column, &ink) in ink.iter().enumerate().filter(|(_, ink)| **ink > 0.004) {
                let corner = (x + side * column as f64, y + side * row as f64);
                self.rectangle(corner, (side, side), "black", f64::from(ink.min(1.0)));
            }
        }
    }

    fn element(&mut self, element: fmt::Arguments<'_>) {
        // Writing to memory does not fail.
        let _ = writeln!(self.body, "{element}");
    }

    /// Writes the picture to `path` as SVG.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        std::fs::write(path, self.to_string()).map_err(Error::io("write", path))
    }
}

/// The text of the SVG.
impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (width, height) = self.size;
        writeln!(
            f,
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">"#
        )?;
        writeln!(f, r#"<rect width="100%" height="100%" fill="white"/>"#)?;
        f.write_str(&self.body)?;
        f.write_str("</svg>\n")
    }
}

/// Text in which nothing is taken for markup.
pub(crate) struct Escaped<'t>(pub(crate) &'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '&' => f.write_str("&amp;"),
            '"' => f.write_str("&quot;"),
            c => f.write_char(c),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_elements_in_order_and_text_is_no_markup() {
        let mut picture = Picture::new(20.0, 10.0);
        picture.rectangle((1.0, 2.0), (3.0, 4.0), "red", 0.5);
        picture.line(&[(0.0, 1.0), (2.0, 3.5)], "\"/>");
        picture.text((5.0, 6.0), 7.0, Anchor::End, "<a & b>");
        picture.pixels((0.0, 0.0), 2.0, 2, &[0.0, 1.0, 0.25, 0.0]);
        let text = picture.to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].ends_with(r#"width="20" height="10" viewBox="0 0 20 10">"#));
        assert_eq!(
            lines[2],
            r#"<rect x="1.00" y="2.00" width="3.00" height="4.00" fill="red" opacity="0.500" shape-rendering="crispEdges"/>"#
        );
        assert!(lines[3].contains(r#"points="0.00,1.00 2.00,3.50""#));
        assert!(lines[3].contains(r#"stroke="&quot;/&gt;""#));
        assert!(lines[4].contains(r#"text-anchor="end">&lt;a &amp; b&gt;</text>"#));
        assert!(lines[5].contains(r#"<rect x="2.00" y="0.00""#) && lines[5].contains("1.000"));
        assert!(lines[6].contains(r#"<rect x="0.00" y="2.00""#) && lines[6].contains("0.250"));
        assert_eq!((lines.len(), lines[7]), (8, "</svg>"));
    }
}
