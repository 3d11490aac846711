//! The mode of a thread: whether it records, and whether it trains.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use crate::tape::Graph;
use crate::tensor::Tensor;

thread_local! {
    static MODE: Cell<Mode> = const { Cell::new(Mode { recording: false, training: false }) };
    /// How many `record`s enclose this point.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    /// The graph that the outermost of them fills, kept after it ends, so that the next can use its
    /// memory.
    static GRAPH: RefCell<Option<Arc<Graph<Tensor>>>> = const { RefCell::new(None) };
}

#[derive(Clone, Copy)]
struct Mode {
    recording: bool,
    training: bool,
}

/// Runs `f` in recording and training mode.
///
/// Calls nest; [`pause`] suspends recording inside. The modes are restored afterwards, also when
/// `f` panics. While a thread ends, in the destructors of its `thread_local!`s, nothing is recorded.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::autograd::{is_recording, is_training, record};
///
/// assert!(record(|| is_recording() && is_training()));
/// assert!(!is_recording() && !is_training());
/// ```
pub fn record<R>(f: impl FnOnce() -> R) -> R {
    record_with(true, f)
}

/// [`record`] with a choice between training and prediction mode.
pub fn record_with<R>(training: bool, f: impl FnOnce() -> R) -> R {
    let _recording = RecordingGuard::enter();
    scoped(Mode { recording: true, training }, f)
}

/// Runs `f` without recording, in the mode of training that is set.
pub(super) fn unrecorded<R>(f: impl FnOnce() -> R) -> R {
    scoped(Mode { recording: false, ..MODE.get() }, f)
}

/// Runs `f` without recording, in prediction mode.
pub fn pause<R>(f: impl FnOnce() -> R) -> R {
    scoped(Mode { recording: false, training: false }, f)
}

/// Runs `f` in training mode: dropout drops, batch normalization uses the batch.
pub fn train_mode<R>(f: impl FnOnce() -> R) -> R {
    scoped(Mode { training: true, ..MODE.get() }, f)
}

/// Runs `f` in prediction mode.
pub fn predict_mode<R>(f: impl FnOnce() -> R) -> R {
    scoped(Mode { training: false, ..MODE.get() }, f)
}

/// Whether operations are being recorded on this thread.
pub fn is_recording() -> bool {
    MODE.get().recording
}

/// Whether this thread is in training mode.
pub fn is_training() -> bool {
    MODE.get().training
}

fn scoped<R>(mode: Mode, f: impl FnOnce() -> R) -> R {
    struct Restore(Mode);
    impl Drop for Restore {
        fn drop(&mut self) {
            MODE.set(self.0);
        }
    }
    let _restore = Restore(MODE.replace(mode));
    f()
}

/// Runs `f` without recording, and lets what it records go to graphs of its own: the one that is
/// open here belongs to the pass backwards that `f` is.
pub(super) fn set_aside<R>(f: impl FnOnce() -> R) -> R {
    struct Restore(usize, Option<Arc<Graph<Tensor>>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            DEPTH.set(self.0);
            let _ = GRAPH.try_with(|graph| graph.replace(self.1.take()));
        }
    }
    let is_open = DEPTH.get() > 0;
    let _restore = is_open.then(|| Restore(DEPTH.take(), take_graph()));
    pause(f)
}

struct RecordingGuard;

impl RecordingGuard {
    fn enter() -> RecordingGuard {
        if DEPTH.get() == 0 {
            change_graph(|graph| match graph.as_mut().and_then(Arc::get_mut) {
                Some(unused) => unused.reset(),
                None => *graph = Some(Arc::new(Graph::new())),
            });
        }
        DEPTH.set(DEPTH.get() + 1);
        RecordingGuard
    }
}

impl Drop for RecordingGuard {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
        if DEPTH.get() == 0 {
            change_graph(|graph| {
                if let Some(graph) = graph {
                    match Arc::get_mut(graph) {
                        Some(unused) => unused.reset(),
                        None => graph.close(),
                    }
                }
            });
        }
    }
}

/// Lets `change` work on the thread's graph, which it does not have meanwhile: what is dropped there
/// may record something itself.
///
/// A thread that ends has no graph any more, and records nothing.
fn change_graph(change: impl FnOnce(&mut Option<Arc<Graph<Tensor>>>)) {
    let _ = GRAPH.try_with(|kept| {
        let mut graph = kept.take();
        change(&mut graph);
        // What one recorded meanwhile goes when nothing is borrowed any more.
        drop(kept.replace(graph));
    });
}

/// The thread's graph, which it does not have any more.
fn take_graph() -> Option<Arc<Graph<Tensor>>> {
    GRAPH.try_with(RefCell::take).ok().flatten()
}

/// The graph of the current recording, if this thread records.
pub(super) fn current_graph() -> Option<Arc<Graph<Tensor>>> {
    if !is_recording() {
        return None;
    }
    GRAPH.try_with(|graph| graph.borrow().clone()).ok().flatten()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;
    use crate::error::{Error, Result};

    fn modes() -> (bool, bool) {
        (is_recording(), is_training())
    }

    #[test]
    fn modes_nest_and_return() {
        assert_eq!(modes(), (false, false));
        record(|| {
            assert_eq!(modes(), (true, true));
            pause(|| {
                assert_eq!(modes(), (false, false));
                train_mode(|| assert_eq!(modes(), (false, true)));
                record_with(false, || assert_eq!(modes(), (true, false)));
            });
            predict_mode(|| assert_eq!(modes(), (true, false)));
            assert_eq!(modes(), (true, true));
        });
        assert_eq!(modes(), (false, false));
    }

    #[test]
    fn a_panic_restores_the_mode() {
        let result = std::panic::catch_unwind(|| record(|| panic!("in the middle")));
        assert!(result.is_err());
        assert_eq!(modes(), (false, false));
        assert!(current_graph().is_none());
    }

    #[test]
    fn a_thread_that_ends_computes_and_records_nothing() {
        struct AtTheEnd(Sender<(f32, Result<()>)>);
        impl Drop for AtTheEnd {
            fn drop(&mut self) {
                let mut x = Tensor::from([3.0f32]);
                x.attach_grad();
                let y = record(|| x.square()).expect("numbers have a square");
                let value = y.item().expect("there is one") as f32;
                let _ = self.0.send((value, y.backward()));
            }
        }
        thread_local! {
            static LAST: RefCell<Option<AtTheEnd>> = const { RefCell::new(None) };
        }
        let (sender, receiver) = channel();
        let thread = std::thread::spawn(move || {
            // What is first used first ends last.
            LAST.set(Some(AtTheEnd(sender)));
            record(|| Tensor::ones([1]).square()).map(drop)
        });
        assert!(thread.join().is_ok_and(|result| result.is_ok()));
        assert!(matches!(receiver.recv(), Ok((9.0, Err(Error::NotRecorded)))));
    }

    #[test]
    fn the_mode_is_per_thread() {
        record(|| {
            let other = std::thread::spawn(modes).join();
            assert_eq!(other.ok(), Some((false, false)));
        });
    }
}
