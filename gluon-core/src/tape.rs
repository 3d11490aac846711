//! The tape: what was computed, kept so that it can be run backwards.
//!
//! A [`Graph`] lists operations in the order in which they ran. Each entry knows which values went
//! in (its edges) and a [`Rule`] that turns the gradient of its output into gradients of its
//! inputs. Running the list backwards visits every operation after all of its uses, so no sorting
//! is needed. The tape knows no operation by name, nor what a value is: `V` is a tensor to the
//! rest of the crate, and a plain number in the tests below.
//!
//! Invariants:
//! - rules keep no value that leads back to a graph, so a graph lives exactly as long as somebody
//!   outside can still reach it;
//! - an edge to another graph leads to one that was closed before, so graphs form no cycle.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};

/// What `backward` does with a gradient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum GradReq {
    /// Each backward pass replaces the gradient by the sum over all uses in that pass.
    #[default]
    Write,
    /// Each backward pass adds to the gradient, until it is zeroed.
    Add,
    /// No gradient is kept.
    Null,
}

impl std::fmt::Display for GradReq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            GradReq::Write => "write",
            GradReq::Add => "add",
            GradReq::Null => "null",
        })
    }
}

/// Turns the gradient of an operation's output into gradients of its inputs.
pub(crate) type Rule<V> = Box<dyn Fn(&V, &mut Gradients<'_, V>) -> Result<()> + Send>;

/// Where a value comes from.
pub(crate) enum Origin<V> {
    /// Nothing that gradients are wanted for.
    Constant,
    /// A variable whose gradient is kept.
    Leaf(Arc<Leaf<V>>),
    /// The operation at an index of a graph.
    Node(Arc<Graph<V>>, u32),
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

/// A variable's gradient.
pub(crate) struct Leaf<V> {
    req: AtomicU8,
    state: Mutex<LeafState<V>>,
}

struct LeafState<V> {
    gradient: Option<V>,
    /// The pass that wrote last.
    pass: u64,
    /// Whether a pass has written since [`Leaf::take_fresh`].
    fresh: bool,
}

impl<V> Leaf<V> {
    pub(crate) fn new(req: GradReq) -> Leaf<V> {
        let state = LeafState { gradient: None, pass: 0, fresh: false };
        Leaf { req: AtomicU8::new(req as u8), state: Mutex::new(state) }
    }

    pub(crate) fn req(&self) -> GradReq {
        match self.req.load(Ordering::Relaxed) {
            0 => GradReq::Write,
            1 => GradReq::Add,
            _ => GradReq::Null,
        }
    }

    /// Changes what is done with gradients; drops the one there is.
    pub(crate) fn set_req(&self, req: GradReq) {
        if self.req.swap(req as u8, Ordering::Relaxed) != req as u8 {
            self.set_gradient(None);
        }
    }

    /// Runs `f` on the gradient, if there is one.
    pub(crate) fn with_gradient<R>(&self, f: impl FnOnce(Option<&mut V>) -> R) -> R {
        f(lock(&self.state).gradient.as_mut())
    }

    /// Replaces the gradient; it counts as not fresh.
    pub(crate) fn set_gradient(&self, gradient: Option<V>) {
        let mut state = lock(&self.state);
        state.gradient = gradient;
        state.fresh = false;
    }

    /// Whether a pass has written since the gradient was last marked as used.
    pub(crate) fn is_fresh(&self) -> bool {
        lock(&self.state).fresh
    }

    /// Marks the gradient as used.
    pub(crate) fn mark_used(&self) {
        lock(&self.state).fresh = false;
    }
}

/// Operations in the order in which they ran.
pub(crate) struct Graph<V> {
    /// Position in the order in which graphs were closed; the maximum while open.
    closed: AtomicU64,
    /// Whether operations may still be added.
    open: AtomicBool,
    state: Mutex<GraphState<V>>,
}

struct GraphState<V> {
    entries: Vec<Entry<V>>,
    edges: Vec<Edge<V>>,
    /// Gradients of the entries' outputs during a pass; empty between passes.
    slots: Vec<Option<V>>,
    /// Entries that the pass will reach.
    reached: Vec<bool>,
}

struct Entry<V> {
    /// `None` once a pass has freed it.
    rule: Option<Rule<V>>,
    /// Its inputs are `edges[first_edge..]` up to the next entry's.
    first_edge: u32,
}

enum Edge<V> {
    Constant,
    Leaf(Arc<Leaf<V>>),
    Here(u32),
    Elsewhere(Arc<Graph<V>>, u32),
}

impl<V> Graph<V> {
    pub(crate) fn new() -> Graph<V> {
        let state = GraphState {
            entries: Vec::new(),
            edges: Vec::new(),
            slots: Vec::new(),
            reached: Vec::new(),
        };
        Graph {
            closed: AtomicU64::new(u64::MAX),
            open: AtomicBool::new(true),
            state: Mutex::new(state),
        }
    }

    /// Empties the graph for another recording, keeping its memory.
    pub(crate) fn reset(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        state.entries.clear();
        state.edges.clear();
        *self.closed.get_mut() = u64::MAX;
        *self.open.get_mut() = true;
    }

    /// Says that no operation will be added any more.
    pub(crate) fn close(&self) {
        static CLOSED: AtomicU64 = AtomicU64::new(0);
        self.closed.store(CLOSED.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        self.open.store(false, Ordering::Release);
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
                Origin::Constant => Edge::Constant,
                Origin::Leaf(leaf) => Edge::Leaf(Arc::clone(leaf)),
                Origin::Node(graph, index) if Arc::ptr_eq(graph, self) => Edge::Here(*index),
                Origin::Node(graph, index) => {
                    if graph.open.load(Ordering::Acquire) {
                        state.edges.truncate(first_edge);
                        return Err(Error::RecordedElsewhere { op });
                    }
                    Edge::Elsewhere(Arc::clone(graph), *index)
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
    fn edges_of(&self, index: usize) -> std::ops::Range<usize> {
        let end = self.entries.get(index + 1).map_or(self.edges.len(), |e| e.first_edge as usize);
        self.entries[index].first_edge as usize..end
    }
}

/// Where the rule of an operation puts the gradients of its inputs.
pub(crate) struct Gradients<'p, V> {
    edges: &'p [Edge<V>],
    slots: &'p mut [Option<V>],
    elsewhere: &'p mut Vec<Pending<V>>,
    pass: u64,
}

/// A place for one gradient.
pub(crate) struct Slot<'s, V> {
    pub(crate) value: &'s mut Option<V>,
    /// Whether the value is left over from an earlier pass and must be replaced, not added to.
    pub(crate) stale: bool,
}

impl<V> Gradients<'_, V> {
    /// Whether the gradient of input `input` is of any use.
    pub(crate) fn wants(&self, input: usize) -> bool {
        match &self.edges[input] {
            Edge::Constant => false,
            Edge::Leaf(leaf) => leaf.req() != GradReq::Null,
            Edge::Here(_) | Edge::Elsewhere(..) => true,
        }
    }

    /// Gives `f` the place of the gradient of input `input`, if it is wanted.
    pub(crate) fn slot(
        &mut self,
        input: usize,
        f: impl FnOnce(Slot<'_, V>) -> Result<()>,
    ) -> Result<()> {
        match &self.edges[input] {
            Edge::Constant => Ok(()),
            Edge::Leaf(leaf) => match leaf.req() {
                GradReq::Null => Ok(()),
                req => {
                    let mut state = lock(&leaf.state);
                    let stale = req == GradReq::Write && state.pass != self.pass;
                    f(Slot { value: &mut state.gradient, stale })?;
                    state.pass = self.pass;
                    state.fresh = true;
                    Ok(())
                }
            },
            Edge::Here(index) => f(Slot { value: &mut self.slots[*index as usize], stale: false }),
            Edge::Elsewhere(graph, index) => {
                let seeds = Pending::of(self.elsewhere, graph);
                let seed = match seeds.iter().position(|(known, _)| known == index) {
                    Some(position) => &mut seeds[position].1,
                    None => {
                        seeds.push((*index, None));
                        let last = seeds.len() - 1;
                        &mut seeds[last].1
                    }
                };
                f(Slot { value: seed, stale: false })
            }
        }
    }
}

/// Gradients on their way to another graph.
struct Pending<V> {
    graph: Arc<Graph<V>>,
    seeds: Vec<(u32, Option<V>)>,
}

impl<V> Pending<V> {
    fn of<'p>(list: &'p mut Vec<Pending<V>>, graph: &Arc<Graph<V>>) -> &'p mut Seeds<V> {
        let position = match list.iter().position(|p| Arc::ptr_eq(&p.graph, graph)) {
            Some(position) => position,
            None => {
                list.push(Pending { graph: Arc::clone(graph), seeds: Vec::new() });
                list.len() - 1
            }
        };
        &mut list[position].seeds
    }
}

type Seeds<V> = Vec<(u32, Option<V>)>;

/// Runs everything that led to `origin` backwards, beginning with the gradient `head`.
///
/// `seed` puts the head where `origin` is a leaf itself. Unless `retain`, what was run is freed.
///
/// # Errors
/// [`Error::NotRecorded`] if `origin` is a constant, [`Error::GraphFreed`] if a part of what is
/// needed was freed by an earlier pass; no gradient has changed then. Otherwise what a rule
/// returns.
pub(crate) fn backward<V>(origin: &Origin<V>, head: V, retain: bool) -> Result<()> {
    static PASSES: AtomicU64 = AtomicU64::new(0);
    let pass = PASSES.fetch_add(1, Ordering::Relaxed) + 1;
    let (root, index) = match origin {
        Origin::Constant => return Err(Error::NotRecorded),
        Origin::Leaf(leaf) => {
            let edges = [Edge::Leaf(Arc::clone(leaf))];
            let mut gradients =
                Gradients { edges: &edges, slots: &mut [], elsewhere: &mut Vec::new(), pass };
            return gradients.slot(0, |slot| {
                *slot.value = Some(head);
                Ok(())
            });
        }
        Origin::Node(graph, index) => (graph, *index),
    };
    check(root, index)?;
    let mut pending = vec![Pending { graph: Arc::clone(root), seeds: vec![(index, Some(head))] }];
    while let Some(next) = (0..pending.len())
        .max_by_key(|&i| pending[i].graph.closed.load(Ordering::Relaxed))
        .map(|latest| pending.swap_remove(latest))
    {
        let mut state = lock(&next.graph.state);
        let result = state.run(next.seeds, retain, pass, &mut pending);
        state.slots.clear();
        result?;
    }
    Ok(())
}

/// Checks that nothing that a pass from `index` of `root` will reach has been freed.
fn check<V>(root: &Arc<Graph<V>>, index: u32) -> Result<()> {
    let mut pending = vec![(Arc::clone(root), vec![index])];
    while let Some((graph, heads)) = (0..pending.len())
        .max_by_key(|&i| pending[i].0.closed.load(Ordering::Relaxed))
        .map(|latest| pending.swap_remove(latest))
    {
        let mut state = lock(&graph.state);
        let mut reached = std::mem::take(&mut state.reached);
        reached.clear();
        reached.resize(heads.iter().max().map_or(0, |&head| head as usize + 1), false);
        for head in heads {
            reached[head as usize] = true;
        }
        for index in (0..reached.len()).rev() {
            if !reached[index] {
                continue;
            }
            if state.entries[index].rule.is_none() {
                return Err(Error::GraphFreed);
            }
            for edge in &state.edges[state.edges_of(index)] {
                match edge {
                    Edge::Constant | Edge::Leaf(_) => {}
                    Edge::Here(input) => reached[*input as usize] = true,
                    Edge::Elsewhere(graph, input) => {
                        match pending.iter().position(|(known, _)| Arc::ptr_eq(known, graph)) {
                            Some(position) => pending[position].1.push(*input),
                            None => pending.push((Arc::clone(graph), vec![*input])),
                        }
                    }
                }
            }
        }
        state.reached = reached;
    }
    Ok(())
}

impl<V> GraphState<V> {
    /// Runs the entries that `seeds` reaches, last first.
    fn run(
        &mut self,
        seeds: Seeds<V>,
        retain: bool,
        pass: u64,
        elsewhere: &mut Vec<Pending<V>>,
    ) -> Result<()> {
        let count = seeds.iter().map(|&(index, _)| index as usize + 1).max().unwrap_or(0);
        self.slots.resize_with(count, || None);
        for (index, gradient) in seeds {
            self.slots[index as usize] = gradient;
        }
        for index in (0..count).rev() {
            let edges = self.edges_of(index);
            let (inputs, outputs) = self.slots.split_at_mut(index);
            let Some(gradient) = outputs[0].take() else { continue };
            let entry = &mut self.entries[index];
            let Some(rule) = &entry.rule else { return Err(Error::GraphFreed) };
            let edges = &mut self.edges[edges];
            let mut gradients = Gradients { edges, slots: inputs, elsewhere, pass };
            rule(&gradient, &mut gradients)?;
            if !retain {
                entry.rule = None;
                edges.fill_with(|| Edge::Constant);
            }
        }
        Ok(())
    }
}

/// Locks; a panic elsewhere leaves gradients that the next pass replaces, so it is no reason to stop.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Value = Origin<f64>;

    fn add(slot: Slot<'_, f64>, gradient: f64) -> Result<()> {
        *slot.value = Some(if slot.stale { 0.0 } else { slot.value.unwrap_or(0.0) } + gradient);
        Ok(())
    }

    /// Records an operation whose derivatives by its inputs are `slopes`.
    fn op<const N: usize>(graph: &Arc<Graph<f64>>, inputs: [&Value; N], slopes: [f64; N]) -> Value {
        let rule: Rule<f64> = Box::new(move |dy, gradients| {
            for (input, slope) in slopes.iter().enumerate() {
                gradients.slot(input, |slot| add(slot, dy * slope))?;
            }
            Ok(())
        });
        Origin::Node(Arc::clone(graph), graph.push("test", inputs, rule).expect("one thread"))
    }

    fn leaf(req: GradReq) -> (Arc<Leaf<f64>>, Value) {
        let leaf = Arc::new(Leaf::new(req));
        (Arc::clone(&leaf), Origin::Leaf(leaf))
    }

    fn gradient(leaf: &Leaf<f64>) -> Option<f64> {
        leaf.with_gradient(|g| g.copied())
    }

    #[test]
    fn gradients_add_up_over_uses_and_write_replaces_between_passes() {
        let (leaf, x) = leaf(GradReq::Write);
        let graph = Arc::new(Graph::new());
        let y = op(&graph, [&x], [2.0]);
        let z = op(&graph, [&y, &x, &y], [3.0, 5.0, 7.0]);
        backward(&z, 1.0, true).unwrap();
        assert_eq!(gradient(&leaf), Some(25.0));
        backward(&z, 10.0, false).unwrap();
        assert_eq!(gradient(&leaf), Some(250.0));
    }

    #[test]
    fn add_accumulates_and_null_keeps_nothing() {
        let (sum, x) = leaf(GradReq::Add);
        let (none, c) = leaf(GradReq::Null);
        let graph = Arc::new(Graph::new());
        let y = op(&graph, [&x, &c], [2.0, 3.0]);
        backward(&y, 1.0, true).unwrap();
        backward(&y, 1.0, true).unwrap();
        assert_eq!(gradient(&sum), Some(4.0));
        assert_eq!(gradient(&none), None);
    }

    #[test]
    fn a_second_pass_over_a_freed_part_fails_and_changes_nothing() {
        let (leaf, x) = leaf(GradReq::Write);
        let graph = Arc::new(Graph::new());
        let y = op(&graph, [&x], [2.0]);
        let z = op(&graph, [&y], [3.0]);
        let other = op(&graph, [&y, &x], [1.0, 100.0]);
        backward(&z, 1.0, false).unwrap();
        assert!(matches!(backward(&z, 1.0, false), Err(Error::GraphFreed)));
        assert!(matches!(backward(&other, 1.0, false), Err(Error::GraphFreed)));
        assert_eq!(gradient(&leaf), Some(6.0));
    }

    #[test]
    fn a_pass_crosses_from_graph_to_graph() {
        let (leaf, x) = leaf(GradReq::Write);
        let first = Arc::new(Graph::new());
        let y = op(&first, [&x], [2.0]);
        let z = op(&first, [&y], [3.0]);
        first.close();
        let second = Arc::new(Graph::new());
        let sum = op(&second, [&z, &y, &z], [1.0, 10.0, 1.0]);
        backward(&sum, 1.0, false).unwrap();
        assert_eq!(gradient(&leaf), Some(2.0 * (3.0 * 2.0 + 10.0)));
    }

    #[test]
    fn an_unfinished_recording_of_another_thread_is_refused() {
        let (_, x) = leaf(GradReq::Write);
        let (open, mine) = (Arc::new(Graph::new()), Arc::new(Graph::new()));
        let y = op(&open, [&x], [2.0]);
        let result = mine.push("mul", [&y], Box::new(|_, _| Ok(())));
        assert!(matches!(result, Err(Error::RecordedElsewhere { op: "mul" })));
    }

    #[test]
    fn constants_have_no_gradient() {
        let graph = Arc::new(Graph::<f64>::new());
        assert!(matches!(backward(&Origin::Constant, 1.0, false), Err(Error::NotRecorded)));
        let y = op(&graph, [&Origin::Constant], [2.0]);
        backward(&y, 1.0, false).unwrap();
    }

    #[test]
    fn a_graph_dies_with_its_last_value() {
        let (leaf, x) = leaf(GradReq::Write);
        let graph = Arc::new(Graph::new());
        let y = op(&graph, [&x], [2.0]);
        drop(graph);
        assert_eq!(Arc::strong_count(&leaf), 3);
        drop(y);
        assert_eq!(Arc::strong_count(&leaf), 2);
    }
}
