//! The threads that help with the work of kernels.
//!
//! A thread that needs help leaves a job for whoever comes by, does its own part, and takes the job
//! back if nobody has begun it. So nobody waits for a helper that is busy elsewhere, a thread that
//! waits does nothing else meanwhile, and whatever work is asked for by how many threads gets done.
#![allow(unsafe_code)]

use std::any::Any;
use std::collections::VecDeque;
use std::env;
use std::hint::spin_loop;
use std::mem;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, Once, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// A helper that has worked will soon be asked again, and to wake it takes longer than what lies
/// between two products of a step: so long it stays awake.
const PATIENCE: Duration = Duration::from_micros(200);

/// A thread pauses so many times between two looks for what it waits for: a microsecond at most.
const PAUSES: usize = 16;

/// More threads than this are more than any machine has use for.
const MOST: usize = 1024;

/// A thread that has asked for help takes so many looks before it goes to sleep.
const LOOKS: usize = 100;

/// What is to be done, by whoever takes it.
type Run<'a> = dyn FnMut() + Send + 'a;

/// The value that a panic carries.
type Payload = Box<dyn Any + Send>;

/// What became of a job that somebody else has taken.
struct Outcome {
    finished: AtomicBool,
    panic: Mutex<Option<Payload>>,
    owner: Thread,
}

/// A job that lies in the stack of a thread within [`Team::join`].
///
/// What these point to is there until the owner has taken the job back, or whoever took it has set
/// `finished`: `join` does not end before, whatever panics.
#[derive(Clone, Copy)]
struct Job {
    run: *mut Run<'static>,
    outcome: *const Outcome,
}

// SAFETY: `run` is `Send` and called by the one thread that took the job out of the queue;
// `Outcome` is `Sync`.
unsafe impl Send for Job {}

impl Job {
    /// Does the job of another thread.
    fn help(self) {
        // SAFETY: This thread has taken the job, and `finished` is not set before the last use of
        // what the job points to. The owner's handle is cloned before, to be used after.
        unsafe {
            let panic = catch_unwind(AssertUnwindSafe(|| (*self.run)())).err();
            let outcome = &*self.outcome;
            *outcome.panic.lock().unwrap_or_else(PoisonError::into_inner) = panic;
            let owner = outcome.owner.clone();
            (*self.outcome).finished.store(true, Ordering::Release);
            owner.unpark();
        }
    }
}

/// Threads that share work with those that ask.
pub(super) struct Team {
    jobs: Mutex<VecDeque<Job>>,
    /// How many jobs there are, for a look without the lock.
    waiting: AtomicUsize,
    /// Helpers that look for work now and then. It changes under the lock only.
    awake: AtomicUsize,
    work: Condvar,
}

impl Team {
    const fn new() -> Team {
        Team {
            jobs: Mutex::new(VecDeque::new()),
            waiting: AtomicUsize::new(0),
            awake: AtomicUsize::new(0),
            work: Condvar::new(),
        }
    }

    /// Starts helpers, fewer if the system refuses.
    fn start(&'static self, helpers: usize) {
        for number in 1..=helpers {
            let name = format!("gluon-{number}");
            let started = thread::Builder::new().name(name).spawn(move || {
                loop {
                    self.next().help();
                }
            });
            if started.is_err() {
                break;
            }
        }
    }

    fn jobs(&self) -> MutexGuard<'_, VecDeque<Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the queue and tells those who look at its length.
    fn change<R>(
        &self,
        jobs: &mut VecDeque<Job>,
        change: impl FnOnce(&mut VecDeque<Job>) -> R,
    ) -> R {
        let result = change(jobs);
        self.waiting.store(jobs.len(), Ordering::Relaxed);
        result
    }

    /// The next job for a helper, which stays awake for a while and then sleeps until it is woken.
    fn next(&self) -> Job {
        let mut jobs = self.jobs();
        self.awake.fetch_add(1, Ordering::Relaxed);
        let mut end = Instant::now() + PATIENCE;
        let job = loop {
            if let Some(job) = self.change(&mut jobs, VecDeque::pop_front) {
                break job;
            }
            drop(jobs);
            while self.waiting.load(Ordering::Relaxed) == 0 && Instant::now() < end {
                (0..PAUSES).for_each(|_| spin_loop());
                // The core may be wanted by a thread that has work.
                thread::yield_now();
            }
            jobs = self.jobs();
            if jobs.is_empty() && Instant::now() >= end {
                self.awake.fetch_sub(1, Ordering::Relaxed);
                jobs = self.work.wait(jobs).unwrap_or_else(PoisonError::into_inner);
                self.awake.fetch_add(1, Ordering::Relaxed);
                end = Instant::now() + PATIENCE;
            }
        };
        self.awake.fetch_sub(1, Ordering::Relaxed);
        job
    }

    /// Runs both, `b` by a helper if one is free before this thread has done `a`.
    pub(super) fn join(&self, a: &mut dyn FnMut(), b: &mut Run<'_>) {
        let outcome = Outcome {
            finished: AtomicBool::new(false),
            panic: Mutex::new(None),
            owner: thread::current(),
        };
        // SAFETY: Only the lifetime changes. `b` is not called after this function has ended.
        let run = unsafe { mem::transmute::<&mut Run<'_>, *mut Run<'static>>(b) };
        let job = Job { run, outcome: &outcome };
        let mut jobs = self.jobs();
        self.change(&mut jobs, |jobs| jobs.push_back(job));
        let wake = jobs.len() > self.awake.load(Ordering::Relaxed);
        drop(jobs);
        if wake {
            self.work.notify_one();
        }
        let first = catch_unwind(AssertUnwindSafe(a));
        let second = if self.take_back(&outcome) {
            // SAFETY: Nobody else can have the job any more.
            catch_unwind(AssertUnwindSafe(|| unsafe { (*job.run)() }))
        } else {
            outcome.wait()
        };
        if let Err(panic) = first.and(second) {
            resume_unwind(panic);
        }
    }

    /// Takes the job of this outcome out of the queue, if nobody has.
    fn take_back(&self, outcome: &Outcome) -> bool {
        let mut jobs = self.jobs();
        let place = jobs.iter().rposition(|job| ptr::eq(job.outcome, outcome));
        place.is_some_and(|place| self.change(&mut jobs, |jobs| jobs.remove(place)).is_some())
    }
}

impl Outcome {
    /// Waits for whoever has taken the job.
    fn wait(&self) -> Result<(), Payload> {
        let mut looks = 0;
        while !self.finished.load(Ordering::Acquire) {
            looks += 1;
            if looks < LOOKS {
                (0..PAUSES).for_each(|_| spin_loop());
            } else {
                thread::park();
            }
        }
        if looks >= LOOKS {
            // What ended a sleep may have been meant for the caller, whose thread this is.
            thread::current().unpark();
        }
        self.panic.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }
}

/// The threads that compute: as many as the environment tells, or as the machine has.
pub(super) fn size() -> usize {
    static SIZE: OnceLock<usize> = OnceLock::new();
    *SIZE.get_or_init(|| {
        let available = || thread::available_parallelism().map_or(1, NonZero::get);
        told(|name| env::var(name).ok()).unwrap_or_else(available).min(MOST)
    })
}

/// What the environment tells: `RAYON_NUM_THREADS`, which other libraries of Rust read too, is for
/// those who tell nothing to this one.
fn told(variable: impl Fn(&str) -> Option<String>) -> Option<usize> {
    let number = |name| variable(name)?.trim().parse().ok().filter(|&threads| threads > 0);
    number("GLUON_NUM_THREADS").or_else(|| number("RAYON_NUM_THREADS"))
}

/// The team of this process, which its first use starts; none if one thread computes.
pub(super) fn team() -> Option<&'static Team> {
    static TEAM: Team = Team::new();
    static START: Once = Once::new();
    (size() > 1).then(|| {
        START.call_once(|| TEAM.start(size() - 1));
        &TEAM
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread::sleep;

    use super::*;

    /// What comes of both, and whether both have run.
    fn joined(team: &Team, a: &mut dyn FnMut(), b: &mut Run<'_>) -> Result<(), &'static str> {
        let both = catch_unwind(AssertUnwindSafe(|| team.join(a, b)));
        both.map_err(|panic| panic.downcast_ref::<&str>().copied().unwrap_or("another panic"))
    }

    /// When a helper takes a job and ends it.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Order {
        /// Nobody comes by.
        Never,
        /// Before the owner has done its own part.
        Before,
        /// While the owner looks for the end.
        Soon,
        /// While the owner sleeps.
        Late,
    }

    #[test]
    fn both_run_once_and_panics_come_through_in_every_order() {
        static NOBODY: Team = Team::new();
        static ONE: Team = Team::new();
        ONE.start(1);
        for order in [Order::Never, Order::Before, Order::Soon, Order::Late] {
            for panics in [[false, false], [true, false], [false, true], [true, true]] {
                let team = if order == Order::Never { &NOBODY } else { &ONE };
                let (begun, has_begun) = channel();
                let (mut first, mut second) = (0, 0);
                let mut a = || {
                    first += 1;
                    if order != Order::Never {
                        has_begun.recv().expect("a helper takes the job");
                    }
                    if order == Order::Before {
                        sleep(Duration::from_millis(2));
                    }
                    assert!(!panics[0], "first");
                };
                let owner = thread::current().id();
                let mut b = || {
                    second += 1;
                    assert_eq!(thread::current().id() == owner, order == Order::Never);
                    begun.send(()).expect("the owner listens");
                    if order == Order::Late {
                        sleep(Duration::from_millis(2));
                    }
                    assert!(!panics[1], "second");
                };
                let result = joined(team, &mut a, &mut b);
                let expected = match panics {
                    [true, _] => Err("first"),
                    [_, true] => Err("second"),
                    _ => Ok(()),
                };
                assert_eq!((result, first, second), (expected, 1, 1), "{order:?} {panics:?}");
                assert!(team.jobs().is_empty() && team.waiting.load(Ordering::Relaxed) == 0);
            }
        }
    }

    #[test]
    fn the_environment_tells_how_many_compute() {
        let told = |gluon: &str, rayon: &str| {
            told(|name| Some(if name.starts_with("GLUON") { gluon } else { rayon }.to_string()))
        };
        assert_eq!(told("3", "2"), Some(3));
        for nothing in ["", "0", "-1", "all"] {
            assert_eq!((told(nothing, " 2"), told(nothing, nothing)), (Some(2), None));
        }
    }

    #[test]
    fn a_helper_that_sleeps_is_woken() {
        static TEAM: Team = Team::new();
        TEAM.start(1);
        for _ in 0..20 {
            sleep(5 * PATIENCE);
            let (begun, has_begun) = channel();
            TEAM.join(&mut || has_begun.recv().expect("a helper"), &mut || {
                begun.send(()).expect("the owner listens");
            });
        }
    }

    #[test]
    fn the_caller_is_told_what_was_meant_for_it() {
        static TEAM: Team = Team::new();
        TEAM.start(1);
        let begun = AtomicBool::new(false);
        let caller = thread::current();
        // A channel would sleep by `park` itself, and take what was meant for the caller.
        let mut wait = || {
            while !begun.load(Ordering::Acquire) {
                thread::yield_now();
            }
        };
        TEAM.join(&mut wait, &mut || {
            begun.store(true, Ordering::Release);
            sleep(Duration::from_millis(2));
            caller.unpark();
            sleep(Duration::from_millis(2));
        });
        thread::park();
    }

    #[test]
    fn nobody_waits_for_a_helper_that_is_busy() {
        static TEAM: Team = Team::new();
        TEAM.start(1);
        let (free, is_free) = channel::<()>();
        let (begun, has_begun) = channel();
        let other = move || {
            has_begun.recv().expect("the helper is busy");
            let (mut first, mut second) = (0, 0);
            TEAM.join(&mut || first = 1, &mut || second = 2);
            free.send(()).expect("the helper waits");
            first + second
        };
        thread::scope(|scope| {
            let other = scope.spawn(other);
            let mut waits = move || {
                begun.send(()).expect("the other waits");
                is_free.recv().expect("the other comes through");
            };
            TEAM.join(&mut || sleep(Duration::from_millis(1)), &mut waits);
            assert_eq!(other.join().ok(), Some(3));
        });
    }

    #[test]
    fn many_threads_share_many_helpers() {
        static TEAM: Team = Team::new();
        TEAM.start(3);

        /// The sum of the numbers from `start` to `end`, each half by whoever is free.
        fn sum(start: u64, end: u64) -> u64 {
            if end - start == 1 {
                return start;
            }
            let middle = start.midpoint(end);
            let (mut first, mut second) = (0, 0);
            TEAM.join(&mut || first = sum(start, middle), &mut || second = sum(middle, end));
            first + second
        }

        // Miri takes a thousand times as long.
        let (rounds, numbers) = if cfg!(miri) { (2, 16) } else { (50, 256) };
        let right = numbers * (numbers - 1) / 2;
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..rounds).for_each(|_| assert_eq!(sum(0, numbers), right)));
            }
        });
    }
}
