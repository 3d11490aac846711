//! Summary: what each block of a model makes of an input, and how many parameters it has.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;
use std::rc::Rc;

use super::hook::Function;
use super::tree::called;
use super::visit::{Place, Visitor, Walk, root};
use super::{Block, Forward, Hook};
use crate::autograd::pause;
use crate::error::Result;
use crate::parameter::Parameter;
use crate::shape::Shape;
use crate::tape::GradReq;
use crate::tensor::Tensor;

/// A table of the blocks of a model in the order in which they completed a forward computation,
/// made by [`Block::summary`] and printed by `{}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// A row for each time a block has computed, and one for each that did not but has parameters.
    pub rows: Vec<Row>,
    /// The shape of the input.
    pub input: Shape,
    /// Values of all rows' parameters, shared ones as often as they occur.
    pub total: usize,
    /// Those of `total` that are trained.
    pub trainable: usize,
    /// Those of `total` that an earlier row has counted.
    pub shared: usize,
}

/// A row of a [`Summary`].
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The block's structural path; empty for the model itself.
    pub path: String,
    /// The block's type, as the model's tree calls it.
    pub block: String,
    /// The shape of its output; `None` if it was not called by `apply` or in a sequence.
    pub output: Option<Shape>,
    /// Values of its own parameters, without those of its children.
    pub parameters: usize,
    /// Those of them that an earlier row has counted.
    pub shared: usize,
}

/// A block with its own parameters.
struct Own<'a> {
    path: String,
    block: &'a dyn Block,
    parameters: Vec<&'a Parameter>,
}

#[derive(Default)]
struct Owners<'a> {
    owners: Vec<Own<'a>>,
    open: Vec<usize>,
}

impl<'a> Visitor<'a> for Owners<'a> {
    fn enter(&mut self, place: &Place<'_>, block: &'a dyn Block) {
        self.open.push(self.owners.len());
        self.owners.push(Own { path: place.path().to_owned(), block, parameters: Vec::new() });
    }

    fn leave(&mut self, _: &Place<'_>, _: &'a dyn Block) {
        self.open.pop();
    }

    fn parameter(&mut self, _: &Place<'_>, parameter: &'a Parameter) {
        if let Some(&owner) = self.open.last() {
            self.owners[owner].parameters.push(parameter);
        }
    }
}

pub(super) fn summary<M: Block + Forward>(model: &M, x: &Tensor) -> Result<Summary> {
    let mut owners = Owners::default();
    Walk::run(model, None, &mut owners);
    let calls = Rc::new(RefCell::new(Vec::new()));
    let mut hooks: Vec<Hook<'_>> = Vec::new();
    let mut keys = HashSet::new();
    for (index, found) in super::find::blocks(&root(model)).into_iter().enumerate() {
        // Blocks that cannot be told apart are one.
        if keys.insert(found.key) {
            let calls = Rc::clone(&calls);
            let note = move |_: &dyn Block, _: &Tensor, y: &Tensor| {
                calls.borrow_mut().push((index, *y.shape()));
            };
            hooks.push(Hook::on(&found, Function::After(Rc::new(RefCell::new(note)))));
        }
    }
    pause(|| x.apply(model))?;
    drop(hooks);

    let calls = calls.take();
    let called: HashSet<usize> = calls.iter().map(|&(index, _)| index).collect();
    let silent = (0..owners.owners.len())
        .filter(|index| !called.contains(index))
        .filter(|&index| !owners.owners[index].parameters.is_empty())
        .map(|index| (index, None));
    let rows = calls.iter().map(|&(index, shape)| (index, Some(shape))).chain(silent);
    Ok(Summary::new(*x.shape(), rows.map(|(index, shape)| (&owners.owners[index], shape))))
}

impl Summary {
    fn new<'a, 'o: 'a>(
        input: Shape,
        calls: impl Iterator<Item = (&'a Own<'o>, Option<Shape>)>,
    ) -> Summary {
        let mut summary = Summary { rows: Vec::new(), input, total: 0, trainable: 0, shared: 0 };
        let mut counted = HashSet::new();
        for (Own { path, block, parameters }, output) in calls {
            if block.type_name() == "Sequential" {
                continue;
            }
            let (path, block) = (path.clone(), called(*block));
            let mut row = Row { path, block, output, parameters: 0, shared: 0 };
            for &parameter in parameters {
                let size = parameter.shape().size();
                row.parameters += size;
                if parameter.grad_req() != GradReq::Null {
                    summary.trainable += size;
                }
                if !counted.insert(parameter.id()) {
                    row.shared += size;
                }
            }
            summary.total += row.parameters;
            summary.shared += row.shared;
            summary.rows.push(row);
        }
        summary
    }

    /// Values of all parameters, shared ones counted once.
    pub fn unique(&self) -> usize {
        self.total - self.shared
    }
}

/// A line each, then the sums that Gluon's `summary` prints.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines =
            vec![["Block", "Layer", "Output shape", "Parameters", ""].map(String::from)];
        lines.push(["", "Input", &self.input.to_string(), "0", ""].map(String::from));
        for row in &self.rows {
            let output = row.output.map_or_else(|| "not seen".to_owned(), |y| y.to_string());
            let shared = match row.shared {
                0 => String::new(),
                shared if shared == row.parameters => "shared".to_owned(),
                shared => format!("{shared} shared"),
            };
            let parameters = row.parameters.to_string();
            lines.push([row.path.clone(), row.block.clone(), output, parameters, shared]);
        }
        let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
        let widths: [usize; 4] = std::array::from_fn(|column| width(column).unwrap_or(0));
        for [path, block, output, parameters, shared] in &lines {
            let [a, b, c, d] = widths;
            let line = format!("{path:a$}  {block:b$}  {output:c$}  {parameters:>d$}  {shared}");
            writeln!(f, "{}", line.trim_end())?;
        }
        writeln!(f, "Total params: {}", self.total)?;
        writeln!(f, "Trainable params: {}", self.trainable)?;
        writeln!(f, "Non-trainable params: {}", self.total - self.trainable)?;
        writeln!(f, "Shared params: {}", self.shared)?;
        write!(f, "Unique parameters in model: {}", self.unique())
    }
}
