//! Times and memory.

use std::hint::black_box;
use std::time::Instant;

/// What the command line says.
pub struct Measure {
    peer: String,
    only: Vec<String>,
    pub seconds: f64,
    pub threads: String,
    pub directory: String,
    pub words: Vec<String>,
}

impl Measure {
    pub fn from_arguments() -> Measure {
        let mut measure = Measure {
            peer: "gluon".to_owned(),
            only: Vec::new(),
            seconds: 0.25,
            threads: "2".to_owned(),
            directory: std::env::temp_dir().to_string_lossy().into_owned(),
            words: Vec::new(),
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(word) = arguments.next() {
            let mut value = || arguments.next().unwrap_or_else(|| panic!("{word} needs a value"));
            match word.as_str() {
                "--peer" => measure.peer = value(),
                "--only" => measure.only = value().split(',').map(str::to_owned).collect(),
                "--secs" => measure.seconds = value().parse().expect("--secs needs a number"),
                "--threads" => measure.threads = value(),
                "--dir" => measure.directory = value(),
                _ => measure.words.push(word),
            }
        }
        measure
    }

    /// Whether a workload was asked for; those that need a process of their own only by name.
    pub fn wants(&self, workload: &str) -> bool {
        if self.only.is_empty() {
            return !["W6", "W8", "growth", "shared", "ops", "chain"].contains(&workload);
        }
        self.only.iter().any(|name| name == workload)
    }

    /// Whether a variant was asked for, by its name or the end of it; all are if no words say which.
    pub fn wants_variant(&self, variant: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| variant.ends_with(word))
    }

    pub fn print(&self, workload: &str, variant: &str, metric: &str, value: f64, unit: &str) {
        let Measure { peer, threads, .. } = self;
        println!("{peer}\t{workload}\t{variant}@t{threads}\t{metric}\t{value:.6}\t{unit}");
    }

    /// Prints the median and the least time of `f`, over samples of at least 200 µs.
    pub fn time<R>(&self, workload: &str, variant: &str, mut f: impl FnMut() -> R) {
        let (start, mut calls) = (Instant::now(), 0usize);
        while calls < 3 || (start.elapsed().as_secs_f64() < self.seconds * 0.2 && calls < 100_000) {
            black_box(f());
            calls += 1;
        }
        let one = start.elapsed().as_secs_f64() / calls as f64;
        let inner = ((200e-6 / one).ceil() as usize).max(1);
        let (start, mut samples) = (Instant::now(), Vec::new());
        while samples.len() < 5 || start.elapsed().as_secs_f64() < self.seconds {
            let start = Instant::now();
            for _ in 0..inner {
                black_box(f());
            }
            samples.push(start.elapsed().as_secs_f64() * 1e6 / inner as f64);
        }
        samples.sort_by(f64::total_cmp);
        self.print(workload, variant, "time_med", samples[samples.len() / 2], "us");
        self.print(workload, variant, "time_min", samples[0], "us");
    }

    /// Runs `f` once, and prints its time and its memory.
    pub fn once<R>(&self, workload: &str, variant: &str, f: impl FnOnce() -> R) -> R {
        let timed = || {
            let start = Instant::now();
            (f(), start.elapsed())
        };
        let (result, time) = self.memory(workload, variant, resident(), timed);
        self.print(workload, variant, "time_med", time.as_secs_f64() * 1e6, "us");
        result
    }

    /// Runs `f` once, and prints how much memory there was at most: above `before`, and in all.
    pub fn memory<R>(
        &self,
        workload: &str,
        variant: &str,
        before: f64,
        f: impl FnOnce() -> R,
    ) -> R {
        // Forgets the peak so far, where the system can.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        let result = f();
        let peak = status("VmHWM:");
        self.print(workload, variant, "peak_rss_delta", (peak - before).max(0.0), "MiB");
        self.print(workload, variant, "peak_rss", peak, "MiB");
        result
    }
}

/// How much memory the process has now, in MiB.
pub fn resident() -> f64 {
    status("VmRSS:")
}

/// A line about memory in MiB, as Linux tells it.
fn status(key: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(key));
    let kibibytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    kibibytes.unwrap_or(0.0) / 1024.0
}
