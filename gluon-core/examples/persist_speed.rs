//! How fast models are saved and loaded, and with how much memory, beside a plain write and read
//! of as many bytes in the same run.
//!
//! ```text
//! cargo run --release -p gluon-core --features safetensors,npz --example persist_speed [FOLDER]
//! ```
//!
//! Each figure is the best of several runs. Peak memory is that of a process of its own which
//! saves or loads once; it is known on Linux only.

#![allow(clippy::print_stdout, reason = "a program that prints")]

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use gluon_core::block::{Block, Member, Walk, WalkMut};
use gluon_core::{DType, Parameter, Persist, Result, Tensor};

/// As many parameters as a caller wants, of one size.
struct Net(Vec<Parameter>);

impl Net {
    fn new(count: usize, size: usize) -> Net {
        Net((0..count).map(|_| Parameter::new([size])).collect())
    }

    fn filled(count: usize, size: usize) -> Result<Net> {
        let net = Net::new(count, size);
        for (i, parameter) in net.0.iter().enumerate() {
            parameter.set_data(&Tensor::full([size], i as f64 + 0.5, DType::F32))?;
        }
        Ok(net)
    }
}

impl Member for Net {
    fn visit<'a>(&'a self, walk: &mut Walk<'a, '_>) {
        walk.enter(self);
        walk.member("layers", &self.0);
        walk.leave(self);
    }

    fn visit_mut(&mut self, walk: &mut WalkMut<'_>) {
        walk.enter("net");
        walk.member("layers", &mut self.0);
        walk.leave(self);
    }

    fn rebuild(&self, map: &mut dyn FnMut(&Parameter) -> Parameter) -> Net {
        Net(self.0.rebuild(map))
    }
}

impl Block for Net {
    fn hint(&self) -> &str {
        "net"
    }

    fn type_name(&self) -> &str {
        "Net"
    }
}

type Outcome<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

const RUNS: usize = 5;
const FORMATS: [&str; 4] = ["params", "gluon", "safetensors", "npz"];

fn best(mut run: impl FnMut() -> Outcome) -> Outcome<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..RUNS {
        let start = Instant::now();
        run()?;
        best = best.min(start.elapsed());
    }
    Ok(best)
}

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [action, count, size, path] = &arguments[..] {
        return child(action, count.parse()?, size.parse()?, Path::new(path));
    }
    let folder = arguments.first().map_or_else(std::env::temp_dir, PathBuf::from);
    for (count, size) in [(25, 1_000_000), (1000, 1000), (1000, 25_000)] {
        compare(&folder, count, size)?;
    }
    Ok(())
}

fn compare(folder: &Path, count: usize, size: usize) -> Outcome {
    let bytes = vec![1u8; 4 * count * size];
    let mib = bytes.len() as f64 / f64::from(1 << 20);
    println!("\n{count} tensors of {size} float32, {mib:.0} MiB");
    let plain = folder.join("plain");
    let write = best(|| {
        let mut file = File::create(&plain)?;
        file.write_all(&bytes)?;
        Ok(file.sync_all()?)
    })?;
    let read = best(|| {
        let mut bytes = vec![0; bytes.len()];
        Ok(File::open(&plain)?.read_exact(&mut bytes)?)
    })?;
    fs::remove_file(&plain)?;
    drop(bytes);
    println!("plain        write {:8.1} ms             read {:8.1} ms", ms(write), ms(read));

    let net = Net::filled(count, size)?;
    for format in FORMATS {
        let path = folder.join(format!("speed.{format}"));
        if net.save_parameters(&path).is_err() {
            println!("{format:12} not built");
            continue;
        }
        let save = best(|| Ok(net.save_parameters(&path)?))?;
        let load = best(|| Ok(Net::new(count, size).load_parameters(&path).map(drop)?))?;
        let peaks = ["idle", "save", "load"].map(|action| peak(action, count, size, &path));
        let [idle, saving, loading] = peaks;
        println!(
            "{format:12} save {:9.1} ms ({:4.2}x)     load {:8.1} ms ({:4.2}x)     peak over the model: save {}, load {}",
            ms(save),
            save.as_secs_f64() / write.as_secs_f64(),
            ms(load),
            load.as_secs_f64() / read.as_secs_f64(),
            over(saving, idle),
            over(loading, idle),
        );
        fs::remove_file(&path)?;
    }
    Ok(())
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn over(peak: Option<u64>, idle: Option<u64>) -> String {
    match (peak, idle) {
        (Some(peak), Some(idle)) => format!("{:+.1} MiB", (peak as f64 - idle as f64) / 1024.0),
        _ => "?".to_owned(),
    }
}

/// The peak of a process that does one thing, in KiB.
fn peak(action: &str, count: usize, size: usize, path: &Path) -> Option<u64> {
    let program = std::env::current_exe().ok()?;
    let arguments = [action, &count.to_string(), &size.to_string()];
    let output = Command::new(program).args(arguments).arg(path).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

fn child(action: &str, count: usize, size: usize, path: &Path) -> Outcome {
    let extension = path.extension().unwrap_or_default();
    let child = path.with_file_name("child").with_extension(extension);
    let mut net = Net::new(count, size);
    match action {
        "load" => drop(net.load_parameters(path)?),
        "save" => Net::filled(count, size)?.save_parameters(&child)?,
        _ => net = Net::filled(count, size)?,
    }
    let _ = fs::remove_file(&child);
    drop(net);
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    println!("{}", peak.unwrap_or("").trim().trim_end_matches(" kB"));
    Ok(())
}
