//! Recurrent layers: all steps of a sequence, forwards and backwards in time.

use gluon_macros::simd;

use super::dense::{dense, dense_dx};
use super::float::Float;
use super::matrix::Matrix;
use crate::buffer::with_scratch;

/// What a step computes from its input's share of the gates and the state before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell {
    /// `h = max(x + h, 0)`
    Relu,
    /// `h = tanh(x + h)`
    Tanh,
    /// Gates i, f, g, o: `c = σ(f)·c + σ(i)·tanh(g)`, `h = σ(o)·tanh(c)`.
    Lstm,
    /// Gates r, z, n: `n = tanh(xₙ + σ(r)·hₙ)`, `h = (1 − σ(z))·n + σ(z)·h`.
    Gru,
}

impl Cell {
    /// How many numbers a unit needs from its input.
    pub(crate) fn gates(self) -> usize {
        match self {
            Cell::Relu | Cell::Tanh => 1,
            Cell::Gru => 3,
            Cell::Lstm => 4,
        }
    }

    /// Whether there is a state besides the output.
    pub(crate) fn has_memory(self) -> bool {
        self == Cell::Lstm
    }

    /// How many states there are.
    pub(crate) fn states(self) -> usize {
        1 + usize::from(self.has_memory())
    }

    /// How many numbers of a unit the gradient needs of each step besides the output.
    fn kept(self) -> usize {
        match self {
            Cell::Relu | Cell::Tanh => 0,
            Cell::Gru => 4,  // r, z, n and hₙ
            Cell::Lstm => 5, // i, f, g, o and c
        }
    }
}

/// The sizes of a pass over a sequence.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recurrence {
    pub(crate) cell: Cell,
    pub(crate) steps: usize,
    pub(crate) batch: usize,
    pub(crate) units: usize,
    /// Whether time runs from the last step to the first.
    pub(crate) reverse: bool,
}

impl Recurrence {
    /// Elements of a state.
    fn state(&self) -> usize {
        self.batch * self.units
    }

    /// Elements of the gates of a step.
    fn gates(&self) -> usize {
        self.state() * self.cell.gates()
    }

    /// Elements that the gradient needs besides the outputs: of each step, then the first states.
    pub(crate) fn kept(&self) -> usize {
        self.state() * (self.steps * self.cell.kept() + self.cell.states())
    }

    /// Where the `i`-th step of time stands.
    fn step(&self, i: usize) -> usize {
        if self.reverse { self.steps - 1 - i } else { i }
    }

    fn sizes(&self) -> [usize; 3] {
        [self.batch, self.units, self.units * self.cell.gates()]
    }
}

/// Runs all steps; `y` gets the output of each and then, if there is one, the last memory.
///
/// # Shapes
/// `gates: [steps, batch, gates · units]`, `h, c: [batch, units]`, `w: [gates · units, units]`,
/// `bias: [gates · units]`, `y: [steps (+ 1), batch, units]`
pub(crate) fn recur<T: Float>(
    sizes: &Recurrence,
    gates: &[T],
    [h, c]: [&[T]; 2],
    w: &[T],
    bias: &[T],
    y: &mut [T],
    kept: &mut [T],
) {
    let (state, width) = (sizes.state(), sizes.gates());
    assert!(gates.len() == sizes.steps * width && h.len() == state);
    let memory = if sizes.cell.has_memory() { state } else { 0 };
    assert!(y.len() == sizes.steps * state + memory && kept.len() == sizes.kept());
    let each = state * sizes.cell.kept();
    let (kept, first) = kept.split_at_mut(sizes.steps * each);
    first[..state].copy_from_slice(h);
    first[state..].copy_from_slice(&c[..memory]);
    with_scratch(state + memory + width, |scratch| {
        let (states, from_hidden) = scratch.split_at_mut(state + memory);
        states.copy_from_slice(first);
        let (hidden, cells) = states.split_at_mut(state);
        let [batch, units, outputs] = sizes.sizes();
        let v = Matrix::new(w, [outputs, units]).t();
        for i in 0..sizes.steps {
            let t = sizes.step(i);
            dense(hidden, v, Some(bias), None, from_hidden, batch);
            let from = [&gates[t * width..][..width], from_hidden];
            let kept = &mut kept[t * each..][..each];
            step(sizes.cell, sizes.units, from, hidden, cells, kept);
            y[t * state..][..state].copy_from_slice(hidden);
        }
        y[sizes.steps * state..].copy_from_slice(cells);
    });
}

/// Slice number `i` of slices of equal length.
#[inline(always)]
fn part<T>(all: &[T], i: usize, len: usize) -> &[T] {
    &all[i * len..][..len]
}

/// One step of every sequence in the batch: the states are changed in place.
#[simd(avx512)]
fn step<T: Float>(
    cell: Cell,
    units: usize,
    [from_input, from_hidden]: [&[T]; 2],
    hidden: &mut [T],
    cells: &mut [T],
    kept: &mut [T],
) {
    if units == 0 {
        return;
    }
    let width = cell.gates() * units;
    for (row, h) in hidden.chunks_exact_mut(units).enumerate() {
        let (x, u) = (part(from_input, row, width), part(from_hidden, row, width));
        match cell {
            Cell::Relu => {
                for (h, (&x, &u)) in h.iter_mut().zip(x.iter().zip(u)) {
                    *h = (x + u).maximum(T::ZERO);
                }
            }
            Cell::Tanh => {
                for (h, (&x, &u)) in h.iter_mut().zip(x.iter().zip(u)) {
                    *h = (x + u).tanh::<FMA>();
                }
            }
            Cell::Lstm => {
                let (gates, kept_c) = kept[5 * units * row..][..5 * units].split_at_mut(4 * units);
                for (gate, (&x, &u)) in gates.iter_mut().zip(x.iter().zip(u)) {
                    *gate = x + u;
                }
                let (input_forget, rest) = gates.split_at_mut(2 * units);
                let (candidate, output) = rest.split_at_mut(units);
                for gate in input_forget.iter_mut() {
                    *gate = gate.sigmoid::<FMA>();
                }
                for gate in candidate.iter_mut() {
                    *gate = gate.tanh::<FMA>();
                }
                for gate in output.iter_mut() {
                    *gate = gate.sigmoid::<FMA>();
                }
                let (input, forget) = input_forget.split_at(units);
                let c = &mut cells[units * row..][..units];
                for (c, ((&i, &f), &g)) in
                    c.iter_mut().zip(input.iter().zip(forget).zip(candidate.iter()))
                {
                    *c = f * *c + i * g;
                }
                for (h, (&c, &o)) in h.iter_mut().zip(c.iter().zip(output.iter())) {
                    *h = o * c.tanh::<FMA>();
                }
                kept_c.copy_from_slice(c);
            }
            Cell::Gru => {
                let kept = &mut kept[4 * units * row..][..4 * units];
                let (gates, rest) = kept.split_at_mut(2 * units);
                let (candidate, from_h) = rest.split_at_mut(units);
                for (gate, (&x, &u)) in gates.iter_mut().zip(x.iter().zip(u)) {
                    *gate = (x + u).sigmoid::<FMA>();
                }
                from_h.copy_from_slice(&u[2 * units..]);
                let (reset, update) = gates.split_at(units);
                let parts = x[2 * units..].iter().zip(reset).zip(from_h.iter());
                for (n, ((&x, &r), &u)) in candidate.iter_mut().zip(parts) {
                    *n = (x + r * u).tanh::<FMA>();
                }
                for (h, (&z, &n)) in h.iter_mut().zip(update.iter().zip(candidate.iter())) {
                    *h = (T::ONE - z) * n + z * *h;
                }
            }
        }
    }
}

/// What [`recur_grad`] starts from.
pub(crate) struct Past<'s, T> {
    pub(crate) w: &'s [T],
    pub(crate) y: &'s [T],
    pub(crate) kept: &'s [T],
}

impl<T: Float> Past<'_, T> {
    /// What is kept of each step, and the output and the memory before the first.
    fn parts(&self, sizes: &Recurrence) -> [&[T]; 3] {
        let (kept, first) = self.kept.split_at(sizes.steps * sizes.state() * sizes.cell.kept());
        let (h, c) = first.split_at(sizes.state());
        [kept, h, c]
    }

    /// The state before each step.
    ///
    /// # Shapes
    /// `before: [steps, batch, units]`
    pub(crate) fn states_before(&self, sizes: &Recurrence, before: &mut [T]) {
        let (state, [_, first, _]) = (sizes.state(), self.parts(sizes));
        for i in 0..sizes.steps {
            let h = if i == 0 { first } else { part(self.y, sizes.step(i - 1), state) };
            before[sizes.step(i) * state..][..state].copy_from_slice(h);
        }
    }
}

/// The gradients of [`recur`] with respect to the gates from the input and those from the state
/// before (equal but for GRU, where the latter are asked for), and to the first states.
///
/// # Shapes
/// `dy: [steps (+ 1), batch, units]`, `dx, du: [steps, batch, gates · units]`,
/// `dh, dc: [batch, units]`
pub(crate) fn recur_grad<T: Float>(
    sizes: &Recurrence,
    past: &Past<'_, T>,
    dy: &[T],
    dx: &mut [T],
    mut du: Option<&mut [T]>,
    [dh, dc]: [&mut [T]; 2],
) {
    let (state, width) = (sizes.state(), sizes.gates());
    let each = state * sizes.cell.kept();
    assert!(dy.len() == past.y.len() && dx.len() == sizes.steps * width);
    let [kept, h, c] = past.parts(sizes);
    dh.fill(T::ZERO);
    if sizes.cell.has_memory() {
        dc.copy_from_slice(&dy[sizes.steps * state..]);
    }
    with_scratch(state, |through| {
        for i in (0..sizes.steps).rev() {
            let t = sizes.step(i);
            for (dh, &dy) in dh.iter_mut().zip(&dy[t * state..]) {
                *dh += dy;
            }
            let before = (i > 0).then(|| sizes.step(i - 1));
            let h = before.map_or(h, |t| part(past.y, t, state));
            // The memory before is kept row by row, after the four gates.
            let values = [part(past.y, t, state), h, part(kept, t, each)];
            let memory = before.map_or(Memory { all: c, start: 0, step: sizes.units }, |t| {
                Memory { all: part(kept, t, each), start: 4 * sizes.units, step: 5 * sizes.units }
            });
            let dx = &mut dx[t * width..][..width];
            let du = du.as_deref_mut().map(|du| &mut du[t * width..][..width]);
            let du = step_grad(sizes.cell, sizes.units, values, &memory, [dh, dc], through, dx, du);
            dense_dx(du, past.w, dh, false, sizes.sizes());
            if sizes.cell == Cell::Gru {
                for (dh, &through) in dh.iter_mut().zip(&*through) {
                    *dh += through;
                }
            }
        }
    });
}

/// The memory before a step: `units` numbers for each row, at `start + row · step`.
struct Memory<'s, T> {
    all: &'s [T],
    start: usize,
    step: usize,
}

/// The gradient of one step: from those of its states, which it makes those of the memory before
/// (`dc`) and of what passes from one output to the next without a product (`through`, of GRU
/// alone). Returns that of the gates from the state before, which is in `du` or else in `dx`.
#[allow(clippy::too_many_arguments)]
#[simd(avx512)]
fn step_grad<'g, T: Float>(
    cell: Cell,
    units: usize,
    [y, h, kept]: [&[T]; 3],
    memory: &Memory<'_, T>,
    [dh, dc]: [&mut [T]; 2],
    through: &mut [T],
    dx: &'g mut [T],
    du: Option<&'g mut [T]>,
) -> &'g [T] {
    if units == 0 {
        return dx;
    }
    let one = T::ONE;
    match (cell, du) {
        (Cell::Gru, Some(du)) => {
            let rows = dx.chunks_exact_mut(3 * units).zip(du.chunks_exact_mut(3 * units));
            for (row, (dx, du)) in rows.enumerate() {
                let [h, dh] = [h, &*dh].map(|all| part(all, row, units));
                let kept = part(kept, row, 4 * units);
                let [r, z, n, u] = [0, 1, 2, 3].map(|gate| part(kept, gate, units));
                let through = &mut through[row * units..][..units];
                for j in 0..units {
                    // y = (1 − z)·n + z·h
                    let dn = dh[j] * (one - z[j]) * (one - n[j] * n[j]);
                    let dz = dh[j] * (h[j] - n[j]) * z[j] * (one - z[j]);
                    let dr = dn * u[j] * r[j] * (one - r[j]);
                    (dx[j], dx[units + j], dx[2 * units + j]) = (dr, dz, dn);
                    (du[j], du[units + j], du[2 * units + j]) = (dr, dz, dn * r[j]);
                    through[j] = dh[j] * z[j];
                }
            }
            du
        }
        (Cell::Lstm, _) => {
            for (row, dx) in dx.chunks_exact_mut(4 * units).enumerate() {
                let kept = part(kept, row, 5 * units);
                let [i, f, g, o, c] = [0, 1, 2, 3, 4].map(|gate| part(kept, gate, units));
                let before = &memory.all[memory.start + row * memory.step..][..units];
                let dh = part(dh, row, units);
                let dc = &mut dc[row * units..][..units];
                for j in 0..units {
                    let squashed = c[j].tanh::<FMA>();
                    let d = dc[j] + dh[j] * o[j] * (one - squashed * squashed);
                    dx[j] = d * g[j] * i[j] * (one - i[j]);
                    dx[units + j] = d * before[j] * f[j] * (one - f[j]);
                    dx[2 * units + j] = d * i[j] * (one - g[j] * g[j]);
                    dx[3 * units + j] = dh[j] * squashed * o[j] * (one - o[j]);
                    dc[j] = d * f[j];
                }
            }
            dx
        }
        (Cell::Relu, _) => {
            for (dx, (&y, &dh)) in dx.iter_mut().zip(y.iter().zip(&*dh)) {
                *dx = if y > T::ZERO { dh } else { T::ZERO };
            }
            dx
        }
        (Cell::Tanh, _) => {
            for (dx, (&y, &dh)) in dx.iter_mut().zip(y.iter().zip(&*dh)) {
                *dx = dh * (one - y * y);
            }
            dx
        }
        (Cell::Gru, None) => panic!("the gates of GRU have two gradients"),
    }
}
