//! A process that is killed while it saves leaves a whole file.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use gluon::persist;
use gluon::random::Generator;
use gluon::{Block, Persist, Tensor};

use crate::formats::EXTENSIONS;
use crate::nets::{Scratch, Untied};

/// How often a child is killed, over all formats.
const KILLS: usize = 240;

/// The environment variable that tells the child where to save.
const TARGET: &str = "GLUON_TEST_CRASH_TARGET";

/// A net in which every value is `number`, too large to be written at once.
fn net(number: f64) -> Untied {
    let mut net = Untied::new();
    for layer in [&mut net.first, &mut net.second] {
        *layer = gluon::nn::Dense::new(128).in_units(512);
    }
    for entry in &net.collect_params() {
        entry.set_data(&Tensor::full(entry.shape(), number, gluon::DType::F32)).unwrap();
    }
    net
}

/// Not a test of its own: what the killed process does. It saves again and again, each time
/// another number.
#[test]
fn child_that_saves() {
    let Some(target) = std::env::var_os(TARGET) else { return };
    let nets = [net(1.0), net(2.0), net(3.0)];
    for net in nets.iter().cycle() {
        net.save_parameters(&target).unwrap();
    }
}

/// The one number that the file is full of.
fn number(path: &Path) -> f32 {
    let contents = persist::read(path).unwrap();
    assert_eq!(contents.arrays.len(), 4);
    assert!(contents.notes.is_empty());
    let mut numbers = contents.arrays.iter().flat_map(|(_, array)| array.to_vec::<f32>().unwrap());
    let first = numbers.next().unwrap();
    assert!(numbers.all(|number| number == first), "two saves in one file");
    first
}

#[test]
fn a_killed_process_leaves_a_whole_file() {
    let mut generator = Generator::new(11);
    let mut seen = [0; 4];
    for kill in 0..KILLS {
        let scratch = Scratch::new();
        let extension = EXTENSIONS[kill % EXTENSIONS.len()];
        let path = scratch.at(&format!("net.{extension}"));
        net(0.0).save_parameters(&path).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["crash::child_that_saves", "--exact"])
            .env(TARGET, &path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // From the first replaced file on, the child does nothing but save. It is killed after some
        // saves that were seen, as their times depend on what else runs.
        let modified = || std::fs::metadata(&path).unwrap().modified().unwrap();
        let start = Instant::now();
        for _ in 0..=generator.below(3) {
            let before = modified();
            while modified() == before && start.elapsed() < Duration::from_secs(30) {
                std::thread::sleep(Duration::from_micros(200));
            }
        }
        std::thread::sleep(Duration::from_micros(generator.below(8000) as u64));
        child.kill().unwrap(); // SIGKILL where there are signals
        child.wait().unwrap();
        seen[number(&path) as usize] += 1;
        // The next save is not in the way of what the killed one left behind.
        net(1.0).save_parameters(&path).unwrap();
        assert_eq!(number(&path), 1.0);
    }
    let [first, others @ ..] = seen;
    assert_eq!(first, 0, "kills before the first save");
    assert!(others.iter().all(|&count| count > 0), "{others:?}");
}
