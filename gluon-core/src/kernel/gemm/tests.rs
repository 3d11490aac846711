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

/// A product of given sizes and orientations by `multiply`.
#[track_caller]
fn check_by<T: Float>(
    dims: [usize; 3],
    orders: [Order; 3],
    accumulate: bool,
    tolerance: f64,
    multiply: impl Fn(Matrix<'_, T>, Matrix<'_, T>, bool, MatrixMut<'_, T>),
) {
    let [m, n, k] = dims;
    let [a_strides, b_strides, c_strides] =
        [orders[0].strides([m, k]), orders[1].strides([k, n]), orders[2].strides([m, n])];
    let a = values::<T>(length([m, k], a_strides), 1);
    let b = values::<T>(length([k, n], b_strides), 2);
    let mut c = values::<T>(length([m, n], c_strides), 3);
    if !accumulate {
        c.fill(T::from_f64(f64::NAN));
    }
    let before = c.clone();
    let (a, b) = (Matrix::strided(&a, [m, k], a_strides), Matrix::strided(&b, [k, n], b_strides));
    multiply(a, b, accumulate, MatrixMut::strided(&mut c, [m, n], c_strides));
    let mut written = vec![false; c.len()];
    for i in 0..m {
        for j in 0..n {
            let at = i * c_strides[0] + j * c_strides[1];
            written[at] = true;
            let sum: f64 = (0..k).map(|p| a.get(i, p).to_f64() * b.get(p, j).to_f64()).sum();
            let old = if accumulate { before[at].to_f64() } else { 0.0 };
            let (found, expected) = (c[at].to_f64(), sum + old);
            let error = (found - expected).abs() / (k as f64).max(1.0);
            assert!(error <= tolerance, "{dims:?} {orders:?} {accumulate}: {found} {expected}");
        }
    }
    for (at, _) in written.iter().enumerate().filter(|(_, written)| !**written) {
        let same = c[at] == before[at] || c[at].is_nan() && before[at].is_nan();
        assert!(same, "{dims:?} {orders:?} wrote between the elements of the output");
    }
}

#[track_caller]
fn check<T: Float>(dims: [usize; 3], orders: [Order; 3], accumulate: bool, tolerance: f64) {
    check_by::<T>(dims, orders, accumulate, tolerance, gemm);
}

/// By the tiles of each instruction set that this machine has, on one and on several threads.
#[track_caller]
fn check_blocked<T: Float>(dims: [usize; 3], orders: [Order; 3], accumulate: bool, tolerance: f64) {
    for tiles in T::every_tiles() {
        for threads in [1, 3] {
            check_by::<T>(dims, orders, accumulate, tolerance, |a, b, accumulate, c| {
                blocked(tiles, a, b, accumulate, c, threads);
            });
        }
    }
}

/// All cases; of these the first of each `every` under Miri, which takes a thousand times as long.
fn all<C>(every: usize, cases: impl IntoIterator<Item = C>) -> impl Iterator<Item = C> {
    cases.into_iter().step_by(if cfg!(miri) { every } else { 1 })
}

fn each_orders(mut f: impl FnMut([Order; 3])) {
    for at in all(13, 0..64) {
        f([at / 16, at / 4 % 4, at % 4].map(|order| ORDERS[order]));
    }
}

#[test]
fn small_products_of_every_size_and_orientation() {
    for size in all(79, 0..1000) {
        let dims = [size / 100, size / 10 % 10, size % 10];
        each_orders(|orders| {
            let accumulate = (dims[0] + dims[1] + dims[2] + orders[0] as usize).is_multiple_of(2);
            check::<f32>(dims, orders, accumulate, 1e-6);
        });
    }
}

#[test]
fn tiles_of_every_height_and_width() {
    for m in all(8, 1..=17) {
        for n in all(13, (1..=9).chain([15, 16, 17, 31, 32, 33, 48, 65])) {
            for orders in [[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0], [3, 2, 3], [2, 3, 2]] {
                let orders = orders.map(|order| ORDERS[order]);
                check_blocked::<f32>([m, n, 3], orders, n % 2 == 0, 1e-6);
                check_blocked::<f64>([m, n, 5], orders, m % 2 == 0, 1e-15);
            }
        }
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
    for (i, dims) in all(4, sizes.into_iter().enumerate()) {
        each_orders(|orders| {
            let accumulate = (i + orders[1] as usize).is_multiple_of(2);
            check::<f32>(dims, orders, accumulate, 2e-6);
            check::<f64>(dims, orders, accumulate, 1e-14);
        });
    }
}

/// Several pieces of the sum, blocks of rows and of columns, the last ones smaller.
#[test]
#[cfg_attr(miri, ignore = "takes hours")]
fn products_of_several_blocks_each_way() {
    for (orders, dims) in [
        ([0, 0, 0], [270, 530, 1030]),
        ([0, 1, 0], [270, 300, 1030]),
        ([1, 0, 2], [300, 290, 530]),
        ([2, 3, 3], [66, 300, 1100]),
        // Many columns, for which rows are packed; more of these than are packed at once.
        ([0, 0, 0], [51, 1030, 60]),
        ([1, 0, 0], [540, 130, 512]),
        // Rows on pages of their own.
        ([0, 0, 0], [70, 100, 1100]),
        ([2, 0, 0], [70, 100, 600]),
    ] {
        let orders = orders.map(|order| ORDERS[order]);
        check_blocked::<f32>(dims, orders, dims[0] == 270, 2e-6);
        check_blocked::<f64>(dims, orders, dims[0] != 270, 1e-14);
    }
}

/// So many columns that rows are packed, for tiles of the heights that will read them.
#[test]
fn packed_rows_of_every_number() {
    for m in all(60, 1..=105) {
        let orders = [1, 0, 0].map(|order| ORDERS[order]);
        check_blocked::<f32>([m, 130, 3], orders, m % 2 == 0, 1e-6);
        check_blocked::<f64>([m, 130, 3], orders, m % 2 == 1, 1e-15);
    }
}

/// By each instruction set, between elements that no product may take.
#[test]
fn dot_products_of_every_size() {
    fn check<T: Float>([m, k, n]: [usize; 3], accumulate: bool, tolerance: f64) {
        let rows = |count: usize, seed| {
            let mut rows = values::<T>(count * (k + 3), seed);
            rows.chunks_mut(k + 3).for_each(|row| row[k..].fill(T::from_f64(f64::NAN)));
            rows
        };
        let (a, b) = (rows(m, 1), rows(n, 2));
        let a = Matrix::strided(&a[..m * (k + 3) - 3], [m, k], [k + 3, 1]);
        let b = Matrix::strided(&b[..n * (k + 3) - 3], [n, k], [k + 3, 1]);
        for tiles in T::every_tiles() {
            for strides in [[n, 1], [1, m + 2]] {
                let before = values::<T>(length([m, n], strides), 3);
                let mut c = before.clone();
                let out = MatrixMut::strided(&mut c, [m, n], strides);
                dot::by_dot(tiles, a, b, accumulate, out);
                for at in (0..m).flat_map(|i| (0..n).map(move |j| [i, j])) {
                    let place = at[0] * strides[0] + at[1] * strides[1];
                    let products =
                        (0..k).map(|p| a.get(at[0], p).to_f64() * b.get(at[1], p).to_f64());
                    let old = if accumulate { before[place].to_f64() } else { 0.0 };
                    let error = (c[place].to_f64() - products.sum::<f64>() - old).abs();
                    assert!(error <= tolerance * k as f64, "{m} {k} {n} {at:?}: {error}");
                    c[place] = before[place];
                }
                assert!(c == before, "{m} {k} {n}: wrote between the elements of the output");
            }
        }
    }
    for m in all(4, 1..=9) {
        for k in all(11, (1..=35).chain([47, 48, 49, 64, 100])) {
            for n in all(3, [1, 2, 3, 4, 5, 7, 8, 13]) {
                check::<f32>([m, k, n], (m + k + n) % 2 == 0, 1e-6);
                check::<f64>([m, k, n], (m + k + n) % 2 == 1, 1e-15);
            }
        }
    }
}

/// By each instruction set, before elements that no product may take or write.
#[test]
fn small_products_of_every_size() {
    fn check<T: Float>(sizes @ [m, k, n]: [usize; 3], tolerance: f64) {
        assert!(small::is_small(sizes));
        let end = T::from_f64(f64::NAN);
        let guarded = |len: usize, seed| [values::<T>(len, seed), vec![end]].concat();
        let (a, b, bias) = (guarded(m * k, 1), guarded(k * n, 2), guarded(n, 3));
        let turned = |x: &[T], columns: usize| -> Vec<T> {
            let rows = (x.len() - 1).checked_div(columns).unwrap_or(0);
            let all = (0..rows * columns).map(|at| x[at % rows * columns + at / rows]);
            all.chain([end]).collect()
        };
        let (a_turned, b_turned) = (turned(&a, k), turned(&b, n));
        for plus in [Plus::Nothing, Plus::Output, Plus::Row(&bias[..n])] {
            for tiles in T::every_tiles() {
                let close = |multiply: &dyn Fn(&mut [T])| {
                    let before = guarded(m * n, 4);
                    let mut c = before.clone();
                    multiply(&mut c);
                    for at in 0..m * n {
                        let (i, j) = (at / n, at % n);
                        let products =
                            (0..k).map(|p| a[i * k + p].to_f64() * b[p * n + j].to_f64());
                        let start = match plus {
                            Plus::Nothing => 0.0,
                            Plus::Output => before[at].to_f64(),
                            Plus::Row(row) => row[j].to_f64(),
                        };
                        let error = (c[at].to_f64() - products.sum::<f64>() - start).abs();
                        assert!(error <= tolerance * (k + 1) as f64, "{sizes:?}: {error}");
                    }
                    assert!(c[m * n].is_nan(), "{sizes:?}: wrote behind the output");
                };
                close(&|c| small::by_row(tiles, &a, [k, 1], &b, plus, c, sizes));
                close(&|c| small::by_row(tiles, &a_turned, [1, m], &b, plus, c, sizes));
                close(&|c| small::by_dot(tiles, &a, &b_turned, plus, c, sizes));
            }
        }
    }
    for m in all(3, 0..5) {
        for k in all(9, 0..20) {
            for n in all(9, 0..20) {
                check::<f32>([m, k, n], 2e-7);
                check::<f64>([m, k, n], 1e-15);
            }
        }
    }
}

#[test]
fn larger_products_and_sizes_that_overflow_are_not_small() {
    assert!(small::is_small([8, 16, 16]) && !small::is_small([8, 16, 17]));
    assert!(!small::is_small([usize::MAX, 2, 1]));
}

/// Rows of the right side that lie so far apart, and are so many, that they are not read as tiles do.
#[test]
fn right_sides_may_have_far_rows() {
    let (n, k) = (43, 71);
    let b = values::<f32>(k * 1024, 2);
    let b = Matrix::strided(&b, [k, n], [1024, 1]);
    for m in all(3, [2, 7, 8, 9, 20]) {
        let a = values::<f32>(m * k, 1);
        for accumulate in [false, true] {
            let mut c = vec![if accumulate { 0.5 } else { f32::NAN }; m * n];
            gemm(Matrix::new(&a, [m, k]), b, accumulate, MatrixMut::new(&mut c, [m, n]));
            for (at, &c) in c.iter().enumerate() {
                let products = (0..k).map(|p| f64::from(a[at / n * k + p] * b.get(p, at % n)));
                let expected = products.sum::<f64>() + if accumulate { 0.5 } else { 0.0 };
                assert!((f64::from(c) - expected).abs() < 1e-5, "{m} {accumulate}");
            }
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "takes hours")]
fn results_do_not_depend_on_the_number_of_threads() {
    let shapes = [
        [300, 257, 129],
        [1, 3000, 1001],
        [2, 1500, 1001],
        [5, 1501, 700],
        [700, 3000, 3],
        [130, 1030, 700],
        [7, 2560, 300],
        [23, 1500, 300],
        [2500, 11, 300],
        [1200, 500, 1],
        [700, 900, 2],
    ];
    for [m, n, k] in shapes {
        for (a_order, b_order) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let accumulate = a_order == b_order;
            let (a_strides, b_strides) =
                (ORDERS[a_order].strides([m, k]), ORDERS[b_order].strides([k, n]));
            let (a, b) = (values::<f32>(m * k, 1), values::<f32>(k * n, 2));
            let run = |threads| {
                let mut c = vec![if accumulate { 0.5 } else { f32::NAN }; m * n];
                parallel::part(threads, || {
                    let a = Matrix::strided(&a, [m, k], a_strides);
                    let b = Matrix::strided(&b, [k, n], b_strides);
                    gemm(a, b, accumulate, MatrixMut::new(&mut c, [m, n]));
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
    // Few, and so many that threads share them.
    for [count, m, k, n] in all(2, [[3, 2, 4, 5], [40, 40, 41, 42]]) {
        let a = values::<f64>(count * m * k, 1);
        let b = values::<f64>(count * k * n, 2);
        let (mut stack, mut single) = (vec![0.0; count * m * n], vec![0.0; count * m * n]);
        let a_at = |i| Matrix::new(&a[i * m * k..], [m, k]);
        let b_at = |i| Matrix::new(&b[i * k * n..], [k, n]);
        parallel::part(3, || gemm_batched(a_at, b_at, &mut stack, [count, m, n]));
        for (i, c) in single.chunks_mut(m * n).enumerate() {
            gemm(a_at(i), b_at(i), false, MatrixMut::new(c, [m, n]));
        }
        assert_eq!(stack, single);
    }
}
