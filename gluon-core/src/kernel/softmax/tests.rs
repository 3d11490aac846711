//! Values against the definitions in `f64`, gradients against difference quotients.

use super::*;

const STEP: f64 = 1e-5;
const WIDTHS: [usize; 6] = [1, 2, 10, 16, 37, 100];
const ROWS: usize = 3;

fn values<T: Float>(len: usize, seed: usize) -> Vec<T> {
    (0..len).map(|i| T::from_f64(((i * 37 + seed * 11) % 101) as f64 / 20.0 - 2.5)).collect()
}

fn to_f64<T: Float>(x: &[T]) -> Vec<f64> {
    x.iter().map(|x| x.to_f64()).collect()
}

/// `ln Σ e^x`, plainly.
fn log_sum(x: &[f64]) -> f64 {
    x.iter().map(|x| x.exp()).sum::<f64>().ln()
}

#[track_caller]
fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} {expected}");
}

fn check<T: Float>(tolerance: f64) {
    for columns in WIDTHS {
        let x = values::<T>(ROWS * columns, 1);
        let mut outputs = [vec![T::ZERO; x.len()], vec![T::ZERO; x.len()]];
        let mut sums = vec![T::ZERO; ROWS];
        softmax(&x, columns, &mut outputs[0]);
        log_softmax(&x, columns, &mut outputs[1]);
        log_sum_exp(&x, columns, &mut sums);
        let exact = to_f64(&x);
        for (row, exact) in exact.chunks(columns).enumerate() {
            let log_sum = log_sum(exact);
            close(sums[row].to_f64(), log_sum, tolerance);
            for (column, x) in exact.iter().enumerate() {
                let at = row * columns + column;
                close(outputs[0][at].to_f64(), (x - log_sum).exp(), tolerance);
                close(outputs[1][at].to_f64(), x - log_sum, tolerance);
            }
        }
    }
}

#[test]
fn values_follow_their_definitions() {
    check::<f64>(1e-13);
    check::<f32>(2e-6);
}

#[test]
fn large_logits_do_not_overflow() {
    let x = [1000.0f32, 1000.0, -1000.0];
    let (mut y, mut log, mut sum) = ([0.0; 3], [0.0; 3], [0.0]);
    softmax(&x, 3, &mut y);
    log_softmax(&x, 3, &mut log);
    log_sum_exp(&x, 3, &mut sum);
    assert_eq!(y, [0.5, 0.5, 0.0]);
    assert_eq!((log[2], sum[0]), (-2000.0 - 2f32.ln(), 1000.0 + 2f32.ln()));
    let mut loss = [0.0];
    cross_entropy(&x, &[2], 3, &mut y, &mut loss);
    assert_eq!(loss[0], 2000.0 + 2f32.ln());
    // Nor where the largest is anywhere in rows longer than a vector, and than a piece of rows.
    for (columns, at) in [(40, 0), (40, 17), (40, 39), (3000, 0), (3000, 2999)] {
        let mut x = vec![-1000.0f32; 2 * columns];
        x[columns + at] = 1000.0;
        let mut outputs = [(); 2].map(|()| vec![0.0; 2 * columns]);
        let mut sums = [0.0; 2];
        softmax(&x, columns, &mut outputs[0]);
        log_softmax(&x, columns, &mut outputs[1]);
        log_sum_exp(&x, columns, &mut sums);
        assert_eq!(sums[1], 1000.0);
        for (i, &x) in x.iter().enumerate().skip(columns) {
            let (p, log) = (outputs[0][i], outputs[1][i]);
            assert_eq!((p, log), (f32::from(u8::from(i == columns + at)), x - 1000.0));
        }
        close(f64::from(outputs[0][at]), 1.0 / columns as f64, 1e-8);
    }
}

#[test]
fn infinite_logits_keep_their_meaning() {
    const INF: f32 = f32::INFINITY;
    let mut sums = [0.0; 3];
    log_sum_exp(&[-INF, -INF, 0.0, INF, f32::NAN, 1.0], 2, &mut sums);
    assert!(sums[0] == -INF && sums[1] == INF && sums[2].is_nan());
    let (mut p, mut loss) = ([0.0; 2], [0.0]);
    cross_entropy_dense(&[-INF, 3.0], &[0.0, 1.0], 2, &mut p, &mut loss);
    assert_eq!((p, loss[0]), ([0.0, 1.0], 0.0));
}

/// Compares `grad(dx, accumulate)` with difference quotients of `Σ weights · f(x)`.
fn check_gradient(
    x: &[f64],
    weights: &[f64],
    f: impl Fn(&[f64]) -> Vec<f64>,
    grad: impl Fn(&mut [f64], bool),
) {
    let (mut dx, mut sum) = (vec![f64::NAN; x.len()], vec![3.0; x.len()]);
    grad(&mut dx, false);
    grad(&mut sum, true);
    for i in 0..x.len() {
        let value = |by| {
            let mut x = x.to_vec();
            x[i] += by;
            f(&x).iter().zip(weights).map(|(y, w)| y * w).sum::<f64>()
        };
        close(dx[i], (value(STEP) - value(-STEP)) / (2.0 * STEP), 1e-7);
        close(sum[i], 3.0 + dx[i], 1e-13);
    }
}

#[test]
fn gradients_are_difference_quotients() {
    for columns in WIDTHS {
        let len = ROWS * columns;
        let (x, dy) = (values::<f64>(len, 1), values::<f64>(len, 2));
        let map = |f: fn(&[f64], usize, &mut [f64])| {
            move |x: &[f64]| {
                let mut y = vec![0.0; len];
                f(x, columns, &mut y);
                y
            }
        };
        let (soft, log) = (map(softmax), map(log_softmax));
        let y = soft(&x);
        check_gradient(&x, &dy, soft, |dx, add| softmax_grad(&y, &dy, columns, dx, add));
        let y = log(&x);
        check_gradient(&x, &dy, log, |dx, add| log_softmax_grad(&y, &dy, columns, dx, add));
    }
}

#[test]
fn cross_entropies_and_their_gradients() {
    for columns in WIDTHS {
        let x = values::<f64>(ROWS * columns, 1);
        let labels: Vec<u64> = (0..ROWS).map(|row| ((row * 7 + 1) % columns) as u64).collect();
        let targets: Vec<f64> = values(x.len(), 3).iter().map(|t: &f64| t.abs() / 9.0).collect();
        let dloss = [0.5, -1.0, 2.0];
        let mut p = vec![0.0; x.len()];
        let sparse = |x: &[f64], p: &mut [f64]| {
            let mut loss = vec![0.0; ROWS];
            cross_entropy(x, &labels, columns, p, &mut loss);
            loss
        };
        let dense = |x: &[f64], p: &mut [f64]| {
            let mut loss = vec![0.0; ROWS];
            cross_entropy_dense(x, &targets, columns, p, &mut loss);
            loss
        };
        let losses = (sparse(&x, &mut p), dense(&x, &mut p));
        let mut softmaxed = vec![0.0; x.len()];
        softmax(&x, columns, &mut softmaxed);
        assert_eq!(p, softmaxed);
        for row in 0..ROWS {
            let range = row * columns..(row + 1) * columns;
            let (x, targets) = (&x[range.clone()], &targets[range]);
            close(losses.0[row], log_sum(x) - x[labels[row] as usize], 1e-13);
            let expected: f64 = x.iter().zip(targets).map(|(x1, t)| t * (log_sum(x) - x1)).sum();
            close(losses.1[row], expected, 1e-12);
        }
        check_gradient(
            &x,
            &dloss,
            |x| sparse(x, &mut vec![0.0; x.len()]),
            |dx, add| {
                cross_entropy_grad(&p, &labels, &dloss, columns, dx, add);
            },
        );
        check_gradient(
            &x,
            &dloss,
            |x| dense(x, &mut vec![0.0; x.len()]),
            |dx, add| {
                cross_entropy_dense_grad(&p, &targets, &dloss, columns, dx, add);
            },
        );
    }
}

#[test]
fn many_rows_give_what_one_row_gives() {
    let (rows, columns) = (20_000, 10);
    let x = values::<f32>(rows * columns, 5);
    let labels: Vec<u64> = (0..rows).map(|row| (row % columns) as u64).collect();
    let (mut p, mut loss) = (vec![0.0; x.len()], vec![0.0; rows]);
    cross_entropy(&x, &labels, columns, &mut p, &mut loss);
    for row in 0..rows {
        let (mut one_p, mut one_loss) = ([0.0; 10], [0.0]);
        cross_entropy(
            &x[row * columns..][..columns],
            &labels[row..=row],
            columns,
            &mut one_p,
            &mut one_loss,
        );
        assert!(one_p == p[row * columns..][..columns] && one_loss[0] == loss[row]);
    }
}
