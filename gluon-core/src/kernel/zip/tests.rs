//! Every function on every pair of layouts, against one element at a time.

use super::*;
use crate::shape::{Shape, Strides};

const ALL: [Binary; 13] = [
    Binary::Add,
    Binary::Sub,
    Binary::Mul,
    Binary::Div,
    Binary::Pow,
    Binary::Max,
    Binary::Min,
    Binary::Eq,
    Binary::Ne,
    Binary::Lt,
    Binary::Le,
    Binary::Gt,
    Binary::Ge,
];

fn reference(op: Binary, x: f64, y: f64) -> f64 {
    match op {
        Binary::Add => x + y,
        Binary::Sub => x - y,
        Binary::Mul => x * y,
        Binary::Div => x / y,
        Binary::Pow => (y * x.ln()).exp(),
        Binary::Max => x.max(y),
        Binary::Min => x.min(y),
        Binary::Eq => f64::from(u8::from(x == y)),
        Binary::Ne => f64::from(u8::from(x != y)),
        Binary::Lt => f64::from(u8::from(x < y)),
        Binary::Le => f64::from(u8::from(x <= y)),
        Binary::Gt => f64::from(u8::from(x > y)),
        Binary::Ge => f64::from(u8::from(x >= y)),
    }
}

/// Layouts of `[rows, columns]`: contiguous, row, column, scalar, transposed, reversed, gaps.
fn layouts(rows: usize, columns: usize) -> Vec<Layout> {
    let (r, c) = (rows as isize, columns as isize);
    [
        ([c, 1], 0),
        ([0, 1], 2),
        ([1, 0], 0),
        ([0, 0], 3),
        ([1, r], 0),
        ([-c, 1], (rows - 1) * columns),
        ([2 * c, 2], 1),
    ]
    .map(|(strides, offset)| Layout {
        shape: Shape::from([rows, columns]),
        strides: Strides::new(&strides),
        offset,
    })
    .into()
}

fn read(data: &[f64], layout: &Layout, i: usize) -> f64 {
    let columns = layout.shape[1];
    let (row, column) = ((i / columns) as isize, (i % columns) as isize);
    data[(layout.offset as isize + row * layout.strides[0] + column * layout.strides[1]) as usize]
}

/// Positive numbers of which several are equal to those at other places.
fn data(seed: usize) -> Vec<f64> {
    (0..200).map(|i| 0.25 + ((i * 7 + seed * 5) % 16) as f64 / 4.0).collect()
}

#[test]
fn every_pair_of_layouts_gives_the_definition() {
    let (x, y) = (data(1), data(2));
    for (rows, columns) in [(1, 1), (1, 7), (5, 1), (3, 17), (4, 4)] {
        for (xl, yl) in layouts(rows, columns)
            .iter()
            .flat_map(|x| layouts(rows, columns).into_iter().map(move |y| (*x, y)))
        {
            for op in ALL {
                let mut out = vec![f64::NAN; rows * columns];
                binary(op, (&x, &xl), (&y, &yl), &mut out);
                for (i, &found) in out.iter().enumerate() {
                    let expected = reference(op, read(&x, &xl, i), read(&y, &yl, i));
                    assert!((found - expected).abs() < 1e-9, "{op:?} {xl:?} {yl:?}");
                }
            }
        }
    }
}

#[test]
fn gradients_are_difference_quotients() {
    const STEP: f64 = 1e-6;
    let (x, y): (Vec<f64>, Vec<f64>) = (data(1), data(2).iter().map(|y| y + 0.1).collect());
    let shifted = |data: &[f64], by: f64| data.iter().map(|x| x + by).collect::<Vec<_>>();
    for (xl, yl) in layouts(3, 5).iter().flat_map(|x| layouts(3, 5).into_iter().map(|y| (*x, y))) {
        for (op, side) in ALL.into_iter().flat_map(|op| [(op, Side::Left), (op, Side::Right)]) {
            let value = |by: f64| {
                let (dx, dy) = if side == Side::Left { (by, 0.0) } else { (0.0, by) };
                let mut out = vec![0.0; 15];
                binary(op, (&shifted(&x, dx), &xl), (&shifted(&y, dy), &yl), &mut out);
                out
            };
            let (above, below) = (value(STEP), value(-STEP));
            let dz: Vec<f64> = (0..15).map(|i| 1.0 - f64::from(i) / 4.0).collect();
            let (mut dx, mut sum) = (vec![f64::NAN; 15], vec![2.0; 15]);
            binary_grad(op, side, (&x, &xl), (&y, &yl), &dz, &mut dx, false);
            binary_grad(op, side, (&x, &xl), (&y, &yl), &dz, &mut sum, true);
            for i in 0..15 {
                let expected = dz[i] * (above[i] - below[i]) / (2.0 * STEP);
                assert!(
                    (dx[i] - expected).abs() < 1e-5 * expected.abs().max(1.0),
                    "{op:?} {side:?}: {} {expected}",
                    dx[i]
                );
                assert_eq!(sum[i], 2.0 + dx[i]);
            }
        }
    }
}

#[test]
fn ties_send_the_gradient_to_the_left() {
    let one = Layout::contiguous(Shape::from([1]));
    for op in [Binary::Max, Binary::Min] {
        for (side, expected) in [(Side::Left, 1.0), (Side::Right, 0.0)] {
            let mut dx = [f32::NAN];
            binary_grad(op, side, (&[3.0], &one), (&[3.0], &one), &[1.0], &mut dx, false);
            assert_eq!(dx[0], expected);
        }
    }
}

/// The gradients of both operands where `dz` comes in.
fn gradients_of(op: Binary, x: f32, y: f32, dz: f32) -> [f32; 2] {
    let one = Layout::contiguous(Shape::from([1]));
    [Side::Left, Side::Right].map(|side| {
        let mut dx = [f32::NAN];
        binary_grad(op, side, (&[x], &one), (&[y], &one), &[dz], &mut dx, false);
        dx[0]
    })
}

#[test]
fn infinite_gradients_do_not_pass_what_is_flat() {
    let infinity = f32::INFINITY;
    assert_eq!(gradients_of(Binary::Max, -1.0, 0.0, infinity), [0.0, infinity]);
    assert_eq!(gradients_of(Binary::Max, 0.0, 0.0, infinity), [infinity, 0.0]);
    assert_eq!(gradients_of(Binary::Min, -1.0, 0.0, infinity), [infinity, 0.0]);
    assert_eq!(gradients_of(Binary::Min, 1.0, 0.0, infinity), [0.0, infinity]);
    assert_eq!(gradients_of(Binary::Pow, 0.0, 0.0, infinity), [0.0, 0.0]);
    assert_eq!(gradients_of(Binary::Lt, 1.0, 2.0, infinity), [0.0, 0.0]);
}

#[test]
fn gradients_of_extremes_pass_beside_nan() {
    for (op, x, y) in [(Binary::Max, f32::NAN, 1.0), (Binary::Min, 1.0, f32::NAN)] {
        assert_eq!(gradients_of(op, x, y, 2.0), [2.0, 2.0]);
    }
}

#[test]
fn gradients_of_a_divisor_are_finite_where_its_square_is_not() {
    // PyTorch's numbers.
    for (x, y, expected) in
        [(0.0, 1e-23, 0.0), (1e-30, 1e-25, -9.999_999e19), (1e30, 1e20, -1.000_000_1e-10)]
    {
        let [_, found] = gradients_of(Binary::Div, x, y, 1.0);
        assert!((found - expected).abs() <= 1e-6 * expected.abs(), "{x} / {y}: {found}");
    }
}

#[test]
fn long_operands_give_what_short_ones_give() {
    let n = 1_200_001;
    let x: Vec<f32> = (0..n).map(|i| (i % 1000) as f32).collect();
    let flat = Layout::contiguous(Shape::from([n]));
    let mut out = vec![0.0; n];
    binary(Binary::Mul, (&x, &flat), (&x, &flat), &mut out);
    assert!(x.iter().zip(&out).all(|(x, out)| x * x == *out));
    let rows = Layout::contiguous(Shape::from([1200, 1000]));
    let row = Layout::contiguous(Shape::from([1000])).broadcast(&rows.shape);
    binary(Binary::Add, (&x, &rows), (&x, &row), &mut out[..1_200_000]);
    assert!((0..1_200_000).all(|i| out[i] == x[i] + x[i % 1000]));
}

#[test]
fn parts_begin_within_matrices() {
    // Several rows are added together, or one in parts; all are more than a thread's share.
    for [rows, columns] in [[1001, 200], [301, 700]] {
        let shape = Shape::from([2, rows, columns]);
        let x: Vec<f64> = (0..shape.size()).map(|i| (i % 1000) as f64).collect();
        let flat = Layout::contiguous(shape);
        for (size, strides) in [(2 * columns, [columns, 0, 1]), (2 * rows, [rows, 1, 0])] {
            let y: Vec<f64> = (0..size).map(|i| i as f64).collect();
            let strides_of_y = Strides::new(&strides.map(|stride| stride as isize));
            let y_layout = Layout { shape, strides: strides_of_y, offset: 0 };
            let expected = |i: usize| {
                let index = [i / (rows * columns), i / columns % rows, i % columns];
                y[index.iter().zip(strides).map(|(i, stride)| i * stride).sum::<usize>()]
            };
            let mut out = vec![0.0; shape.size()];
            binary(Binary::Sub, (&x, &flat), (&y, &y_layout), &mut out);
            assert!(out.iter().enumerate().all(|(i, out)| *out == x[i] - expected(i)));
            for (accumulate, old) in [(false, 0.0), (true, 3.0)] {
                for (op, slope) in [(Binary::Mul, None), (Binary::Add, Some(1.0))] {
                    let (x, y) = ((&x[..], &flat), (&y[..], &y_layout));
                    let mut dx = vec![3.0; shape.size()];
                    binary_grad(op, Side::Left, x, y, x.0, &mut dx, accumulate);
                    for (i, dx) in dx.into_iter().enumerate() {
                        assert_eq!(dx, old + x.0[i] * slope.unwrap_or(expected(i)), "{op:?} {i}");
                    }
                }
            }
        }
    }
}

#[test]
fn vectors_are_added_and_selected() {
    let mut y = [1.0, 2.0, 3.0];
    axpy(2.0, &[1.0, 0.0, -1.0], &mut y);
    assert_eq!(y, [3.0, 2.0, 1.0]);
    add_assign(&mut y, &[1.0; 3]);
    assert_eq!(y, [4.0, 3.0, 2.0]);
    let mut out = [0.0; 3];
    select(&[1.0, 0.0, f64::NAN], &[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0], &mut out);
    assert_eq!(out, [1.0, 5.0, 3.0]);
}
