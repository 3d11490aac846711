//! The fully connected layer: product, bias and activation in one call, and its gradients.

use gluon_macros::simd;

use super::activation::{Activation, for_slope_of, slopes};
use super::float::Float;
use super::gemm::gemm;
use super::gemm::small::{self, Plus, is_small};
use super::map::{Unary, map_in_place};
use super::matrix::{Matrix, MatrixMut};
use super::parallel;
use super::reduce::{Reduce, reduce};
use super::softmax::piece_of_rows;
use crate::shape::{Layout, MAX_RANK, Shape};

/// `y = act(x · V + b)`
///
/// # Shapes
/// `x: [batch, in_units]`, `v: [in_units, units]`, `bias: [units]`, `y: [batch, units]`
pub(crate) fn dense<T: Float>(
    x: &[T],
    v: Matrix<'_, T>,
    bias: Option<&[T]>,
    activation: Option<Activation>,
    y: &mut [T],
    batch: usize,
) {
    let [in_units, units] = v.dims();
    let sizes = [batch, in_units, units];
    if is_small(sizes) {
        let plus = bias.map_or(Plus::Nothing, Plus::Row);
        // Compared one by one, they stay in registers.
        let [down, along] = v.strides();
        if down == 1 && along == in_units {
            small::by_dot(T::tiles(), x, v.data(), plus, y, sizes);
        } else {
            assert!(down == units && along == 1);
            small::by_row(T::tiles(), x, [in_units, 1], v.data(), plus, y, sizes);
        }
        if activation.is_some() {
            finish(None, activation, units, y);
        }
        return;
    }
    gemm(Matrix::new(x, [batch, in_units]), v, false, MatrixMut::new(y, [batch, units]));
    if (bias.is_none() && activation.is_none()) || units == 0 {
        return;
    }
    assert!(bias.is_none_or(|bias| bias.len() == units));
    let cost = activation.map_or(1, Activation::cost);
    parallel::for_each_part(&mut y[..batch * units], units, cost, |_, y| {
        finish(bias, activation, units, y);
    });
}

/// `dz = dy · act′(y)` in the place of `dy`, and `db (+)= Σ dz` over the batch; `db` is added to if
/// `accumulate`.
///
/// # Shapes
/// `y, dy: [batch, units]`, `db: [units]`
pub(crate) fn dense_dz<T: Float>(
    activation: Activation,
    y: &[T],
    dy: &mut [T],
    db: Option<&mut [T]>,
    accumulate: bool,
) {
    assert_eq!(y.len(), dy.len());
    match db {
        None => slopes(activation, y, dy),
        Some(db) => slopes_and_sums(activation, y, dy, db, accumulate),
    }
}

/// `db (+)= Σ dz` over the batch; added to `db` if `accumulate`.
///
/// # Shapes
/// `dz: [batch, units]`, `db: [units]`
pub(crate) fn dense_db<T: Float>(
    dz: &[T],
    db: &mut [T],
    accumulate: bool,
    sizes @ [batch, _, units]: [usize; 3],
) {
    if is_small(sizes) {
        return sum_rows(dz, db, accumulate);
    }
    let layout = Layout::contiguous(Shape::from([batch, units]));
    let mut rows = [false; MAX_RANK];
    rows[0] = true;
    reduce(Reduce::Sum, dz, &layout, rows, db, accumulate);
}

/// `sums (+)= Σ` of the rows of `x`; added to `sums` if `accumulate`.
fn sum_rows<T: Float>(x: &[T], sums: &mut [T], accumulate: bool) {
    if !accumulate {
        sums.fill(T::ZERO);
    }
    for row in x.chunks_exact(sums.len().max(1)) {
        for (sum, &x) in sums.iter_mut().zip(row) {
            *sum += x;
        }
    }
}

/// `dw (+)= dzᵀ · x`; added to `dw` if `accumulate`.
///
/// # Shapes
/// `dz: [batch, units]`, `x: [batch, in_units]`, `dw: [units, in_units]`
pub(crate) fn dense_dw<T: Float>(
    dz: &[T],
    x: &[T],
    dw: &mut [T],
    accumulate: bool,
    [batch, in_units, units]: [usize; 3],
) {
    if is_small([units, batch, in_units]) {
        return small::by_row(
            T::tiles(),
            dz,
            [1, units],
            x,
            Plus::output(accumulate),
            dw,
            [units, batch, in_units],
        );
    }
    let (dz, x) = (Matrix::new(dz, [batch, units]), Matrix::new(x, [batch, in_units]));
    let dw = MatrixMut::new(dw, [units, in_units]);
    gemm(dz.t(), x, accumulate, dw);
}

/// `dx (+)= dz · W`; added to `dx` if `accumulate`.
///
/// # Shapes
/// `dz: [batch, units]`, `w: [units, in_units]`, `dx: [batch, in_units]`
pub(crate) fn dense_dx<T: Float>(
    dz: &[T],
    w: &[T],
    dx: &mut [T],
    accumulate: bool,
    [batch, in_units, units]: [usize; 3],
) {
    if is_small([batch, units, in_units]) {
        return small::by_row(
            T::tiles(),
            dz,
            [units, 1],
            w,
            Plus::output(accumulate),
            dx,
            [batch, units, in_units],
        );
    }
    let (dz, w) = (Matrix::new(dz, [batch, units]), Matrix::new(w, [units, in_units]));
    let dx = MatrixMut::new(dx, [batch, in_units]);
    gemm(dz, w, accumulate, dx);
}

/// Adds the bias to each row of `y` and applies the activation.
pub(super) fn finish<T: Float>(
    bias: Option<&[T]>,
    activation: Option<Activation>,
    units: usize,
    y: &mut [T],
) {
    let function = match activation {
        Some(Activation::Sigmoid) => Unary::Sigmoid,
        Some(Activation::Tanh) => Unary::Tanh,
        Some(Activation::Softplus) => Unary::Softplus,
        Some(Activation::Relu | Activation::Softsign) | None => {
            return finish_simply(bias, activation, units, y);
        }
    };
    for y in y.chunks_mut(piece_of_rows(units.max(1))) {
        if bias.is_some() {
            finish_simply(bias, None, units, y);
        }
        map_in_place(function, y);
    }
}

/// [`finish`] with an activation that is arithmetic.
#[simd(avx512)]
fn finish_simply<T: Float>(
    bias: Option<&[T]>,
    activation: Option<Activation>,
    units: usize,
    y: &mut [T],
) {
    #[inline(always)]
    fn each<T: Float>(bias: Option<&[T]>, units: usize, y: &mut [T], f: impl Fn(T) -> T) {
        match bias {
            Some(bias) => {
                for y in y.chunks_exact_mut(units) {
                    for (y, &b) in y.iter_mut().zip(bias) {
                        *y = f(*y + b);
                    }
                }
            }
            None => {
                // Pieces of a fixed size: the compiler's own vector loops leave short rows to scalar
                // code.
                let (pieces, rest) = y.as_chunks_mut::<8>();
                for piece in pieces {
                    for y in piece {
                        *y = f(*y);
                    }
                }
                for y in rest {
                    *y = f(*y);
                }
            }
        }
    }
    match activation {
        None => each(bias, units, y, |y| y),
        Some(Activation::Relu) => each(bias, units, y, |y| y.maximum(T::ZERO)),
        Some(Activation::Softsign) => each(bias, units, y, |y| y / (T::ONE + y.abs())),
        Some(Activation::Sigmoid | Activation::Tanh | Activation::Softplus) => {
            unreachable!("`finish` computes these")
        }
    }
}

#[simd]
fn slopes_and_sums<T: Float>(
    activation: Activation,
    y: &[T],
    dy: &mut [T],
    db: &mut [T],
    accumulate: bool,
) {
    let units = db.len();
    if units == 0 {
        return;
    }
    if !accumulate {
        db.fill(T::ZERO);
    }
    macro_rules! each {
        (|$y:ident, $dy:ident| $value:expr) => {{
            for (dy, y) in dy.chunks_exact_mut(units).zip(y.chunks_exact(units)) {
                for ((dz, &$y), db) in dy.iter_mut().zip(y).zip(db.iter_mut()) {
                    let $dy = *dz;
                    *dz = $value;
                    *db += *dz;
                }
            }
        }};
    }
    for_slope_of!(activation, each);
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTIVATIONS: [Option<Activation>; 6] = [
        None,
        Some(Activation::Relu),
        Some(Activation::Sigmoid),
        Some(Activation::Tanh),
        Some(Activation::Softplus),
        Some(Activation::Softsign),
    ];

    fn reference(activation: Option<Activation>, z: f64) -> f64 {
        match activation {
            None => z,
            Some(Activation::Relu) => z.max(0.0),
            Some(Activation::Sigmoid) => 1.0 / (1.0 + (-z).exp()),
            Some(Activation::Tanh) => z.sinh() / z.cosh(),
            Some(Activation::Softplus) => (1.0 + z.exp()).ln(),
            Some(Activation::Softsign) => z / (1.0 + z.abs()),
        }
    }

    fn values<T: Float>(len: usize, seed: usize) -> Vec<T> {
        (0..len).map(|i| T::from_f64(((i * 37 + seed * 11) % 101) as f64 / 50.0 - 1.01)).collect()
    }

    const SIZES: [[usize; 3]; 7] =
        [[2, 8, 8], [1, 784, 10], [3, 1, 5], [5, 7, 1], [33, 20, 70], [1, 1, 1], [0, 3, 2]];

    fn check<T: Float>(tolerance: f64) {
        for [batch, in_units, units] in SIZES {
            let (x, w, b) = (
                values::<T>(batch * in_units, 1),
                values::<T>(units * in_units, 2),
                values::<T>(units, 3),
            );
            for (activation, bias) in
                ACTIVATIONS.into_iter().flat_map(|a| [(a, None), (a, Some(&*b))])
            {
                let mut y = vec![T::from_f64(f64::NAN); batch * units];
                let v = Matrix::new(&w, [units, in_units]).t();
                dense(&x, v, bias, activation, &mut y, batch);
                for (i, y) in y.iter().enumerate() {
                    let (row, unit) = (i / units, i % units);
                    let product: f64 = (0..in_units)
                        .map(|k| x[row * in_units + k].to_f64() * w[unit * in_units + k].to_f64())
                        .sum();
                    let z = product + bias.map_or(0.0, |bias| bias[unit].to_f64());
                    let expected = reference(activation, z);
                    let error = (y.to_f64() - expected).abs() / expected.abs().max(1.0);
                    assert!(error < tolerance, "{activation:?} {batch} {in_units} {units}");
                }
            }
        }
    }

    #[test]
    fn outputs_are_products_plus_bias_activated() {
        check::<f64>(1e-13);
        check::<f32>(1e-4);
    }

    #[test]
    fn infinite_gradients_do_not_pass_what_is_flat() {
        let (y, infinite) = ([0.0, 2.0], [f32::INFINITY, 3.0]);
        let [mut dz, mut alone] = [infinite; 2];
        let mut db = [f32::NAN; 2];
        dense_dz(Activation::Relu, &y, &mut dz, Some(&mut db), false);
        dense_dz(Activation::Relu, &y, &mut alone, None, false);
        assert_eq!([dz, alone, db], [[0.0, 3.0]; 3]);
    }

    #[test]
    fn gradients_are_difference_quotients() {
        const STEP: f64 = 1e-6;
        for ([batch, in_units, units], activation) in
            SIZES[..6].iter().flat_map(|&sizes| ACTIVATIONS.map(|activation| (sizes, activation)))
        {
            let sizes = [batch, in_units, units];
            let (x, w, b) = (
                values::<f64>(batch * in_units, 1),
                values::<f64>(units * in_units, 2),
                values::<f64>(units, 3),
            );
            let dy = values::<f64>(batch * units, 4);
            let forward = |x: &[f64], w: &[f64], b: &[f64]| {
                let mut y = vec![0.0; batch * units];
                let v = Matrix::new(w, [units, in_units]).t();
                dense(x, v, Some(b), activation, &mut y, batch);
                y
            };
            let (mut dz, mut db) = (dy.clone(), vec![1.0; units]);
            let (mut dw, mut dx) = (vec![1.0; w.len()], vec![f64::NAN; x.len()]);
            let y = forward(&x, &w, &b);
            match activation {
                Some(activation) => dense_dz(activation, &y, &mut dz, Some(&mut db), true),
                None => dense_db(&dz, &mut db, true, sizes),
            }
            dense_dw(&dz, &x, &mut dw, true, sizes);
            dense_dx(&dz, &w, &mut dx, false, sizes);
            let quotient = |f: &dyn Fn(f64) -> Vec<f64>| -> f64 {
                let (above, below) = (f(STEP), f(-STEP));
                (0..dy.len()).map(|i| dy[i] * (above[i] - below[i]) / (2.0 * STEP)).sum()
            };
            let shift = |v: &[f64], i: usize, by: f64| {
                let mut v = v.to_vec();
                v[i] += by;
                v
            };
            let close = |found: f64, expected: f64| {
                assert!((found - expected).abs() < 1e-6, "{activation:?}: {found} {expected}");
            };
            // A few of each: the products themselves are tested elsewhere.
            for i in (0..x.len()).step_by(1 + x.len() / 7) {
                close(dx[i], quotient(&|by| forward(&shift(&x, i, by), &w, &b)));
            }
            for i in (0..w.len()).step_by(1 + w.len() / 7) {
                close(dw[i] - 1.0, quotient(&|by| forward(&x, &shift(&w, i, by), &b)));
            }
            for i in (0..units).step_by(1 + units / 7) {
                close(db[i] - 1.0, quotient(&|by| forward(&x, &w, &shift(&b, i, by))));
            }
            if let Some(activation) = activation {
                let mut alone = dy.clone();
                dense_dz(activation, &y, &mut alone, None, false);
                assert_eq!(alone, dz);
            }
        }
    }
}
