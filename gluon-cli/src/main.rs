//! The program `gluon`: lists, checks, converts and compares files of parameters.

mod convert;
mod diff;
mod failure;
mod file;
mod inspect;
mod progress;
mod statistics;
mod table;
mod text;
mod verify;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::{Failure, Outcome};

/// Lists, checks, converts and compares files of parameters
///
/// Reads .params (MXNet Gluon), .gluon, .safetensors and .npz (NumPy), which it knows by their
/// first bytes; writes what the extension says.
#[derive(Parser)]
#[command(version, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 all is well; 1 the files differ, or one is damaged; 2 the command could not be done.";

#[derive(Subcommand)]
enum Command {
    Inspect(inspect::Inspect),
    Verify(verify::Verify),
    Convert(convert::Convert),
    Diff(diff::Diff),
}

impl Command {
    fn run(&self, out: &mut dyn Write) -> Result<Outcome, Failure> {
        match self {
            Command::Inspect(inspect) => inspect.run(out),
            Command::Verify(verify) => verify.run(out),
            Command::Convert(convert) => convert.run(out),
            Command::Diff(diff) => diff.run(out),
        }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // Colours reach terminals only.
    let mut out = io::BufWriter::new(anstream::stdout().lock());
    let outcome = cli.command.run(&mut out).and_then(|outcome| {
        out.flush()?;
        Ok(outcome)
    });
    match outcome {
        Ok(Outcome::Well) => ExitCode::SUCCESS,
        Ok(Outcome::Differs) => ExitCode::from(1),
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = out.flush(); // what is done is shown before what failed
            failure.report();
            ExitCode::from(2)
        }
    }
}
