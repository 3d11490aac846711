//! A model printed as the tree of its blocks, in Gluon's form.

use std::fmt;

use super::visit::{Place, Root, Visitor, Walk};
use super::{Block, Layer};

/// `root` and its blocks, a line each, indented by depth.
pub(super) fn tree(root: Root<'_, '_>) -> String {
    let mut printer = Printer::default();
    Walk::lead(root, None, &mut printer);
    printer.text
}

/// What the tree calls a block: `MaxPool2D` where it prints `MaxPool2D(size=(2, 2), ..)`.
pub(super) fn called(block: &dyn Block) -> String {
    let line = block.describe();
    let called = line.as_deref().and_then(|line| line.split('(').next());
    called.unwrap_or(block.type_name()).to_owned()
}

macro_rules! display {
    ($($block:ident)*) => {$(
        /// Its [tree](Block::tree).
        impl fmt::Display for dyn $block + '_ {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.tree())
            }
        }
    )*};
}

display!(Block Layer);

#[derive(Default)]
struct Printer {
    text: String,
    open: Vec<Open>,
}

/// A block whose members are being shown.
struct Open {
    path: String,
    /// Whether it was printed in one line, so that its children are not.
    whole: bool,
    children: usize,
}

impl Printer {
    fn indent(&mut self, depth: usize) {
        self.text.extend(std::iter::repeat_n("  ", depth));
    }
}

impl<'a> Visitor<'a> for Printer {
    fn enter(&mut self, place: &Place<'_>, block: &'a dyn Block) {
        let hidden = self.open.last().is_some_and(|parent| parent.whole);
        let line = block.describe();
        let whole = hidden || line.is_some();
        let depth = self.open.len();
        if !hidden {
            if let Some(parent) = self.open.last_mut() {
                parent.children += 1;
                let key = place.path()[parent.path.len()..].trim_start_matches('.').to_owned();
                self.text.push('\n');
                self.indent(depth);
                self.text.push_str(&format!("({key}): "));
            }
            match line {
                Some(line) => self.text.push_str(&line),
                None => self.text.push_str(&format!("{}(", block.type_name())),
            }
        }
        self.open.push(Open { path: place.path().to_owned(), whole, children: 0 });
    }

    fn leave(&mut self, _: &Place<'_>, _: &'a dyn Block) {
        let Some(block) = self.open.pop() else { return };
        if block.whole {
            return;
        }
        self.text.push_str(if block.children == 0 { "\n\n" } else { "\n" });
        self.indent(self.open.len());
        self.text.push(')');
    }
}
