//! Progress: a bar for files that take a while, on terminals only.

use gluon_core::persist::{Archive, Array, Item};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::failure::Failure;

/// Files of fewer bytes are done before anybody looks.
const LARGE: usize = 64 << 20;

/// How far the reading of a file is.
pub struct Progress(ProgressBar);

impl Progress {
    /// Of reading everything in `archives`.
    pub fn of(archives: &[&Archive]) -> Progress {
        let items = archives.iter().flat_map(|archive| archive.items());
        let total: usize = items.map(Item::byte_len).fold(0, usize::saturating_add);
        let target =
            if total < LARGE { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(total as u64), target);
        let style = "{bar:40} {binary_bytes}/{binary_total_bytes} {eta}";
        Progress(bar.with_style(
            ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()),
        ))
    }

    /// Reads an array, and counts it.
    pub fn read(&self, item: Item<'_>) -> Result<Array, Failure> {
        let array = item.read()?;
        self.0.inc(item.byte_len() as u64);
        Ok(array)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
