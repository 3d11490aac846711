//! The tape: what was computed, kept so that it can be run backwards.
//!
//! A [`Graph`] lists operations in the order in which they ran. Each entry knows which values went
//! in (its edges) and a [`Rule`] that turns the gradient of its output into gradients of its
//! inputs. Running the list backwards visits every operation after all of its uses, so no sorting
//! is needed. The tape knows no operation by name, nor what a value is: `V` is a tensor to the
//! rest of the crate, and a plain number in its tests.
//!
//! Invariants:
//! - rules keep no value that leads back to a graph, so a graph lives exactly as long as somebody
//!   outside can still reach it, among them the thread that recorded it last;
//! - an edge to another graph leads to one that was closed before, so graphs form no cycle.

mod backward;
mod leaf;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use backward::{Gradients, Slot, backward};
pub use leaf::GradReq;
pub(crate) use leaf::Leaf;

use smallbox::SmallBox;

use crate::error::{Error, Result};

/// Turns the gradient of an operation's output, which it may change, into gradients of its inputs.
///
/// Those that keep no more than four tensors and a number lie in the graph itself, whose entries then
/// fill two cache lines.
pub(crate) type Rule<V> =
    SmallBox<dyn Fn(&mut V, &mut Gradients<'_, V>) -> Result<()> + Send, [usize; 13]>;

/// Where a value comes from.
pub(crate) enum Origin<V> {
    /// Nothing that gradients are wanted for.
    Constant,
    /// A variable whose gradient is kept.
    Leaf(Arc<Leaf<V>>),
    /// The operation at an index of a graph.
    Node(Arc<Graph<V>>, u32),
}

impl<V> Origin<V> {
    /// Whether gradients are of any use here.
    pub(crate) fn wants_gradient(&self) -> bool {
        match self {
            Origin::Constant => false,
            Origin::Leaf(leaf) => leaf.req() != GradReq::Null,
            Origin::Node(..) => true,
        }
    }
}

impl<V> Clone for Origin<V> {
    fn clone(&self) -> Origin<V> {
        match self {
            Origin::Constant => Origin::Constant,
            Origin::Leaf(leaf) => Origin::Leaf(Arc::clone(leaf)),
            Origin::Node(graph, index) => Origin::Node(Arc::clone(graph), *index),
        }
    }
}

/// Operations in the order in which they ran.
pub(crate) struct Graph<V> {
    /// Position in the order in which graphs were closed; [`OPEN`] while operations may still be
    /// added.
    closed: AtomicU64,
    /// The number of the pass that runs the operations; 0 if none does.
    pass: AtomicU64,
    state: Mutex<GraphState<V>>,
}

const OPEN: u64 = u64::MAX;

struct GraphState<V> {
    entries: Vec<Entry<V>>,
    edges: Vec<Edge<V>>,
    /// Gradients of the entries' outputs during a pass.
    slots: Vec<Option<V>>,
    /// Entries that the pass will reach.
    reached: Vec<bool>,
    /// Whether no entry was freed and no edge leads to another graph.
    whole: bool,
}

struct Entry<V> {
    /// `None` once a pass has freed it.
    rule: Option<Rule<V>>,
    /// Its inputs are `edges[first_edge..]` up to the next entry's.
    first_edge: u32,
}

/// Where an input comes from: a tag and one word, so that it goes in registers.
enum Edge<V> {
    Constant,
    Leaf(Arc<Leaf<V>>),
    /// The entry at an index.
    Here(usize),
    /// The entry at an index of another graph, which is rare.
    Elsewhere(Box<(Arc<Graph<V>>, u32)>),
}

impl<V> Graph<V> {
    pub(crate) fn new() -> Graph<V> {
        let state = GraphState {
            entries: Vec::new(),
            edges: Vec::new(),
            slots: Vec::new(),
            reached: Vec::new(),
            whole: true,
        };
        Graph { closed: AtomicU64::new(OPEN), pass: AtomicU64::new(0), state: Mutex::new(state) }
    }

    /// Empties the graph for another recording, keeping its memory.
    pub(crate) fn reset(&mut self) {
        let state = self.state_mut();
        state.entries.clear();
        state.edges.clear();
        state.whole = true;
        *self.closed.get_mut() = OPEN;
    }

    fn state_mut(&mut self) -> &mut GraphState<V> {
        self.state.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that no operation will be added any more.
    pub(crate) fn close(&self) {
        static CLOSED: AtomicU64 = AtomicU64::new(0);
        self.closed.store(CLOSED.fetch_add(1, Ordering::Relaxed), Ordering::Release);
    }

    /// Adds an operation and returns its index.
    ///
    /// # Errors
    /// [`Error::RecordedElsewhere`] if an input belongs to a recording that another thread has not
    /// finished.
    pub(crate) fn push<'o>(
        self: &Arc<Self>,
        op: &'static str,
        inputs: impl IntoIterator<Item = &'o Origin<V>>,
        rule: Rule<V>,
    ) -> Result<u32>
    where
        V: 'o,
    {
        let mut state = lock(&self.state);
        let first_edge = state.edges.len();
        for input in inputs {
            let edge = match input {
                Origin::Leaf(leaf) if input.wants_gradient() => Edge::Leaf(Arc::clone(leaf)),
                Origin::Constant | Origin::Leaf(_) => Edge::Constant,
                Origin::Node(graph, index) if Arc::ptr_eq(graph, self) => {
                    Edge::Here(*index as usize)
                }
                Origin::Node(graph, index) => {
                    if graph.closed.load(Ordering::Acquire) == OPEN {
                        state.edges.truncate(first_edge);
                        return Err(Error::RecordedElsewhere { op });
                    }
                    state.whole = false;
                    Edge::Elsewhere(Box::new((Arc::clone(graph), *index)))
                }
            };
            state.edges.push(edge);
        }
        let index = state.entries.len() as u32;
        state.entries.push(Entry { rule: Some(rule), first_edge: first_edge as u32 });
        Ok(index)
    }
}

impl<V> GraphState<V> {
    /// Takes the edges to other graphs.
    fn take_elsewhere(&mut self, graphs: &mut Vec<Arc<Graph<V>>>) {
        if !self.whole {
            graphs.extend(self.edges.drain(..).filter_map(|edge| match edge {
                Edge::Elsewhere(entry) => Some(entry.0),
                _ => None,
            }));
        }
    }

    fn edges_of(&self, index: usize) -> std::ops::Range<usize> {
        let end = self.entries.get(index + 1).map_or(self.edges.len(), |e| e.first_edge as usize);
        self.entries[index].first_edge as usize..end
    }
}

impl<V> Drop for Graph<V> {
    /// Drops the graphs that this one alone leads to one after another: a chain of recordings may be
    /// longer than the stack is deep.
    fn drop(&mut self) {
        let mut graphs = Vec::new();
        self.state_mut().take_elsewhere(&mut graphs);
        while let Some(graph) = graphs.pop() {
            if let Some(mut graph) = Arc::into_inner(graph) {
                graph.state_mut().take_elsewhere(&mut graphs);
            }
        }
    }
}

/// Locks; a panic elsewhere leaves gradients that the next pass replaces, so it is no reason to stop.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
