//! A pass backwards through what was computed.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard};

use super::{Edge, GradReq, Graph, GraphState, Origin, lock};
use crate::error::{Error, Result};

/// Where the rule of an operation puts the gradients of its inputs.
pub(crate) struct Gradients<'p, V> {
    edges: &'p [Edge<V>],
    slots: &'p mut [Option<V>],
    elsewhere: &'p mut Vec<Pending<V, Seed<V>>>,
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
            Edge::Here(_) | Edge::Elsewhere(_) => true,
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
                    // A pass of another thread has begun later, and replaces what this one would write.
                    if req == GradReq::Write && state.pass > self.pass {
                        return Ok(());
                    }
                    let stale = req == GradReq::Write && state.pass != self.pass;
                    f(Slot { value: &mut state.gradient, stale })?;
                    state.pass = self.pass;
                    leaf.mark_fresh();
                    Ok(())
                }
            },
            Edge::Here(index) => f(Slot { value: &mut self.slots[*index], stale: false }),
            Edge::Elsewhere(entry) => {
                let (graph, index) = &**entry;
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

/// What a pass brings to another graph, an entry of it each.
struct Pending<V, S> {
    graph: Arc<Graph<V>>,
    seeds: Vec<S>,
}

/// An entry and the gradient of its output.
type Seed<V> = (u32, Option<V>);

impl<V, S> Pending<V, S> {
    /// What is for `graph` among `list`.
    fn of<'p>(list: &'p mut Vec<Pending<V, S>>, graph: &Arc<Graph<V>>) -> &'p mut Vec<S> {
        let position = match list.iter().position(|p| Arc::ptr_eq(&p.graph, graph)) {
            Some(position) => position,
            None => {
                list.push(Pending { graph: Arc::clone(graph), seeds: Vec::new() });
                list.len() - 1
            }
        };
        &mut list[position].seeds
    }

    /// Takes that one of `list` whose graph was closed last.
    fn latest(list: &mut Vec<Pending<V, S>>) -> Option<Pending<V, S>> {
        let closed = |&i: &usize| list[i].graph.closed.load(Ordering::Relaxed);
        let latest = (0..list.len()).max_by_key(closed)?;
        Some(list.swap_remove(latest))
    }
}

thread_local! {
    /// The number of the pass that this thread is in; 0 outside of one.
    static PASS: Cell<u64> = const { Cell::new(0) };
}

/// A pass of this thread. One within another is a part of it and has its number, so that a leaf
/// which both reach gets the sum.
struct Pass {
    number: u64,
    outer: u64,
}

impl Pass {
    fn begin() -> Pass {
        static PASSES: AtomicU64 = AtomicU64::new(0);
        let outer = PASS.get();
        let number = if outer == 0 { PASSES.fetch_add(1, Ordering::Relaxed) + 1 } else { outer };
        PASS.set(number);
        Pass { number, outer }
    }

    /// Locks the operations of a graph.
    ///
    /// # Errors
    /// [`Error::NestedBackward`] if this thread is running them, and would wait for itself.
    fn enter<'g, V>(&self, graph: &'g Graph<V>) -> Result<MutexGuard<'g, GraphState<V>>> {
        // Only this thread knows the number, so what others store does not matter.
        if graph.pass.load(Ordering::Relaxed) == self.number {
            return Err(Error::NestedBackward);
        }
        Ok(lock(&graph.state))
    }

    /// Runs the operations of a graph that `seeds` reach.
    fn run<V>(
        &self,
        graph: &Graph<V>,
        seeds: impl IntoIterator<Item = Seed<V>>,
        retain: bool,
        elsewhere: &mut Vec<Pending<V, Seed<V>>>,
    ) -> Result<()> {
        struct Leave<'g>(&'g AtomicU64);
        impl Drop for Leave<'_> {
            fn drop(&mut self) {
                self.0.store(0, Ordering::Relaxed);
            }
        }
        let mut state = self.enter(graph)?;
        graph.pass.store(self.number, Ordering::Relaxed);
        let _leave = Leave(&graph.pass);
        state.run(seeds, retain, self.number, elsewhere)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        PASS.set(self.outer);
    }
}

/// Runs everything that led to `origin` backwards, beginning with the gradient `head`.
///
/// `add` puts the head into its place if `origin` is a leaf itself. Unless `retain`, what was run
/// is freed.
///
/// # Errors
/// [`Error::NotRecorded`] if `origin` is a constant or frozen, [`Error::GraphFreed`] if a part of what is
/// needed was freed by an earlier pass, [`Error::NestedBackward`] if a pass that this one is within
/// runs it; no gradient has changed then. Otherwise what a rule returns.
pub(crate) fn backward<V>(
    origin: &Origin<V>,
    head: V,
    retain: bool,
    add: impl FnOnce(Slot<'_, V>, V) -> Result<()>,
) -> Result<()> {
    let pass = Pass::begin();
    let (root, index) = match origin {
        Origin::Leaf(leaf) if origin.wants_gradient() => {
            let edges = [Edge::Leaf(Arc::clone(leaf))];
            let (slots, elsewhere, pass) = (&mut [], &mut Vec::new(), pass.number);
            let mut gradients = Gradients { edges: &edges, slots, elsewhere, pass };
            return gradients.slot(0, |slot| add(slot, head));
        }
        Origin::Constant | Origin::Leaf(_) => return Err(Error::NotRecorded),
        Origin::Node(graph, index) => (graph, *index),
    };
    check(&pass, root, index)?;
    let mut pending = Vec::new();
    pass.run(root, [(index, Some(head))], retain, &mut pending)?;
    while let Some(Pending { graph, seeds }) = Pending::latest(&mut pending) {
        pass.run(&graph, seeds, retain, &mut pending)?;
    }
    Ok(())
}

/// Checks that nothing that a pass from `index` of `root` will reach has been freed or is running.
fn check<V>(pass: &Pass, root: &Arc<Graph<V>>, index: u32) -> Result<()> {
    let mut pending = Vec::new();
    pass.enter(root)?.check(&[index], &mut pending)?;
    while let Some(Pending { graph, seeds }) = Pending::latest(&mut pending) {
        pass.enter(&graph)?.check(&seeds, &mut pending)?;
    }
    Ok(())
}

impl<V> GraphState<V> {
    /// Checks that no entry that `heads` reach has been freed; `elsewhere` takes what they reach in
    /// other graphs.
    fn check(&mut self, heads: &[u32], elsewhere: &mut Vec<Pending<V, u32>>) -> Result<()> {
        if self.whole {
            return Ok(());
        }
        self.reached.clear();
        self.reached.resize(heads.iter().max().map_or(0, |&head| head as usize + 1), false);
        for &head in heads {
            self.reached[head as usize] = true;
        }
        for index in (0..self.reached.len()).rev() {
            if !self.reached[index] {
                continue;
            }
            if self.entries[index].rule.is_none() {
                return Err(Error::GraphFreed);
            }
            let edges = self.edges_of(index);
            for edge in &self.edges[edges] {
                match edge {
                    Edge::Constant | Edge::Leaf(_) => {}
                    Edge::Here(input) => self.reached[*input] = true,
                    Edge::Elsewhere(entry) => {
                        let (graph, input) = &**entry;
                        Pending::of(elsewhere, graph).push(*input);
                    }
                }
            }
        }
        Ok(())
    }

    /// Runs the entries that `seeds` reach, last first; `elsewhere` takes the gradients of values of
    /// other graphs.
    fn run(
        &mut self,
        seeds: impl IntoIterator<Item = Seed<V>>,
        retain: bool,
        pass: u64,
        elsewhere: &mut Vec<Pending<V, Seed<V>>>,
    ) -> Result<()> {
        // A pass that panicked has left its own.
        self.slots.clear();
        for (index, gradient) in seeds {
            let index = index as usize;
            if self.slots.len() <= index {
                self.slots.resize_with(index + 1, || None);
            }
            self.slots[index] = gradient;
        }
        let result = self.run_slots(retain, pass, elsewhere);
        self.slots.clear();
        result
    }

    fn run_slots(
        &mut self,
        retain: bool,
        pass: u64,
        elsewhere: &mut Vec<Pending<V, Seed<V>>>,
    ) -> Result<()> {
        for index in (0..self.slots.len()).rev() {
            let edges = self.edges_of(index);
            let (inputs, outputs) = self.slots.split_at_mut(index);
            let Some(mut gradient) = outputs[0].take() else { continue };
            let entry = &mut self.entries[index];
            let Some(rule) = &entry.rule else { return Err(Error::GraphFreed) };
            let edges = &mut self.edges[edges];
            let mut gradients = Gradients { edges, slots: inputs, elsewhere, pass };
            rule(&mut gradient, &mut gradients)?;
            if !retain {
                self.whole = false;
                entry.rule = None;
                edges.fill_with(|| Edge::Constant);
            }
        }
        Ok(())
    }
}
