//! A disk that fills up at any byte of a save leaves the old file, and nothing beside it.

use std::path::Path;
use std::process::{Command, Output};

use gluon::nn::Dense;
use gluon::{Block, DType, Persist, Tensor, persist};

use crate::formats::EXTENSIONS;
use crate::nets::Scratch;

/// The environment variable that tells the child where to save.
const TARGET: &str = "GLUON_TEST_DISK_TARGET";

/// A net of some 16 KiB in which every value is `number`.
fn net(number: f64) -> Dense {
    let mut net = Dense::new(64).in_units(64);
    net.initialize().unwrap();
    for entry in &net.collect_params() {
        entry.set_data(&Tensor::full(entry.shape(), number, DType::F32)).unwrap();
    }
    net
}

/// Not a test of its own: what the process does that may write only so many bytes.
#[test]
fn child_that_saves_once() {
    let Some(target) = std::env::var_os(TARGET) else { return };
    if let Err(error) = net(2.0).save_parameters(target) {
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        while let Some(error) = cause {
            eprintln!("{error}");
            cause = error.source();
        }
        std::process::exit(1);
    }
}

/// Saves to `path` in a process whose files end after `blocks` of 512 bytes, as on a full disk:
/// a write stops short there, and the next one fails.
fn save_within(blocks: usize, path: &Path) -> Output {
    let program = std::env::current_exe().unwrap();
    // A shell of POSIX counts blocks of 512 bytes. The signal would kill before the write fails.
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    Command::new("sh")
        .args(["-c", &script])
        .arg(program)
        .args(["disk::child_that_saves_once", "--exact", "--nocapture"])
        .env(TARGET, path)
        .output()
        .unwrap()
}

#[test]
fn a_full_disk_leaves_the_old_file() {
    for extension in EXTENSIONS {
        let scratch = Scratch::new();
        let path = scratch.at(&format!("net.{extension}"));
        net(1.0).save_parameters(&path).unwrap();
        let old = std::fs::read(&path).unwrap();
        let enough = old.len().div_ceil(512);
        for blocks in (0..enough).step_by(3) {
            let output = save_within(blocks, &path);
            let text = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success(), "{extension} {blocks}");
            assert!(text.contains("cannot write") && text.contains("large"), "{text}");
            assert_eq!(std::fs::read(&path).unwrap(), old, "{extension} {blocks}");
            let files = std::fs::read_dir(path.parent().unwrap()).unwrap().count();
            assert_eq!(files, 1, "{extension} {blocks}: a temporary file was left");
        }
        let output = save_within(2 * enough, &path);
        assert!(output.status.success(), "{extension}: {output:?}");
        let saved = persist::load(&path).unwrap().into_list();
        assert!(saved.iter().all(|x| *x == x.ones_like().mul(2.0).unwrap()));
    }
}
