//! Reductions over every set of axes of several layouts, against one element at a time.

use super::*;
use crate::shape::{Shape, Strides};

const ALL: [Reduce; 5] = [Reduce::Sum, Reduce::Prod, Reduce::Max, Reduce::Min, Reduce::SumSquares];

fn reference(op: Reduce, elements: impl Iterator<Item = f64>) -> f64 {
    match op {
        Reduce::Sum => elements.sum(),
        Reduce::Prod => elements.product(),
        Reduce::Max => elements.fold(f64::NEG_INFINITY, f64::max),
        Reduce::Min => elements.fold(f64::INFINITY, f64::min),
        Reduce::SumSquares => elements.map(|x| x * x).sum(),
    }
}

/// The index of every element of `dims`, in row-major order.
fn indices(dims: &[usize]) -> Vec<Vec<usize>> {
    let size: usize = dims.iter().product();
    let index = |mut i: usize| {
        let mut index = vec![0; dims.len()];
        for (index, &dim) in index.iter_mut().zip(dims).rev() {
            (*index, i) = (i % dim, i / dim);
        }
        index
    };
    (0..size).map(index).collect()
}

#[track_caller]
fn check(dims: &[usize], strides: &[isize], offset: usize) {
    let layout = Layout { shape: Shape::new(dims), strides: Strides::new(strides), offset };
    let x: Vec<f64> = (0..20_000).map(|i| 0.9 + ((i * 37) % 101) as f64 / 500.0).collect();
    for mask in 0..1 << dims.len() {
        let reduced: [bool; MAX_RANK] = std::array::from_fn(|axis| mask >> axis & 1 == 1);
        let kept: Vec<usize> = (0..dims.len()).filter(|&axis| !reduced[axis]).collect();
        let mut groups = std::collections::BTreeMap::<Vec<usize>, Vec<f64>>::new();
        for index in indices(dims) {
            let at: isize = index.iter().zip(strides).map(|(&i, &step)| i as isize * step).sum();
            let key = kept.iter().map(|&axis| index[axis]).collect();
            groups.entry(key).or_default().push(x[(offset as isize + at) as usize]);
        }
        for op in ALL {
            let mut out = vec![f64::NAN; groups.len()];
            reduce(op, &x, &layout, reduced, &mut out, false);
            let mut added = vec![1.0; groups.len()];
            reduce(op, &x, &layout, reduced, &mut added, true);
            for (i, group) in groups.values().enumerate() {
                let expected = reference(op, group.iter().copied());
                let error = (out[i] - expected).abs() / expected.abs().max(1.0);
                assert!(error < 1e-12, "{op:?} {layout:?} {mask:b}: {} {expected}", out[i]);
                assert_eq!(added[i], 1.0 + out[i]);
            }
        }
    }
}

#[test]
fn every_set_of_axes_of_every_layout() {
    check(&[], &[], 3);
    check(&[7], &[1], 1);
    check(&[7], &[-2], 14);
    check(&[3, 5], &[5, 1], 0);
    check(&[3, 5], &[1, 3], 0);
    check(&[130, 67], &[67, 1], 2);
    check(&[67, 130], &[1, 70], 0);
    check(&[4, 3, 50], &[150, 50, 1], 0);
    check(&[2, 3, 4, 5], &[60, 20, 5, 1], 0);
    check(&[2, 3, 4, 5], &[60, 1, 15, 3], 7);
    check(&[2, 3, 4], &[0, 4, 1], 0);
    check(&[130, 2, 3, 5], &[30, 15, 5, 1], 0);
    check(&[3, 1, 200], &[400, 9, 2], 0);
}

#[test]
fn reducing_nothing_gives_the_identity() {
    let layout = Layout::contiguous(Shape::from([2, 0]));
    let reduced = std::array::from_fn(|axis| axis == 1);
    for (op, identity) in
        [(Reduce::Sum, 0.0), (Reduce::Prod, 1.0), (Reduce::Max, f32::NEG_INFINITY)]
    {
        let mut out = [f32::NAN; 2];
        reduce(op, &[], &layout, reduced, &mut out, false);
        assert_eq!(out, [identity; 2]);
    }
}

#[test]
fn long_sums_keep_their_accuracy() {
    // The sum of as many equal f32 one after another would be off by percents.
    let x = vec![0.1f32; 3_000_001];
    let exact = f64::from(0.1f32) * x.len() as f64;
    let whole = Layout::contiguous(Shape::from([x.len()]));
    for (op, exact) in [(Reduce::Sum, exact), (Reduce::SumSquares, exact * f64::from(0.1f32))] {
        let mut sum = [0.0];
        reduce(op, &x, &whole, [true; MAX_RANK], &mut sum, false);
        assert!((f64::from(sum[0]) / exact - 1.0).abs() < 1e-6, "{op:?}");
    }
    let mut columns = [0.0f32; 3];
    let layout = Layout::contiguous(Shape::from([1_000_000, 3]));
    let reduced = std::array::from_fn(|axis| axis == 0);
    reduce(Reduce::Sum, &x, &layout, reduced, &mut columns, false);
    for column in columns {
        assert!((f64::from(column) / (exact / 3.0) - 1.0).abs() < 1e-6);
    }
    // Elements that lie apart, many short rows, and many short columns.
    let kept = |axes: &[usize]| std::array::from_fn(|axis| !axes.contains(&axis));
    for (shape, steps, reduced) in [
        ([1_000_000, 1, 1], [3, 1, 1], kept(&[])),
        ([750_000, 2, 2], [4, 2, 1], kept(&[1])),
        ([500_000, 2, 3], [6, 3, 1], kept(&[2])),
    ] {
        let layout = Layout { shape: Shape::from(shape), strides: Strides::new(&steps), offset: 0 };
        let out = shape.into_iter().zip(reduced).filter(|&(_, reduced)| !reduced).map(|(n, _)| n);
        let mut sums = vec![0.0; out.product()];
        reduce(Reduce::Sum, &x, &layout, reduced, &mut sums, false);
        let exact = f64::from(0.1f32) * (layout.shape.size() / sums.len()) as f64;
        assert!(sums.iter().all(|&sum| (f64::from(sum) / exact - 1.0).abs() < 1e-6), "{shape:?}");
    }
}

#[test]
fn sums_do_not_depend_on_the_number_of_threads() {
    let x: Vec<f32> = (0..1_500_000).map(|i| (i % 1009) as f32 / 7.0).collect();
    let layout = Layout::contiguous(Shape::from([1500, 1000]));
    let run = |threads, axis: Option<usize>| {
        let reduced = std::array::from_fn(|other| axis.is_none_or(|axis| axis == other));
        let mut out = vec![0.0; axis.map_or(1, |axis| layout.shape[1 - axis])];
        parallel::part(threads, || reduce(Reduce::Sum, &x, &layout, reduced, &mut out, false));
        out
    };
    for axis in [None, Some(0), Some(1)] {
        assert!([2, 3].into_iter().all(|threads| run(threads, axis) == run(1, axis)), "{axis:?}");
    }
}

#[test]
fn nan_wins_wherever_it_stands() {
    for at in [0, 1, 31, 32, 600, 999] {
        let mut x = vec![1.0f32; 1000];
        x[at] = f32::NAN;
        for op in [Reduce::Max, Reduce::Min] {
            for dims in [[1, 1000], [1000, 1]] {
                let layout = Layout::contiguous(Shape::from(dims));
                let mut out = [0.0];
                reduce(op, &x, &layout, [true; MAX_RANK], &mut out, false);
                assert!(out[0].is_nan());
            }
            let (layout, reduced) =
                (Layout::contiguous(Shape::from([10, 100])), std::array::from_fn(|axis| axis == 0));
            let mut out = [0.0; 100];
            reduce(op, &x, &layout, reduced, &mut out, false);
            assert!(out[at % 100].is_nan());
        }
    }
}

#[test]
fn positions_of_extremes_are_the_first() {
    let x = [1.0, 5.0, 5.0, 0.0, 2.0, 2.0, 7.0, 7.0];
    let mut out = [0; 2];
    arg_extreme(Extreme::Max, &x, [2, 4, 1], &mut out);
    assert_eq!(out, [1, 2]);
    arg_extreme(Extreme::Min, &x, [2, 4, 1], &mut out);
    assert_eq!(out, [3, 0]);
    let mut out = [0; 4];
    arg_extreme(Extreme::Max, &x, [2, 2, 2], &mut out);
    assert_eq!(out, [1, 0, 1, 1]);
    for x in [[1.0, f32::NAN, 3.0], [1.0, f32::NAN, f32::NAN]] {
        arg_extreme(Extreme::Max, &x, [1, 3, 1], &mut out[..1]);
        assert_eq!(out[0], 1);
    }
    // Beyond what the elements could count.
    let mut x = vec![0.0f32; (1 << 24) + 2];
    *x.last_mut().unwrap() = 1.0;
    arg_extreme(Extreme::Max, &x, [1, x.len(), 1], &mut out[..1]);
    assert_eq!(out[0], (1 << 24) + 1);
}
