//! Drawings: a model as nested boxes, with its ties, for Mermaid, Graphviz and browsers.

use std::fmt::Write;

use super::Block;
use super::visit::{Place, Root, Visitor, Walk};
use crate::parameter::Parameter;
use crate::picture::Escaped;

/// A model as nested boxes: a line of text for each layer and each parameter of one's own, a frame
/// around the parts of a block, a dashed line between places that share parameters.
///
/// Arrows lead through a `Sequential`; in what order other blocks compute, only their `forward`
/// knows. [`Block::drawing`] makes one.
#[derive(Clone, Debug)]
pub struct Drawing {
    boxes: Vec<Item>,
    ties: Vec<Tie>,
}

#[derive(Clone, Debug)]
struct Item {
    text: String,
    path: String,
    parent: Option<usize>,
    /// Whether others stand in it.
    frame: bool,
    /// Whether what stands in it runs in order.
    sequence: bool,
}

/// Two boxes that share the parameters of these names.
#[derive(Clone, Debug)]
struct Tie {
    from: usize,
    to: usize,
    names: Vec<String>,
}

pub(super) fn drawing(root: Root<'_, '_>) -> Drawing {
    let mut painter = Painter::default();
    Walk::lead(root, None, &mut painter);
    Drawing { boxes: painter.boxes, ties: painter.ties }
}

#[derive(Default)]
struct Painter<'a> {
    boxes: Vec<Item>,
    ties: Vec<Tie>,
    /// For each open block its box, or that of the layer that it is a part of.
    open: Vec<(usize, bool)>,
    places: Vec<(&'a Parameter, usize)>,
}

impl Painter<'_> {
    fn add(&mut self, place: &Place<'_>, text: String) -> usize {
        let parent = self.open.last().map(|&(parent, _)| parent);
        let path = place.path().to_owned();
        let name = match parent {
            Some(parent) => path[self.boxes[parent].path.len()..].trim_start_matches('.'),
            None => &path,
        };
        let text = if name.is_empty() { text } else { format!("{name}: {text}") };
        self.boxes.push(Item { text, path, parent, frame: false, sequence: false });
        if let Some(parent) = parent {
            self.boxes[parent].frame = true;
        }
        self.boxes.len() - 1
    }
}

impl<'a> Visitor<'a> for Painter<'a> {
    fn enter(&mut self, place: &Place<'_>, block: &'a dyn Block) {
        let (index, whole) = match self.open.last() {
            Some(&(index, true)) => (index, true),
            _ => {
                let line = block.describe();
                let whole = line.is_some();
                let index = self.add(place, line.unwrap_or_else(|| block.type_name().to_owned()));
                self.boxes[index].sequence = block.type_name() == "Sequential";
                (index, whole)
            }
        };
        self.open.push((index, whole));
    }

    fn leave(&mut self, _: &Place<'_>, _: &'a dyn Block) {
        self.open.pop();
    }

    fn parameter(&mut self, place: &Place<'_>, parameter: &'a Parameter) {
        let here = match self.open.last() {
            Some(&(index, true)) => index,
            _ => {
                let kind = if parameter.is_constant() { "Constant" } else { "Parameter" };
                self.add(place, format!("{kind} {}", parameter.shape()))
            }
        };
        let first = self.places.iter().find(|(known, _)| known.is_same(parameter));
        let Some(&(_, first)) = first else { return self.places.push((parameter, here)) };
        let name = place.path()[self.boxes[here].path.len()..].trim_start_matches('.').to_owned();
        match self.ties.iter_mut().find(|tie| (tie.from, tie.to) == (first, here)) {
            Some(tie) => tie.names.push(name),
            None => self.ties.push(Tie { from: first, to: here, names: vec![name] }),
        }
    }
}

impl Tie {
    fn label(&self) -> String {
        self.names.join(", ")
    }
}

impl Drawing {
    /// Neighbouring boxes that are no frames, and whether one computes what the next one gets.
    fn neighbours(&self) -> impl Iterator<Item = (usize, usize, bool)> {
        let leaves: Vec<usize> =
            (0..self.boxes.len()).filter(|&index| !self.boxes[index].frame).collect();
        let pairs: Vec<_> = leaves.windows(2).map(|pair| (pair[0], pair[1])).collect();
        pairs.into_iter().map(|(a, b)| {
            let above = self.frames(b);
            let common = self.frames(a).into_iter().find(|frame| above.contains(frame));
            (a, b, common.is_some_and(|frame| self.boxes[frame].sequence))
        })
    }

    /// The frames around a box, the innermost first.
    fn frames(&self, index: usize) -> Vec<usize> {
        std::iter::successors(self.boxes[index].parent, |&index| self.boxes[index].parent).collect()
    }

    /// Writes every box, and `close` after what stands in a frame.
    fn nest(&self, text: &mut String, open: impl Fn(usize, &Item) -> String, close: &str) {
        let mut frames: Vec<usize> = Vec::new();
        let end = |text: &mut String, depth: usize| {
            let _ = writeln!(text, "{}{close}", "  ".repeat(depth));
        };
        for (index, this) in self.boxes.iter().enumerate() {
            while let Some(&last) = frames.last()
                && this.parent != Some(last)
            {
                frames.pop();
                end(text, frames.len() + 1);
            }
            let _ = writeln!(text, "{}{}", "  ".repeat(frames.len() + 1), open(index, this));
            if this.frame {
                frames.push(index);
            }
        }
        for depth in (0..frames.len()).rev() {
            end(text, depth + 1);
        }
    }

    /// The drawing as a Mermaid flowchart, which Markdown on many sites shows.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// use gluon::{Block, nn::Dense, sequential};
    ///
    /// let net = sequential![a: Dense::new(8), #[shared(a)] _];
    /// let text = net.drawing().mermaid();
    /// assert!(text.contains(r#"b1["0: Dense(None -> 8, linear)"]"#));
    /// assert!(text.contains(r#"b1 -. "weight, bias" .- b2"#));
    /// ```
    pub fn mermaid(&self) -> String {
        let mut text = "flowchart TB\n".to_owned();
        let quoted = |text: &str| text.replace('"', "#quot;");
        let open = |index: usize, this: &Item| match this.frame {
            true => format!("subgraph b{index}[\"{}\"]", quoted(&this.text)),
            false => format!("b{index}[\"{}\"]", quoted(&this.text)),
        };
        self.nest(&mut text, open, "end");
        for (a, b, flows) in self.neighbours() {
            let _ = writeln!(text, "  b{a} {} b{b}", if flows { "-->" } else { "~~~" });
        }
        for tie in &self.ties {
            let _ =
                writeln!(text, "  b{} -. \"{}\" .- b{}", tie.from, quoted(&tie.label()), tie.to);
        }
        text
    }

    /// The drawing in the language of Graphviz: `dot -Tpdf`.
    pub fn dot(&self) -> String {
        let mut text = "digraph model {\n  node [shape=box];\n".to_owned();
        let open = |index: usize, this: &Item| match this.frame {
            true => format!("subgraph cluster_{index} {{ label={:?};", this.text),
            false => format!("b{index} [label={:?}];", this.text),
        };
        self.nest(&mut text, open, "}");
        for (a, b, flows) in self.neighbours() {
            let _ = writeln!(text, "  b{a} -> b{b}{};", if flows { "" } else { " [style=invis]" });
        }
        for tie in &self.ties {
            let style = "style=dashed, dir=none, constraint=false";
            let (from, to, label) = (tie.from, tie.to, tie.label());
            let _ = writeln!(text, "  b{from} -> b{to} [label={label:?}, {style}];");
        }
        text + "}\n"
    }

    /// The drawing as an SVG image: a line for each box, ties at the right.
    pub fn svg(&self) -> String {
        const LINE: usize = 30;
        const STEP: usize = 16;
        let depth = |index: usize| self.frames(index).len();
        let letters = |this: &Item| this.text.chars().count();
        let text_end = self.boxes.iter().enumerate().map(|(i, b)| STEP * depth(i) + 8 * letters(b));
        let deepest = (0..self.boxes.len()).map(depth).max().unwrap_or(0);
        let right = text_end.max().unwrap_or(0) + STEP * (deepest + 3);
        let margin = 40
            + 24 * self.ties.len()
            + 8 * self.ties.iter().map(|t| t.label().len()).max().unwrap_or(0);
        let (width, height) = (right + margin, LINE * self.boxes.len() + 2 * STEP);
        let middle = |index: usize| STEP + LINE * index + LINE / 2;
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             font-family=\"monospace\" font-size=\"13\">\n"
        );
        for (index, this) in self.boxes.iter().enumerate() {
            let last = (index..self.boxes.len())
                .take_while(|&inner| inner == index || self.frames(inner).contains(&index));
            let lines = last.count();
            let (x, y) = (STEP * (depth(index) + 1), STEP + LINE * index + 2);
            let (w, h) = (right - 2 * x, LINE * lines - 4 - 3 * depth(index).min(4));
            let fill = if this.frame { "none" } else { "#eef3fa" };
            let _ = writeln!(
                text,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"4\" \
                 fill=\"{fill}\" stroke=\"#456\"/>\
                 <text x=\"{}\" y=\"{}\">{}</text>",
                x + 8,
                middle(index) + 4,
                Escaped(&this.text)
            );
        }
        for (number, tie) in self.ties.iter().enumerate() {
            let (a, b, bend) = (middle(tie.from), middle(tie.to), right + 24 * (number + 1));
            let start = |index: usize| right - STEP * (depth(index) + 1);
            let (from, to) = (start(tie.from), start(tie.to));
            let _ = writeln!(
                text,
                "<path d=\"M{from} {a} C{bend} {a} {bend} {b} {to} {b}\" fill=\"none\" \
                 stroke=\"#a33\" stroke-dasharray=\"5 3\"/>\
                 <text x=\"{bend}\" y=\"{}\" fill=\"#a33\">{}</text>",
                (a + b) / 2 + 4,
                Escaped(&tie.label())
            );
        }
        text + "</svg>\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Dense, Sequential};

    #[derive(gluon_macros::Block)]
    struct Net {
        #[new(Parameter::constant(1.0f32))]
        scale: Parameter,
        #[new(Dense::new(8))]
        first: Dense,
        #[new(Dense::new(8))]
        #[shared(weight = first.weight)]
        again: Dense,
        rest: Sequential,
        #[shared(first)]
        last: Dense,
    }

    fn net() -> Drawing {
        Net::new([Dense::new(1), Dense::new(2)].into_iter().collect()).drawing()
    }

    #[test]
    fn boxes_nest_and_ties_join_them() {
        let expected = "\
flowchart TB
  subgraph b0[\"Net\"]
    b1[\"scale: Constant ()\"]
    b2[\"first: Dense(None -> 8, linear)\"]
    b3[\"again: Dense(None -> 8, linear)\"]
    subgraph b4[\"rest: Sequential\"]
      b5[\"0: Dense(None -> 1, linear)\"]
      b6[\"1: Dense(None -> 2, linear)\"]
    end
    b7[\"last: Dense(None -> 8, linear)\"]
  end
  b1 ~~~ b2
  b2 ~~~ b3
  b3 ~~~ b5
  b5 --> b6
  b6 ~~~ b7
  b2 -. \"weight\" .- b3
  b2 -. \"weight, bias\" .- b7
";
        assert_eq!(net().mermaid(), expected);
        let dot = net().dot();
        let expected = "
  subgraph cluster_0 { label=\"Net\";
    b1 [label=\"scale: Constant ()\"];
    b2 [label=\"first: Dense(None -> 8, linear)\"];
    b3 [label=\"again: Dense(None -> 8, linear)\"];
    subgraph cluster_4 { label=\"rest: Sequential\";
      b5 [label=\"0: Dense(None -> 1, linear)\"];
      b6 [label=\"1: Dense(None -> 2, linear)\"];
    }
    b7 [label=\"last: Dense(None -> 8, linear)\"];
  }
";
        assert!(dot.contains(expected), "{dot}");
        assert!(dot.contains("  b2 -> b3 [label=\"weight\", style=dashed"), "{dot}");
        assert!(dot.contains("  b5 -> b6;\n"), "{dot}");
    }

    #[test]
    fn an_image_has_every_box_within_its_frame() {
        let svg = net().svg();
        assert_eq!((svg.matches("<rect").count(), svg.matches("<path").count()), (8, 2));
        assert!(svg.contains("-&gt; 8") && !svg.contains("-> 8"), "{svg}");
        let number = |line: &str, key: &str| -> usize {
            let from = line.split(&format!(" {key}=\"")).nth(1).unwrap();
            from.split('"').next().unwrap().parse().unwrap()
        };
        let rects: Vec<[usize; 4]> = svg
            .lines()
            .filter(|line| line.starts_with("<rect"))
            .map(|line| ["x", "y", "width", "height"].map(|key| number(line, key)))
            .collect();
        for inner in [1, 2, 3, 4, 5, 6, 7] {
            let outer = if [5, 6].contains(&inner) { 4 } else { 0 };
            let ([x, y, w, h], [ox, oy, ow, oh]) = (rects[inner], rects[outer]);
            assert!(x > ox && y > oy && x + w < ox + ow && y + h < oy + oh, "{inner}: {rects:?}");
        }
        let is_frame = |line: &&str| line.contains("fill=\"none\" stroke=\"#456\"");
        assert_eq!(svg.lines().filter(is_frame).count(), 2);

        let numbers = |text: &str| -> Vec<usize> {
            text.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect()
        };
        let view = numbers(svg.split('"').nth(3).unwrap());
        let view = [0, 0, view[2], view[3]];
        let within = |[x, y, w, h]: [usize; 4], [right, middle]: [usize; 2]| {
            x < right && right <= x + w && y < middle && middle < y + h
        };
        assert!(within(view, [rects[0][0] + rects[0][2], rects[0][1] + rects[0][3]]), "{view:?}");
        // Texts, whose letters are 8 wide, lie in the first line of their boxes, or behind them all.
        for (index, (_, text)) in svg.lines().filter_map(|l| l.split_once("<text")).enumerate() {
            let shown = text.split(['<', '>']).nth(1).unwrap().replace("&gt;", ">");
            let end = [number(text, "x") + 8 * shown.len(), number(text, "y")];
            let line = |&[x, y, w, h]: &[usize; 4]| [x, y, w, h.min(30)];
            assert!(within(rects.get(index).map_or(view, line), end), "{index}: {text}");
        }
        // A tie begins and ends at the edges of its boxes.
        let paths = svg.lines().filter(|line| line.starts_with("<path"));
        for (line, [from, to]) in paths.zip([[2, 3], [2, 7]]) {
            let ends = numbers(line.split('"').nth(1).unwrap());
            for (place, index) in [([ends[0], ends[1]], from), ([ends[6], ends[7]], to)] {
                let [x, _, w, _] = rects[index];
                assert!(within(rects[index], place) && place[0] == x + w, "{line} {rects:?}");
            }
            assert!(ends[2] > rects[0][0] + rects[0][2] && ends[2] == ends[4], "{line}");
        }
    }
}
