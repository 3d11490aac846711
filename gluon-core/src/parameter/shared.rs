//! Shared: a value that many threads read at once and few change.
//!
//! A lock that threads take only to read is still written to, and memory that two processors write
//! in turns costs some 100 ns a time, more than a small layer takes. So the thread that changed the
//! value last reads it in its home, and each other thread keeps a copy of the handle, with a lock of
//! its own, until the value changes.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// A value, of which copies are cheap handles.
pub(super) struct Shared<T> {
    home: Place<T>,
    /// The number of the thread that reads in the home.
    owner: AtomicUsize,
    /// Whether there are copies; changes only with the lock of the home.
    copied: AtomicBool,
    copies: OnceLock<Box<[Place<T>; COPIES]>>,
}

/// A value that one thread reads, in memory that no other thread writes to meanwhile.
///
/// Processors fetch pairs of lines of 64 bytes.
#[repr(align(128))]
struct Place<T>(RwLock<Option<T>>);

/// Threads beyond so many share a place, which costs time only.
const COPIES: usize = 16;

/// The number of this thread.
fn number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: usize = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    // A thread that ends has lost its number.
    NUMBER.try_with(|&number| number).unwrap_or_default()
}

impl<T> Place<T> {
    #[inline]
    fn read(&self) -> RwLockReadGuard<'_, Option<T>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Option<T>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Shared<T> {
    pub(super) fn new(value: T) -> Shared<T> {
        Shared {
            home: Place(RwLock::new(Some(value))),
            owner: AtomicUsize::new(number()),
            copied: AtomicBool::new(false),
            copies: OnceLock::new(),
        }
    }

    /// The value, which does not change meanwhile.
    #[inline]
    pub(super) fn read(&self) -> Reading<'_, T> {
        let number = number();
        if number == self.owner.load(Ordering::Relaxed) {
            return Reading(self.home.read());
        }
        self.read_copy(number)
    }

    fn read_copy(&self, number: usize) -> Reading<'_, T> {
        let empty = || Box::new(std::array::from_fn(|_| Place(RwLock::new(None))));
        let place = &self.copies.get_or_init(empty)[number % COPIES];
        let copy = place.read();
        if copy.is_some() {
            return Reading(copy);
        }
        drop(copy);
        // Whoever changes the value locks its home first, then empties the copies.
        let home = self.home.read();
        self.copied.store(true, Ordering::Relaxed);
        place.write().clone_from(&home);
        Reading(home)
    }

    /// The value, to be changed; until then nobody reads it, and there are no copies.
    pub(super) fn write(&self) -> Writing<'_, T> {
        let home = self.home.write();
        self.owner.store(number(), Ordering::Relaxed);
        if self.copied.load(Ordering::Relaxed) {
            self.copied.store(false, Ordering::Relaxed);
            for place in self.copies.get().into_iter().flat_map(|copies| copies.iter()) {
                *place.write() = None;
            }
        }
        Writing(home)
    }
}

/// A value that waits with changing until it has been read.
pub(super) struct Reading<'s, T>(RwLockReadGuard<'s, Option<T>>);

/// A value that waits with being read until it has been changed.
pub(super) struct Writing<'s, T>(RwLockWriteGuard<'s, Option<T>>);

const HELD: &str = "only a place that holds a value is read";

impl<T> Deref for Reading<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.0.as_ref().unwrap_or_else(|| unreachable!("{HELD}"))
    }
}

impl<T> Deref for Writing<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().unwrap_or_else(|| unreachable!("{HELD}"))
    }
}

impl<T> DerefMut for Writing<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_mut().unwrap_or_else(|| unreachable!("{HELD}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::thread;

    #[test]
    fn every_thread_reads_what_was_written_last() {
        let shared = Shared::new(0);
        for round in 1..4 {
            *shared.write() = round;
            thread::scope(|scope| {
                let read = || (*shared.read(), *shared.read());
                let threads = [(); 40].map(|()| scope.spawn(read));
                for thread in threads {
                    assert_eq!(thread.join().ok(), Some((round, round)));
                }
            });
        }
    }

    #[test]
    fn a_writer_holds_the_only_handle() {
        let shared = Shared::new(Arc::new(1));
        let read = || Arc::strong_count(&shared.read());
        let on_two_threads = || thread::scope(|scope| scope.spawn(|| read() + read()).join().ok());
        // The first read makes the copy.
        assert_eq!((read(), on_two_threads(), read()), (1, Some(4), 2));
        assert_eq!(Arc::get_mut(&mut shared.write()), Some(&mut 1));
        // From then on the writer's thread reads in the home.
        thread::scope(|scope| scope.spawn(|| drop(shared.write())).join().ok());
        assert_eq!((read(), read()), (2, 2));
    }

    #[test]
    fn readers_and_writers_at_once_see_whole_values() {
        let shared = Shared::new((0, 0));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut last = 0;
                    while last < 1000 {
                        let (a, b) = *shared.read();
                        assert!(a == b && a >= last);
                        last = a;
                    }
                });
            }
            scope.spawn(|| {
                for _ in 0..1000 {
                    let (a, b) = &mut *shared.write();
                    (*a, *b) = (*a + 1, *b + 1);
                }
            });
        });
    }
}
