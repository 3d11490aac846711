//! Products of every size and orientation, against the definition in `f64`.

use super::*;

/// How an operand lies: row by row, column by column, or with gaps either way.
#[derive(Clone, Copy, Debug)]
enum Order {
    Rows,
    Columns,
    GappedRows,
    GappedColumns,
}

const ORDERS: [Order; 4] = [Order::Rows, Order::Columns, Order::GappedRows, Order::GappedColumns];

impl Order {
    fn strides(self, [rows, columns]: [usize; 2]) -> [usize; 2] {
        match self {
            Order::Rows => [columns, 1],
            Order::Columns => [1, rows],
            Order::GappedRows => [2 * columns + 3, 2],
            Order::GappedColumns => [1, rows + 5],
        }
    }
}

/// Values between −1 and 1 that repeat late.
fn values<T: Float>(len: usize, seed: usize) -> Vec<T> {
    (0..len).map(|i| T::from_f64(((i * 37 + seed * 11) % 101) as f64 / 50.0 - 1.0)).collect()
}

fn length(dims: [usize; 2], strides: [usize; 2]) -> usize {
    dims[0] * strides[0] + dims[1] * strides[1] + 1
}

#[track_caller]
fn check<T: Float>(dims: [usize; 3], orders: [Order; 3], alpha: f64, beta: f64, tolerance: f64) {
    let [m, n, k] = dims;
    let [a_strides, b_strides, c_strides] =
        [orders[0].strides([m, k]), orders[1].strides([k, n]), orders[2].strides([m, n])];
    let a = values::<T>(length([m, k], a_strides), 1);
    let b = values::<T>(length([k, n], b_strides), 2);
    let mut c = values::<T>(length([m, n], c_strides), 3);
    if beta == 0.0 {
        c.fill(T::from_f64(f64::NAN));
    }
    let before = c.clone();
    let (a, b) = (Matrix::strided(&a, [m, k], a_strides), Matrix::strided(&b, [k, n], b_strides));
    let (alpha_t, beta_t) = (T::from_f64(alpha), T::from_f64(beta));
    gemm(alpha_t, a, b, beta_t, MatrixMut::strided(&mut c, [m, n], c_strides));
    let mut written = vec![false; c.len()];
    for i in 0..m {
        for j in 0..n {
            let at = i * c_strides[0] + j * c_strides[1];
            written[at] = true;
            let sum: f64 = (0..k).map(|p| a.get(i, p).to_f64() * b.get(p, j).to_f64()).sum();
            let old = if beta == 0.0 { 0.0 } else { beta * before[at].to_f64() };
            let (found, expected) = (c[at].to_f64(), alpha * sum + old);
            let error = (found - expected).abs() / (k as f64).max(1.0);
            assert!(error <= tolerance, "{dims:?} {orders:?} {alpha} {beta}: {found} {expected}");
        }
    }
    for (at, _) in written.iter().enumerate().filter(|(_, written)| !**written) {
        let same = c[at] == before[at] || c[at].is_nan() && before[at].is_nan();
        assert!(same, "{dims:?} {orders:?} wrote between the elements of the output");
    }
}

fn each_orders(mut f: impl FnMut([Order; 3])) {
    for a in ORDERS {
        for b in ORDERS {
            for c in ORDERS {
                f([a, b, c]);
            }
        }
    }
}

#[test]
fn small_products_of_every_size_and_orientation() {
    for size in 0..1000 {
        let dims = [size / 100, size / 10 % 10, size % 10];
        // Both scalars vary with the size, so that every pair meets every orientation.
        let alpha = [1.0, -0.5][size % 2];
        each_orders(|orders| {
            let beta = [0.0, 1.0, 0.25][(dims[0] + dims[1] + dims[2] + orders[0] as usize) % 3];
            check::<f32>(dims, orders, alpha, beta, 1e-6);
        });
    }
}

#[test]
fn larger_products_of_odd_sizes() {
    let sizes = [
        [1, 33, 129],
        [2, 65, 17],
        [37, 1, 70],
        [67, 2, 31],
        [3, 35, 67],
        [33, 47, 65],
        [65, 129, 3],
    ];
    for (i, dims) in sizes.into_iter().enumerate() {
        each_orders(|orders| {
            let (alpha, beta) = ([1.0, 2.0][i % 2], [0.0, 1.0, -1.5][(i + orders[1] as usize) % 3]);
            check::<f32>(dims, orders, alpha, beta, 2e-6);
            check::<f64>(dims, orders, alpha, beta, 1e-14);
        });
    }
}

/// So large that the right side is turned in parts: two in each direction, the last ones smaller.
#[test]
fn large_right_sides_that_lie_column_by_column() {
    for (b_order, beta) in [(Order::Columns, 0.0), (Order::GappedColumns, -1.5)] {
        let orders = [Order::Rows, b_order, Order::GappedRows];
        let dims = [TURN_FROM_ROWS + 1, PART[1] + 19, PART[0] + 21];
        check::<f32>(dims, [orders[0], b_order, Order::Rows], 2.0, beta, 2e-6);
        check::<f64>(dims, orders, 2.0, beta, 1e-14);
    }
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let shapes =
        [[300, 257, 129], [1, 3000, 1001], [2, 1500, 1001], [700, 3000, 3], [130, 1030, 700]];
    for [m, n, k] in shapes {
        for (a_order, b_order) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let (a_strides, b_strides) =
                (ORDERS[a_order].strides([m, k]), ORDERS[b_order].strides([k, n]));
            let (a, b) = (values::<f32>(m * k, 1), values::<f32>(k * n, 2));
            let run = |threads| {
                let pool = rayon_core::ThreadPoolBuilder::new()
                    .num_threads(threads)
                    .build()
                    .expect("a pool");
                let mut c = vec![f32::NAN; m * n];
                pool.install(|| {
                    let a = Matrix::strided(&a, [m, k], a_strides);
                    let b = Matrix::strided(&b, [k, n], b_strides);
                    gemm(1.0, a, b, 0.0, MatrixMut::new(&mut c, [m, n]));
                });
                c
            };
            let one = run(1);
            assert!([2, 3, 7].into_iter().all(|threads| run(threads) == one), "{m} {n} {k}");
        }
    }
}

#[test]
fn stacks_multiply_one_by_one() {
    let (a, b) = (values::<f64>(3 * 2 * 4, 1), values::<f64>(3 * 4 * 5, 2));
    let (mut stack, mut single) = (vec![0.0; 30], vec![0.0; 30]);
    let a_at = |i| Matrix::new(&a[i * 8..], [2, 4]);
    let b_at = |i| Matrix::new(&b[i * 20..], [4, 5]);
    gemm_batched(1.0, a_at, b_at, 0.0, &mut stack, [3, 2, 5]);
    for (i, c) in single.chunks_mut(10).enumerate() {
        gemm(1.0, a_at(i), b_at(i), 0.0, MatrixMut::new(c, [2, 5]));
    }
    assert_eq!(stack, single);
}
