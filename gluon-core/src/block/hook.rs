//! Hooks: functions that watch the blocks of a model compute.
//!
//! Blocks are called through [`Tensor::apply`], by a [`Sequential`](crate::nn::Sequential) and by
//! the `forward` of a `#[block(sequential)]` struct, and all three come here. Without hooks a call
//! costs one look at a flag of the thread.
//!
//! A hook is kept beside the model, under the address and type of its block. Its handle borrows the
//! model, so the address stays true as long as the hook is there.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::hash::BuildHasherDefault;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::find::{Found, Key, called, find};
use super::locate::locate;
use super::member::Member;
use super::visit::root;
use super::{Block, Forward};
use crate::autograd::record_op;
use crate::error::Result;
use crate::hash::Map;
use crate::tape::Gradients;
use crate::tensor::Tensor;

thread_local! {
    /// Whether there are hooks on this thread.
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    /// Those on each block, in the order in which they were attached.
    static HOOKS: RefCell<Map<Key, Vec<Attached>>> =
        const { RefCell::new(Map::with_hasher(BuildHasherDefault::new())) };
}

#[derive(Clone)]
struct Attached {
    id: u64,
    function: Function,
}

type Shared<F> = Rc<RefCell<F>>;

#[derive(Clone)]
pub(super) enum Function {
    Before(Shared<Before>),
    After(Shared<After>),
    Backward(Shared<Backward>),
}

/// Gets a block and its input.
type Before = dyn FnMut(&dyn Block, &Tensor);

/// Gets a block, its input and its output.
type After = dyn FnMut(&dyn Block, &Tensor, &Tensor);

/// Gets the gradient of an output.
type Backward = dyn FnMut(&Tensor);

/// A hook on a block of a model, which it borrows. Dropping it detaches the function.
///
/// [`Block::on_forward`] and its siblings make one.
#[must_use = "a hook that is dropped is detached"]
pub struct Hook<'m> {
    id: u64,
    key: Key,
    model: PhantomData<&'m ()>,
    /// Hooks belong to the thread that attached them.
    thread: PhantomData<Rc<()>>,
}

impl<'m> Hook<'m> {
    /// A hook on the block at `path` of `model`.
    pub(super) fn attach<M: Member + ?Sized>(
        model: &'m M,
        path: &str,
        function: Function,
    ) -> Result<Hook<'m>> {
        Ok(Hook::on(&find(&root(model), path)?, function))
    }

    /// A hook on a block that was found.
    pub(super) fn on(found: &Found<'m>, function: Function) -> Hook<'m> {
        static IDS: AtomicU64 = AtomicU64::new(0);
        let (id, key) = (IDS.fetch_add(1, Ordering::Relaxed), found.key);
        let attached = Attached { id, function };
        HOOKS.with_borrow_mut(|hooks| hooks.entry(key).or_default().push(attached));
        WATCHED.set(true);
        Hook { id, key, model: PhantomData, thread: PhantomData }
    }

    /// Detaches the function; the same as dropping the hook.
    pub fn detach(self) {}
}

impl Drop for Hook<'_> {
    fn drop(&mut self) {
        // The function is dropped last: it may hold hooks itself.
        let _detached = HOOKS.try_with(|hooks| {
            let mut hooks = hooks.borrow_mut();
            let here = hooks.get_mut(&self.key)?;
            let hook = here.remove(here.iter().position(|hook| hook.id == self.id)?);
            if here.is_empty() {
                hooks.remove(&self.key);
            }
            let _ = WATCHED.try_with(|watched| watched.set(!hooks.is_empty()));
            Some(hook)
        });
    }
}

impl fmt::Debug for Hook<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hook({})", self.id)
    }
}

/// `layer.forward(input)`, watched by the hooks on `layer`.
#[inline]
pub(crate) fn observe<L: Block + Forward + ?Sized>(layer: &L, input: &Tensor) -> Result<Tensor> {
    if WATCHED.get() { watched(layer, input) } else { layer.forward(input) }
}

/// [`observe`], whose error says in which block it happened.
#[inline]
pub(super) fn call<L: Block + Forward + ?Sized>(layer: &L, input: &Tensor) -> Result<Tensor> {
    observe(layer, input).map_err(|error| locate(error, layer))
}

#[cold]
fn watched<L: Block + Forward + ?Sized>(layer: &L, input: &Tensor) -> Result<Tensor> {
    let Some(place) = called(&root(layer)) else { return layer.forward(input) };
    for Attached { function, .. } in attached(place.key) {
        if let Function::Before(function) = function
            && let Ok(mut function) = function.try_borrow_mut()
        {
            function(place.block, input);
        }
    }
    let mut output = layer.forward(input)?;
    for Attached { id, function } in attached(place.key) {
        match function {
            Function::Before(_) => {}
            Function::After(function) => {
                if let Ok(mut function) = function.try_borrow_mut() {
                    function(place.block, input, &output);
                }
            }
            Function::Backward(_) => output = watch_gradient(place.key, id, &output)?,
        }
    }
    Ok(output)
}

/// The hooks on a block, which may attach and detach others while they run.
fn attached(key: Key) -> Vec<Attached> {
    HOOKS.with_borrow(|hooks| hooks.get(&key).cloned().unwrap_or_default())
}

/// `output` itself, whose gradient on its way back is shown to the hook `id` of a block.
fn watch_gradient(key: Key, id: u64, output: &Tensor) -> Result<Tensor> {
    record_op("on_backward", [output], output.detach(), |_| {
        move |gradient: &mut Tensor, gradients: &mut Gradients<'_, Tensor>| {
            let attached = attached(key).into_iter().find(|hook| hook.id == id);
            if let Some(Function::Backward(function)) = attached.map(|hook| hook.function)
                && let Ok(mut function) = function.try_borrow_mut()
            {
                function(gradient);
            }
            gradients.add(0, gradient.clone())
        }
    })
}
