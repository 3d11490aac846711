//! Recurrent layers: all steps of a sequence in one operation.

use crate::autograd::record_op;
use crate::buffer::{for_float, with_scratch};
use crate::dtype::Element;
use crate::error::{Error, Result};
use crate::kernel::dense::dense_dw;
use crate::kernel::recurrent::{Past, Recurrence, recur, recur_grad};
use crate::kernel::reduce::{Reduce, reduce};
use crate::shape::MAX_RANK;
use crate::tensor::Tensor;

pub(crate) use crate::kernel::recurrent::Cell;

/// The outputs of all steps, and after them, of a cell that has one, the last memory.
///
/// `states`, as many as the cell has, are the output and the memory before the first step.
///
/// # Shapes
/// `gates: [steps, batch, gates · units]`, the input's part with its bias; states
/// `[batch, units]`; `weight: [gates · units, units]`, `bias: [gates · units]` →
/// `[steps (+ 1), batch, units]`
pub(crate) fn recurrent(
    op: &'static str,
    cell: Cell,
    reverse: bool,
    gates: &Tensor,
    states: &[Tensor],
    [weight, bias]: [&Tensor; 2],
) -> Result<Tensor> {
    let &[steps, batch, width] = gates.shape().dims() else {
        let expected = "[steps, batch, channels]";
        return Err(Error::BadShape { op, expected, found: *gates.shape() });
    };
    let units = width / cell.gates();
    for state in states {
        if *state.shape() != [batch, units] {
            return Err(Error::ShapeMismatch { op, lhs: *gates.shape(), rhs: *state.shape() });
        }
    }
    if *weight.shape() != [width, units] || *bias.shape() != [width] {
        return Err(Error::ShapeMismatch { op, lhs: *weight.shape(), rhs: *bias.shape() });
    }
    // Of a cell without memory the last state is the output again, and not among the inputs.
    let all = [gates, weight, bias, &states[0], &states[states.len() - 1]];
    let inputs = &all[..3 + cell.states()];
    if let Some(other) = inputs.iter().find(|input| input.dtype() != gates.dtype()) {
        return Err(Error::DTypeMismatch { op, lhs: gates.dtype(), rhs: other.dtype() });
    }
    let sizes = Recurrence { cell, steps, batch, units, reverse };
    let shape = [steps + cell.states() - 1, batch, units];
    for_float!(gates, op, T => {
        let all = all.map(Tensor::to_contiguous);
        let [x, w, b, h, c] = Tensor::slices::<T, _>(all.each_ref());
        let shapes = [&shape.into(), &sizes.kept().into()];
        let [y, kept] = Tensor::build_two::<T>(shapes, gates.device(), |y, kept| {
            recur(&sizes, x, [h, c], w, b, y, kept);
        });
        record_op(op, inputs, y, |y| {
            // No more than a rule keeps in its place in the graph.
            let ([_, w, ..], y) = (all, y.detach());
            move |dy, gradients| {
                let Recurrence { cell, steps, batch, units, .. } = sizes;
                let (width, device) = (cell.gates() * units, y.device());
                let [dy, y, weight, kept] = Tensor::slices::<T, _>([dy, &y, &w, &kept]);
                let past = Past { w: weight, y, kept };
                // The gates from the state before have a gradient of their own in GRU alone.
                let own = cell == Cell::Gru;
                let (gates, state) = ([steps, batch, width].into(), [batch, units].into());
                let other = if own { gates } else { 0.into() };
                let mut states = None;
                let [dx, du] = Tensor::build_two::<T>([&gates, &other], device, |dx, du| {
                    let du = own.then_some(du);
                    states = Some(Tensor::build_two::<T>([&state; 2], device, |dh, dc| {
                        recur_grad(&sizes, &past, dy, dx, du, [dh, dc]);
                    }));
                });
                let du = if own { &du } else { &dx };
                gradients.write_at::<T>(2, (&width.into(), w.device()), |db, accumulate| {
                    let mut rows = [false; MAX_RANK];
                    rows[..2].fill(true);
                    reduce(Reduce::Sum, elements::<T>(du), du.layout(), rows, db, accumulate);
                })?;
                if gradients.wants(1) {
                    with_scratch(steps * batch * units, |before| {
                        past.states_before(&sizes, before);
                        gradients.write::<T>(1, &w, |dw, accumulate| {
                            dense_dw(elements::<T>(du), before, dw, accumulate, [steps * batch, units, width]);
                        })
                    })?;
                }
                let states = (3..3 + cell.states()).zip(states.into_iter().flatten());
                for (input, gradient) in [(0, dx)].into_iter().chain(states) {
                    if gradients.wants(input) {
                        gradients.add(input, gradient)?;
                    }
                }
                Ok(())
            }
        })
    })
}

fn elements<T: Element>(tensor: &Tensor) -> &[T] {
    tensor.as_contiguous().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::{check, record};
    use crate::shape::Shape;

    fn numbers(shape: impl Into<Shape>, seed: f64) -> Tensor {
        let shape = shape.into();
        let values = (0..shape.size()).map(|i| (0.9 * i as f64 + seed).sin()).collect::<Vec<_>>();
        Tensor::from_vec(values, shape).unwrap()
    }

    const CELLS: [Cell; 4] = [Cell::Relu, Cell::Tanh, Cell::Lstm, Cell::Gru];

    fn inputs(cell: Cell, steps: usize) -> Vec<Tensor> {
        let (batch, units, width) = (2, 3, 3 * cell.gates());
        let mut inputs = vec![
            numbers([steps, batch, width], 0.1),
            numbers([width, units], 0.5),
            numbers(width, 1.1),
            numbers([batch, units], 0.7),
        ];
        if cell.has_memory() {
            inputs.push(numbers([batch, units], 2.3));
        }
        inputs
    }

    fn run(cell: Cell, reverse: bool, v: &[Tensor]) -> Result<Tensor> {
        recurrent("recurrent", cell, reverse, &v[0], &v[3..], [&v[1], &v[2]])
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let good = inputs(Cell::Lstm, 2);
        for (index, shape, expected) in [
            (0, &[2, 12][..], "expected [steps, batch, channels], found shape (2, 12)"),
            (1, &[12, 4], "cannot combine shapes (12, 4) and (12,)"),
            (2, &[11], "cannot combine shapes (12, 3) and (11,)"),
            (3, &[2, 4], "cannot combine shapes (2, 2, 12) and (2, 4)"),
            (4, &[1, 3], "cannot combine shapes (2, 2, 12) and (1, 3)"),
        ] {
            let mut parts = good.clone();
            parts[index] = numbers(Shape::new(shape), 0.1);
            let error = run(Cell::Lstm, false, &parts).unwrap_err().to_string();
            assert_eq!(error, format!("`recurrent` {expected}"));
        }
        for index in 1..5 {
            let mut parts = good.clone();
            parts[index] = parts[index].to_dtype(crate::DType::F32);
            let error = run(Cell::Lstm, false, &parts).unwrap_err().to_string();
            assert!(error.contains("expected both operands to be float64"), "{error}");
        }
    }

    /// The formulas of a step, in operations on tensors.
    fn step(
        cell: Cell,
        x: &Tensor,
        states: &[Tensor],
        [w, b]: [&Tensor; 2],
    ) -> Result<Vec<Tensor>> {
        let h = &states[0];
        let u = h.matmul(&w.transpose()?)?.add(b)?;
        let xs = x.split(1, cell.gates())?;
        let us = u.split(1, cell.gates())?;
        Ok(match cell {
            Cell::Relu => vec![x.add(&u)?.relu()?],
            Cell::Tanh => vec![x.add(&u)?.tanh()?],
            Cell::Lstm => {
                let gate = |i: usize| xs[i].add(&us[i]);
                let forgotten = gate(1)?.sigmoid()?.mul(&states[1])?;
                let c = forgotten.add(&gate(0)?.sigmoid()?.mul(&gate(2)?.tanh()?)?)?;
                vec![gate(3)?.sigmoid()?.mul(&c.tanh()?)?, c]
            }
            Cell::Gru => {
                let r = xs[0].add(&us[0])?.sigmoid()?;
                let z = xs[1].add(&us[1])?.sigmoid()?;
                let n = xs[2].add(&r.mul(&us[2])?)?.tanh()?;
                vec![n.add(&z.mul(&h.sub(&n)?)?)?]
            }
        })
    }

    #[test]
    fn steps_follow_their_formulas_in_either_direction() {
        for cell in CELLS {
            for reverse in [false, true] {
                let v = inputs(cell, 4);
                let y = run(cell, reverse, &v).unwrap();
                let mut states = v[3..].to_vec();
                for i in 0..4 {
                    let t = if reverse { 3 - i } else { i };
                    let x = v[0].select(0, t).unwrap();
                    states = step(cell, &x, &states, [&v[1], &v[2]]).unwrap();
                    assert_close(&y.select(0, t).unwrap(), &states[0]);
                }
                if cell.has_memory() {
                    assert_close(&y.select(0, 4).unwrap(), &states[1]);
                }
            }
        }
    }

    #[track_caller]
    fn assert_close(found: &Tensor, expected: &Tensor) {
        let error = found.sub(expected).unwrap().abs().unwrap().max().unwrap().item().unwrap();
        assert!(error < 1e-14, "{error}");
    }

    #[test]
    fn infinite_gradients_do_not_pass_what_is_flat() {
        let of = |x: f64, shape: &[usize]| Tensor::full(shape, x, crate::DType::F64);
        let mut x = of(-1.0, &[1, 1, 1]);
        x.attach_grad();
        let v = [x.clone(), of(1.0, &[1, 1]), of(0.0, &[1]), of(0.0, &[1, 1])];
        record(|| run(Cell::Relu, false, &v)?.sqrt()).unwrap().backward().unwrap();
        assert_eq!(x.grad().unwrap(), of(0.0, &[1, 1, 1]));
    }

    #[test]
    fn gradients_match_difference_quotients() {
        for cell in CELLS {
            for (steps, reverse) in [(3, false), (3, true), (1, false)] {
                let v = inputs(cell, steps);
                let error = check::gradients(|v| run(cell, reverse, v), &v, 1e-5).unwrap();
                assert!(error < 1e-8, "{cell:?} {steps} {reverse}: {error}");
            }
        }
    }
}
