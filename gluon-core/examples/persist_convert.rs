//! Reads a file in any format and writes it in another.
//!
//! ```text
//! cargo run -p gluon-core --features safetensors,npz --example persist_convert IN OUT
//! ```
//!
//! `--tied OUT` writes a net with shared parameters instead.

use gluon_core::nn::Dense;
use gluon_core::{Block, Persist, persist};
use gluon_macros::Block;

extern crate gluon_core as gluon;

#[derive(Block)]
struct Tied {
    #[new(Dense::new(2).in_units(2))]
    first: Dense,
    #[shared(first)]
    second: Dense,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [flag, path] if flag == "--tied" => {
            let mut net = Tied::new();
            net.initialize()?;
            net.save_parameters(path)?;
        }
        [source, target] => persist::write(target, &persist::read(source)?.arrays)?,
        _ => return Err("expected two paths: IN OUT".into()),
    }
    Ok(())
}
