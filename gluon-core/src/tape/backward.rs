//! A pass backwards through what was computed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Edge, GradReq, Graph, GraphState, Origin, lock};
use crate::error::{Error, Result};

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
                    // Another thread's pass has begun later, and replaces what this one would write.
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
/// `add` puts the head into its place if `origin` is a leaf itself. Unless `retain`, what was run
/// is freed.
///
/// # Errors
/// [`Error::NotRecorded`] if `origin` is a constant or frozen, [`Error::GraphFreed`] if a part of what is
/// needed was freed by an earlier pass; no gradient has changed then. Otherwise what a rule
/// returns.
pub(crate) fn backward<V>(
    origin: &Origin<V>,
    head: V,
    retain: bool,
    add: impl FnOnce(Slot<'_, V>, V) -> Result<()>,
) -> Result<()> {
    static PASSES: AtomicU64 = AtomicU64::new(0);
    let pass = PASSES.fetch_add(1, Ordering::Relaxed) + 1;
    let (root, index) = match origin {
        Origin::Leaf(leaf) if origin.wants_gradient() => {
            let edges = [Edge::Leaf(Arc::clone(leaf))];
            let mut gradients =
                Gradients { edges: &edges, slots: &mut [], elsewhere: &mut Vec::new(), pass };
            return gradients.slot(0, |slot| add(slot, head));
        }
        Origin::Constant | Origin::Leaf(_) => return Err(Error::NotRecorded),
        Origin::Node(graph, index) => (graph, *index),
    };
    check(root, index)?;
    let mut pending = Vec::new();
    lock(&root.state).run([(index, Some(head))], retain, pass, &mut pending)?;
    while let Some(next) = latest(&mut pending, |pending| &pending.graph) {
        lock(&next.graph.state).run(next.seeds, retain, pass, &mut pending)?;
    }
    Ok(())
}

/// Takes that one of `pending` whose graph was closed last.
fn latest<V, P>(pending: &mut Vec<P>, graph: impl Fn(&P) -> &Arc<Graph<V>>) -> Option<P> {
    let closed = |&i: &usize| graph(&pending[i]).closed.load(Ordering::Relaxed);
    let latest = (0..pending.len()).max_by_key(closed)?;
    Some(pending.swap_remove(latest))
}

/// Checks that nothing that a pass from `index` of `root` will reach has been freed.
fn check<V>(root: &Arc<Graph<V>>, index: u32) -> Result<()> {
    let mut pending = Vec::new();
    lock(&root.state).check(&[index], &mut pending)?;
    while let Some((graph, heads)) = latest(&mut pending, |(graph, _)| graph) {
        lock(&graph.state).check(&heads, &mut pending)?;
    }
    Ok(())
}

impl<V> GraphState<V> {
    /// Checks that no entry that `heads` reach has been freed; `elsewhere` takes what they reach in
    /// other graphs.
    fn check(
        &mut self,
        heads: &[u32],
        elsewhere: &mut Vec<(Arc<Graph<V>>, Vec<u32>)>,
    ) -> Result<()> {
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
                        match elsewhere.iter().position(|(known, _)| Arc::ptr_eq(known, graph)) {
                            Some(position) => elsewhere[position].1.push(*input),
                            None => elsewhere.push((Arc::clone(graph), vec![*input])),
                        }
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
        seeds: impl IntoIterator<Item = (u32, Option<V>)>,
        retain: bool,
        pass: u64,
        elsewhere: &mut Vec<Pending<V>>,
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
        elsewhere: &mut Vec<Pending<V>>,
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
