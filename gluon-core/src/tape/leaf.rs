//! Leaves: variables whose gradient is kept.

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use super::lock;

/// What `backward` does with a gradient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum GradReq {
    /// Each backward pass replaces the gradient by the sum over all uses in that pass; of several at
    /// once the one that began last does.
    #[default]
    Write,
    /// Each backward pass adds to the gradient, until it is zeroed.
    Add,
    /// No gradient is kept.
    Null,
}

impl fmt::Display for GradReq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            GradReq::Write => "write",
            GradReq::Add => "add",
            GradReq::Null => "null",
        })
    }
}

/// A variable's gradient.
pub(crate) struct Leaf<V> {
    req: AtomicU8,
    /// Whether a pass has written since [`mark_used`](Leaf::mark_used).
    fresh: AtomicBool,
    pub(super) state: Mutex<LeafState<V>>,
}

pub(super) struct LeafState<V> {
    pub(super) gradient: Option<V>,
    /// The pass that wrote last.
    pub(super) pass: u64,
}

impl<V> Leaf<V> {
    pub(crate) fn new(req: GradReq) -> Leaf<V> {
        let state = Mutex::new(LeafState { gradient: None, pass: 0 });
        Leaf { req: AtomicU8::new(req as u8), fresh: AtomicBool::new(false), state }
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
        self.mark_used();
    }

    /// Puts a gradient in the place of the one that a pass would write.
    pub(crate) fn write(&self, gradient: V) {
        lock(&self.state).gradient = Some(gradient);
        self.mark_fresh();
    }

    /// Whether a pass has written since the gradient was last marked as used.
    pub(crate) fn is_fresh(&self) -> bool {
        self.fresh.load(Ordering::Acquire)
    }

    /// Marks the gradient as written.
    pub(super) fn mark_fresh(&self) {
        self.fresh.store(true, Ordering::Release);
    }

    /// Marks the gradient as used.
    pub(crate) fn mark_used(&self) {
        self.fresh.store(false, Ordering::Release);
    }
}
