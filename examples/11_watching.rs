//! Watching a net: hooks, a summary, and a drawing.
//!
//! ```text
//! cargo run --release --example 11_watching > net.md
//! ```

use std::cell::RefCell;
use std::rc::Rc;

use gluon::autograd::record;
use gluon::nn::Dense;
use gluon::prelude::*;

fn main() -> Result<()> {
    let x = Tensor::arange(40).div(40.0)?.reshape([2, 20])?;
    let mut net = sequential![
        Dense::new(8).relu(),
        shared: Dense::new(8).relu(),
        #[shared(shared)] _,
        Dense::new(10),
    ];
    net.initialize()?;

    // What each block makes of an input; shared parameters count once.
    let summary = net.summary(&x)?;
    println!("```text\n{summary}\n```");
    assert_eq!(summary.shared, 8 * 8 + 8);

    // A hook on each layer, and one on the gradients that come back to the first.
    let lines = Rc::new(RefCell::new(Vec::new()));
    let note = |text: &'static str, path: &str| {
        let (lines, path) = (Rc::clone(&lines), path.to_owned());
        move |tensor: &Tensor| {
            let norm = tensor.norm().and_then(|norm| norm.item()).unwrap_or(f64::NAN);
            lines.borrow_mut().push(format!("{path:<2} {text:<10} {norm:.6}"));
        }
    };
    let mut hooks = Vec::new();
    for (path, _) in net.children() {
        let note = note("activation", &path);
        hooks.push(net.on_forward(&path, move |_, _, output| note(output))?);
    }
    hooks.push(net.on_backward("0", note("gradient", "0"))?);
    record(|| net.forward(&x))?.backward()?;
    println!("```text\n{}\n```", lines.borrow().join("\n"));
    assert_eq!(lines.take().len(), 5);

    // Dropped, they are gone.
    drop(hooks);
    net.forward(&x)?;
    assert!(lines.borrow().is_empty());

    // Also as `dot()` for Graphviz and `svg()` for browsers.
    println!("```mermaid\n{}```", net.drawing().mermaid());
    Ok(())
}
