//! What the command line says.

use std::path::PathBuf;

/// The options of the example.
pub struct Options {
    /// Passes over the training digits.
    pub epochs: u64,
    /// The folder of the four files.
    pub data: PathBuf,
    quick: bool,
    shipped: bool,
}

impl Options {
    /// Reads `--epochs N`, `--data DIR` and `--quick`.
    pub fn from_args() -> Result<Options, String> {
        let shipped = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/data/mnist"));
        let mut options = Options { epochs: 10, data: shipped, quick: false, shipped: true };
        let mut epochs = None;
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or(format!("`{arg}` needs a value"));
            match arg.as_str() {
                "--quick" => (options.quick, options.epochs) = (true, 2),
                "--epochs" => {
                    let value = value()?;
                    let parsed = value.parse().map_err(|_| {
                        format!("`--epochs` expected a number of epochs, found `{value}`")
                    })?;
                    epochs = Some(parsed);
                }
                "--data" => (options.data, options.shipped) = (value()?.into(), false),
                _ => {
                    let known = "`--epochs N`, `--data DIR` or `--quick`";
                    return Err(format!("expected {known}, found `{arg}`"));
                }
            }
        }
        options.epochs = epochs.unwrap_or(options.epochs);
        Ok(options)
    }

    /// The folder for what the example writes, `target/mlp`.
    pub fn output(&self) -> std::io::Result<PathBuf> {
        let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/mlp"));
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// What the default run must reach on the held-back digits; less is asked of fewer epochs and
    /// of other data.
    pub fn wanted_accuracy(&self) -> f64 {
        match self.epochs {
            _ if !self.shipped => 0.0,
            0 => 0.0,
            1..10 => 0.85,
            _ => 0.93,
        }
    }
}
