//! Recording operations on tensors, and the gradients that flow back through them.

use std::sync::Arc;

use smallbox::smallbox;

use super::mode::{current_graph, set_aside};
use crate::buffer::for_float;
use crate::device::Device;
use crate::dtype::Element;
use crate::error::{Error, Result};
use crate::kernel;
use crate::kernel::reduce::{Reduce, reduce};
use crate::shape::{MAX_RANK, Shape};
use crate::tape::{self, Gradients, Graph, Origin, Rule, Slot};
use crate::tensor::Tensor;

/// Remembers that `op` made `output` from `inputs`, if this thread records and a gradient can
/// reach any of them.
///
/// `rule` is only called then; what it returns keeps what the gradient needs. Tensors it keeps must
/// be constants ([`Tensor::detach`]), or the graph would keep itself alive.
pub(crate) fn record_op<'t, R>(
    op: &'static str,
    inputs: impl AsRef<[&'t Tensor]>,
    output: Tensor,
    rule: impl FnOnce(&Tensor) -> R,
) -> Result<Tensor>
where
    R: Fn(&mut Tensor, &mut Gradients<'_, Tensor>) -> Result<()> + Send + 'static,
{
    let inputs = inputs.as_ref();
    let Some(graph) = graph_of(inputs) else { return Ok(output) };
    let rule: Rule<Tensor> = smallbox!(rule(&output));
    record_in(graph, op, inputs, output, rule)
}

/// What this thread records into, if a gradient can reach any of `inputs`.
fn graph_of(inputs: &[&Tensor]) -> Option<Arc<Graph<Tensor>>> {
    let graph = current_graph()?;
    inputs.iter().any(|input| input.requires_grad()).then_some(graph)
}

fn record_in(
    graph: Arc<Graph<Tensor>>,
    op: &'static str,
    inputs: &[&Tensor],
    output: Tensor,
    rule: Rule<Tensor>,
) -> Result<Tensor> {
    let index = graph.push(op, inputs.iter().map(|input| input.origin()), rule)?;
    Ok(output.with_origin(Origin::Node(graph, index)))
}

impl Tensor {
    /// Computes the gradient of this tensor's sum for everything it was computed from, and frees
    /// what was recorded.
    ///
    /// Gradients land where [`GradReq`](super::GradReq) says: on parameters and on tensors with
    /// [`attach_grad`](Tensor::attach_grad). A value used several times gets the sum over its uses,
    /// also where a [`Function`](super::Function) or a hook calls this within a pass backwards: that
    /// is a part of the pass.
    ///
    /// # Errors
    /// [`Error::NotRecorded`] outside `record` or without variables, [`Error::GraphFreed`] if an
    /// earlier `backward` has freed what is needed, [`Error::NestedBackward`] within a pass over the
    /// same recording; no gradient has changed then. What the `backward` of a
    /// [`Function`](super::Function) returns: those of operations after it have changed by then.
    pub fn backward(&self) -> Result<()> {
        self.backward_from(self.ones_like(), false)
    }

    /// [`backward`](Tensor::backward) from the gradient `head` of this tensor; with `retain`, what
    /// was recorded stays for another call.
    ///
    /// # Errors
    /// As for [`backward`](Tensor::backward), and [`Error::ShapeMismatch`] or
    /// [`Error::DTypeMismatch`] if `head` is not like this tensor.
    pub fn backward_with(&self, head: &Tensor, retain: bool) -> Result<()> {
        if head.shape() != self.shape() {
            let (lhs, rhs) = (*self.shape(), *head.shape());
            return Err(Error::ShapeMismatch { op: "backward", lhs, rhs });
        }
        if head.dtype() != self.dtype() {
            let (lhs, rhs) = (self.dtype(), head.dtype());
            return Err(Error::DTypeMismatch { op: "backward", lhs, rhs });
        }
        self.backward_from(head.to_contiguous(), retain)
    }

    fn backward_from(&self, head: Tensor, retain: bool) -> Result<()> {
        set_aside(|| tape::backward(self.origin(), head, retain, add))
    }

    /// Whether a gradient can flow back through this tensor: not where it was made from constants
    /// and frozen parameters alone.
    pub fn requires_grad(&self) -> bool {
        self.origin().wants_gradient()
    }
}

impl Gradients<'_, Tensor> {
    /// Adds `gradient` to the gradient of input `input`.
    pub(crate) fn add(&mut self, input: usize, gradient: Tensor) -> Result<()> {
        self.slot(input, |slot| add(slot, gradient))
    }

    /// Adds the gradient of a broadcast input of shape `shape`: the sum over the axes along which
    /// it was stretched.
    pub(crate) fn add_reduced(
        &mut self,
        input: usize,
        gradient: Tensor,
        shape: &Shape,
    ) -> Result<()> {
        if gradient.shape() == shape {
            return self.add(input, gradient);
        }
        let reduced = for_float!(gradient, "backward", T => {
            let mut wide = [true; MAX_RANK];
            let added = gradient.rank() - shape.rank();
            for (axis, &size) in shape.iter().enumerate() {
                wide[added + axis] = size == 1;
            }
            let all = gradient.buffer::<T>("backward")?;
            Ok(Tensor::build::<T>(*shape, gradient.device(), |sum| {
                reduce(Reduce::Sum, all, gradient.layout(), wide, sum, false);
            }))
        });
        self.add(input, reduced?)
    }

    /// Lets `write` put the gradient of input `input`, of the shape and on the device of `like`, into
    /// its place: over arbitrary old values, or added to them if its second argument is true.
    #[inline]
    pub(crate) fn write<T: Element>(
        &mut self,
        input: usize,
        like: &Tensor,
        write: impl FnMut(&mut [T], bool),
    ) -> Result<()> {
        self.write_at(input, (like.shape(), like.device()), write)
    }

    /// [`write`](Gradients::write) of a gradient of a shape, on a device.
    #[inline]
    pub(crate) fn write_at<T: Element>(
        &mut self,
        input: usize,
        place: (&Shape, Device),
        mut write: impl FnMut(&mut [T], bool),
    ) -> Result<()> {
        self.write_by(input, place, &mut write)
    }

    /// [`write_at`](Gradients::write_at), compiled once for all operations.
    fn write_by<T: Element>(
        &mut self,
        input: usize,
        (shape, device): (&Shape, Device),
        write: &mut dyn FnMut(&mut [T], bool),
    ) -> Result<()> {
        self.slot(input, |Slot { value, stale }| {
            if let Some(sum) = value
                && !stale
            {
                write(sum.make_mut::<T>("backward")?, true);
                return Ok(());
            }
            if let Some(old) = value
                && old.shape() == shape
                && let Some(old) = old.get_mut::<T>()
            {
                write(old, false);
                return Ok(());
            }
            let build = |new: &mut [T]| write(new, false);
            *value = Some(Tensor::build::<T>(*shape, device, build));
            Ok(())
        })
    }
}

/// Adds `gradient` to what is in `slot`, or replaces it if that is stale.
fn add(slot: Slot<'_, Tensor>, gradient: Tensor) -> Result<()> {
    match slot {
        Slot { value: Some(sum), stale: false } => add_assign(sum, &gradient),
        Slot { value, .. } => {
            *value = Some(gradient.to_contiguous());
            Ok(())
        }
    }
}

/// `sum += gradient`, in place.
fn add_assign(sum: &mut Tensor, gradient: &Tensor) -> Result<()> {
    let gradient = gradient.to_contiguous();
    for_float!(gradient, "backward", T => {
        let gradient = gradient.as_contiguous::<T>().unwrap_or_default();
        kernel::zip::add_assign(sum.make_mut::<T>("backward")?, gradient);
        Ok(())
    })
}
