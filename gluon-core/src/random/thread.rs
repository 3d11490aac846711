//! The generator of a thread, from which layers that are random while training draw.

use std::cell::RefCell;

use super::Generator;
use crate::error::Result;

thread_local! {
    static GENERATOR: RefCell<Generator> = RefCell::new(Generator::new(0));
}

/// Seeds the generator of this thread, from which [`Dropout`](crate::nn::Dropout), random tensors
/// and each call of [`initialize`](crate::Block::initialize) without a
/// [seed of its own](crate::init::Initialization::seed) draw.
///
/// Every thread begins with seed 0. Equal seeds give equal numbers, however many threads compute.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::random;
///
/// random::seed(42);
/// let state = random::state();
/// random::seed(7);
/// random::set_state(state)?;             // goes on where it was
/// assert_eq!(random::state(), state);
/// # Ok::<(), gluon::Error>(())
/// ```
pub fn seed(seed: u64) {
    GENERATOR.set(Generator::new(seed));
}

/// The state of this thread's generator, from which [`set_state`] continues.
pub fn state() -> [u64; 4] {
    GENERATOR.with_borrow(Generator::state)
}

/// Makes this thread's generator go on from a stored [`state`].
///
/// # Errors
/// As for [`Generator::from_state`].
pub fn set_state(state: [u64; 4]) -> Result<()> {
    GENERATOR.set(Generator::from_state(state)?);
    Ok(())
}

/// The next 64 random bits of this thread.
pub(crate) fn next_u64() -> u64 {
    GENERATOR.with_borrow_mut(Generator::next_u64)
}

/// Runs `f` with `generator` as that of this thread, which has its own again afterwards.
#[cfg(feature = "data")]
pub(crate) fn with_generator<R>(generator: Generator, f: impl FnOnce() -> R) -> R {
    struct Restore(Generator);
    impl Drop for Restore {
        fn drop(&mut self) {
            GENERATOR.set(self.0.clone());
        }
    }
    let _restore = Restore(GENERATOR.replace(generator));
    f()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_begins_with_seed_0_and_goes_on_where_it_is_set() {
        let first = std::thread::spawn(next_u64).join().unwrap();
        assert_eq!(first, Generator::new(0).next_u64());
        seed(3);
        assert_eq!(next_u64(), Generator::new(3).next_u64());
        let state = state();
        let next = next_u64();
        set_state(state).unwrap();
        assert_eq!(next_u64(), next);
        assert!(set_state([0; 4]).is_err());
    }

    #[cfg(feature = "data")]
    #[test]
    fn a_generator_for_a_while_leaves_the_threads_own_alone() {
        seed(5);
        let first = with_generator(Generator::new(1), next_u64);
        assert_eq!(first, Generator::new(1).next_u64());
        let panics = || with_generator(Generator::new(1), || panic!("a sample of its own"));
        assert!(std::panic::catch_unwind(panics).is_err());
        assert_eq!(next_u64(), Generator::new(5).next_u64());
    }
}
