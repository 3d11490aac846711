//! Threads that share a net: how many times the passes of one thread several make together.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use gluon::prelude::*;

use crate::measure::Measure;

const ROUNDS: usize = 9;

/// Prints how many times as many passes as one thread all make on one net, and on a net each: what
/// the machine itself allows.
pub fn times<N: Layer + Send + Sync>(
    measure: &Measure,
    variant: &str,
    net: impl Fn() -> Result<N>,
    x: &Tensor,
) -> Result<()> {
    let threads: usize = measure.threads.parse().expect("--threads needs a number");
    let nets = (0..threads).map(|_| net()).collect::<Result<Vec<_>>>()?;
    let time = Duration::from_secs_f64(measure.seconds);
    let (mut shared, mut apart) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let one = passes(&[&nets[0]], x, time);
        shared.push(passes(&vec![&nets[0]; threads], x, time) / one);
        apart.push(passes(&nets.iter().collect::<Vec<_>>(), x, time) / one);
    }
    for (metric, mut ratios) in [("shared", shared), ("apart", apart)] {
        ratios.sort_by(f64::total_cmp);
        measure.print("shared", variant, metric, ratios[ROUNDS / 2], "times");
    }
    Ok(())
}

/// Passes a second of a thread for each net, each on an input of its own.
fn passes<N: Layer + Sync>(nets: &[&N], x: &Tensor, time: Duration) -> f64 {
    let start = Barrier::new(nets.len());
    let run = |net: &N| {
        let x = x.copy();
        let hundred = || (0..100).for_each(|_| drop(net.forward(&x).expect("shapes fit")));
        hundred();
        start.wait();
        let (begin, mut count) = (Instant::now(), 0);
        while begin.elapsed() < time {
            hundred();
            count += 100;
        }
        f64::from(count) / begin.elapsed().as_secs_f64()
    };
    thread::scope(|scope| {
        let run = &run;
        let threads: Vec<_> = nets.iter().map(|&net| scope.spawn(move || run(net))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread that ends")).sum()
    })
}
