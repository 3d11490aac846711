//! Arithmetic of integers: exact, and an error where the type does not have a result.
//!
//! Indices, counts and masks are few beside what a model computes, so all types go by way of one of
//! 64 bits that has their numbers, and every result is made with 128.

use std::cmp::Reverse;

use super::reduce::Axes;
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::kernel::map::Unary;
use crate::kernel::reduce::{Extreme, Reduce};
use crate::kernel::zip::{self, Binary};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// A type of 64 bits.
trait Wide: Element + Ord + Into<i128> + TryFrom<i128> {}

impl Wide for i64 {}
impl Wide for u64 {}

/// Runs the body with `T` standing for the type of 64 bits that has all integers of a type.
macro_rules! for_wide {
    ($dtype:expr, $t:ident => $body:expr) => {
        match $dtype {
            DType::U64 => {
                type $t = u64;
                $body
            }
            _ => {
                type $t = i64;
                $body
            }
        }
    };
}

/// A function of two numbers. A product of more than 128 bits is the largest or the least, which no
/// type has.
type Two = fn(i128, i128) -> i128;

/// Results of an operation on integers, which their type must have.
struct Results {
    op: &'static str,
    dtype: DType,
    least: i128,
    most: i128,
    fit: bool,
}

impl Results {
    fn new(op: &'static str, dtype: DType) -> Results {
        let signed = |bits: u32| (-(1 << (bits - 1)), (1 << (bits - 1)) - 1);
        let unsigned = |bits: u32| (0, (1 << bits) - 1);
        let (least, most) = match dtype {
            DType::Bool => unsigned(1),
            DType::U8 => unsigned(8),
            DType::U16 => unsigned(16),
            DType::U32 => unsigned(32),
            DType::U64 => unsigned(64),
            DType::I8 => signed(8),
            DType::I16 => signed(16),
            DType::I32 => signed(32),
            _ => signed(64),
        };
        Results { op, dtype, least, most, fit: true }
    }

    /// A result in 64 bits.
    fn take<T: Wide>(&mut self, result: i128) -> T {
        self.fit &= self.least <= result && result <= self.most;
        T::try_from(result).unwrap_or_default()
    }

    /// The results in their own type.
    fn end(self, wide: &Tensor) -> Result<Tensor> {
        if self.fit {
            return Ok(wide.to_dtype(self.dtype));
        }
        let expected = "a type that has every result";
        Err(Error::BadDType { op: self.op, expected, found: self.dtype })
    }
}

/// `op` of each pair of elements, both operands seen as `shape`.
pub(super) fn binary(
    name: &'static str,
    op: Binary,
    x: &Tensor,
    y: &Tensor,
    shape: Shape,
) -> Result<Tensor> {
    let compute: Two = match op {
        Binary::Add => |x, y| x + y,
        Binary::Sub => |x, y| x - y,
        Binary::Mul => i128::saturating_mul,
        Binary::Max => i128::max,
        Binary::Min => i128::min,
        Binary::Eq => |x, y| (x == y).into(),
        Binary::Ne => |x, y| (x != y).into(),
        Binary::Lt => |x, y| (x < y).into(),
        Binary::Le => |x, y| (x <= y).into(),
        Binary::Gt => |x, y| (x > y).into(),
        Binary::Ge => |x, y| (x >= y).into(),
        Binary::Div | Binary::Pow => return Err(Error::only_floats(name, x.dtype())),
    };
    let mut results = Results::new(name, x.dtype());
    let z = for_wide!(x.dtype(), T => {
        let [x, y] = [x, y].map(|t| t.with_layout(t.layout().broadcast(&shape)));
        let [x, y] = [x, y].map(|t| t.to_dtype(T::DTYPE).to_contiguous());
        let [xs, ys] = Tensor::slices::<T, _>([&x, &y]);
        Tensor::build::<T>(shape, x.device(), |z| {
            for (z, (&x, &y)) in z.iter_mut().zip(xs.iter().zip(ys)) {
                *z = results.take(compute(x.into(), y.into()));
            }
        })
    });
    results.end(&z)
}

/// `op` of each element.
pub(super) fn unary(name: &'static str, op: Unary, x: &Tensor) -> Result<Tensor> {
    let is_whole = |bound: f64| bound == bound.trunc();
    // From 128 on only powers of -1, 0 and 1 are not too large.
    let exponent = |power: f64| if power < 128.0 { power } else { 128.0 + power % 2.0 } as u32;
    let compute: &dyn Fn(i128) -> i128 = match op {
        Unary::Neg => &|x| -x,
        Unary::Abs => &|x| x.abs(),
        Unary::Sign => &|x| x.signum(),
        Unary::Square => &|x| x.saturating_mul(x),
        Unary::Relu => &|x| x.max(0),
        Unary::Powi(power @ 0..) => &move |x| x.saturating_pow(power.unsigned_abs()),
        Unary::Powf(power) if power >= 0.0 && power.fract() == 0.0 => {
            &move |x| x.saturating_pow(exponent(power))
        }
        Unary::Clip { low, high } if is_whole(low) && is_whole(high) => {
            &move |x| x.max(low as i128).min(high as i128)
        }
        _ => return Err(Error::only_floats(name, x.dtype())),
    };
    let mut results = Results::new(name, x.dtype());
    let y = for_wide!(x.dtype(), T => {
        let x = x.to_dtype(T::DTYPE).to_contiguous();
        let xs = x.as_contiguous::<T>().unwrap_or_default();
        Tensor::build::<T>(*x.shape(), x.device(), |y| {
            y.iter_mut().zip(xs).for_each(|(y, &x)| *y = results.take(compute(x.into())));
        })
    });
    results.end(&y)
}

/// What a reduction begins with, and how it takes in an element; `None` if it gives no integers.
fn steps(op: Reduce) -> Option<(i128, Two)> {
    match op {
        Reduce::Sum => Some((0, |x, y| x + y)),
        Reduce::Prod => Some((1, i128::saturating_mul)),
        Reduce::Max => Some((i128::MIN, i128::max)),
        Reduce::Min => Some((i128::MAX, i128::min)),
        Reduce::SumSquares => None,
    }
}

/// `op` over `axes`, which stay with size 1; sums and products are of 64 bits.
pub(super) fn fold(name: &'static str, op: Reduce, x: &Tensor, axes: &Axes) -> Result<Tensor> {
    let Some((first, next)) = steps(op) else { return Err(Error::only_floats(name, x.dtype())) };
    let kept = axes.kept(x.shape());
    // Which result each element goes to.
    let places: Vec<i64> = (0..kept.size() as i64).collect();
    let places = Tensor::from(places).reshape(kept)?.broadcast_to(*x.shape())?.to_contiguous();
    let places = places.as_contiguous::<i64>().unwrap_or_default();
    for_wide!(x.dtype(), T => {
        let is_wider = matches!(op, Reduce::Sum | Reduce::Prod);
        let mut results = Results::new(name, if is_wider { T::DTYPE } else { x.dtype() });
        let x = x.to_dtype(T::DTYPE).to_contiguous();
        let xs = x.as_contiguous::<T>().unwrap_or_default();
        let mut folded = vec![first; kept.size()];
        for (&x, &place) in xs.iter().zip(places) {
            let folded = &mut folded[place as usize];
            *folded = next(*folded, x.into());
        }
        let y = Tensor::build::<T>(kept, x.device(), |y| {
            y.iter_mut().zip(&folded).for_each(|(y, &folded)| *y = results.take(folded));
        });
        results.end(&y)
    })
}

/// The index of the first extreme element along the axis in the middle of `sizes`, which is not
/// empty.
pub(super) fn arg(extreme: Extreme, x: &Tensor, [_, len, after]: [usize; 3], out: &mut [i64]) {
    for_wide!(x.dtype(), T => {
        let x = x.to_dtype(T::DTYPE).to_contiguous();
        let xs = x.as_contiguous::<T>().unwrap_or_default();
        for (i, out) in out.iter_mut().enumerate() {
            let row = xs[i / after * len * after + i % after..].iter().step_by(after).take(len);
            let numbers = row.enumerate().map(|(position, &x)| (x, position as i64));
            // Of equal ones, `min_by` gives the first.
            let found = match extreme {
                Extreme::Max => numbers.min_by_key(|&(x, _)| Reverse(x)),
                Extreme::Min => numbers.min_by_key(|&(x, _)| x),
            };
            *out = found.map_or(0, |(_, position)| position);
        }
    });
}

/// The sums or products of each element and all before it along the axis in the middle of `sizes`.
#[cfg(feature = "layers")]
pub(super) fn scan(
    name: &'static str,
    op: Reduce,
    x: &Tensor,
    [_, len, after]: [usize; 3],
) -> Result<Tensor> {
    let Some((first, next)) = steps(op) else { return Err(Error::only_floats(name, x.dtype())) };
    for_wide!(x.dtype(), T => {
        let mut results = Results::new(name, T::DTYPE);
        let x = x.to_dtype(T::DTYPE).to_contiguous();
        let xs = x.as_contiguous::<T>().unwrap_or_default();
        let y = Tensor::build::<T>(*x.shape(), x.device(), |y| {
            for (i, &x) in xs.iter().enumerate() {
                let is_first = i / after % len == 0;
                let before = if is_first { first } else { y[i - after].into() };
                y[i] = results.take(next(before, x.into()));
            }
        });
        results.end(&y)
    })
}

/// The elements of `yes` where `condition` is not 0, else those of `no`, all of one shape and type.
pub(super) fn choose(condition: &Tensor, yes: &Tensor, no: &Tensor) -> Tensor {
    let chosen = for_wide!(yes.dtype(), T => {
        let [condition, yes, no] = [condition, yes, no].map(|t| t.to_dtype(T::DTYPE));
        let [c, a, b] = Tensor::slices::<T, _>([&condition, &yes, &no]);
        Tensor::build::<T>(*yes.shape(), yes.device(), |out| zip::select(c, a, b, out))
    });
    chosen.to_dtype(yes.dtype())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::record;

    #[test]
    fn every_type_computes_up_to_its_limits_and_no_further() {
        for dtype in DType::ALL.into_iter().filter(|dtype| !dtype.is_float()) {
            let Results { least, most, .. } = Results::new("", dtype);
            let number = |number: i128| match u64::try_from(number) {
                Ok(number) => Tensor::from([number]).to_dtype(dtype),
                Err(_) => Tensor::from([number as i64]).to_dtype(dtype),
            };
            let [least, most, one, zero] = [least, most, 1, 0].map(number);
            assert_eq!(most.sub(&one).unwrap().add(&one).unwrap(), most, "{dtype}");
            assert_eq!(least.add(&one).unwrap().sub(&one).unwrap(), least, "{dtype}");
            assert_eq!(most.mul(&one).unwrap(), most);
            assert_eq!(most.mul(&zero).unwrap(), zero);
            assert_eq!(least.maximum(&most).unwrap(), most);
            assert_eq!(least.minimum(&most).unwrap(), least);
            assert_eq!(
                Tensor::concat(&[&least, &most], 0).unwrap().max().unwrap(),
                most.max().unwrap()
            );
            let expected = format!(
                "expected a type that has every result, found {dtype}; convert with `to_dtype`"
            );
            for beyond in [most.add(&one), least.sub(&one), most.add(&most)] {
                let error = beyond.unwrap_err().to_string();
                assert!(error.ends_with(&expected), "{error}");
            }
            assert_eq!(least.neg().is_ok(), least == zero, "{dtype}");
            assert_eq!(most.square().is_ok(), dtype == DType::Bool);
        }
    }

    #[test]
    fn operands_broadcast_and_results_are_exact() {
        let large = 1i64 << 60;
        let x = Tensor::from([[large + 1, -2, 3], [4, 5, -6]]);
        let row = Tensor::from([1i64, 10, 100]);
        let sum = Tensor::from([[large + 2, 8, 103], [5, 15, 94]]);
        assert_eq!(&x + &row, sum);
        assert_eq!(
            x.transpose().unwrap().add(row.reshape([3, 1]).unwrap()).unwrap(),
            sum.transpose().unwrap()
        );
        assert_eq!(&x - 1, Tensor::from([[large, -3, 2], [3, 4, -7]]));
        assert_eq!(10.0 - &row, Tensor::from([9i64, 0, -90]));
        assert_eq!(&row * &row, Tensor::from([1i64, 100, 10_000]));
        assert_eq!(x.maximum(3).unwrap(), Tensor::from([[large + 1, 3, 3], [4, 5, 3]]));
        assert_eq!(x.minimum(&row).unwrap(), Tensor::from([[1i64, -2, 3], [1, 5, -6]]));
    }

    #[test]
    fn functions_of_one_operand() {
        let x = Tensor::from([-3i32, 0, 2]);
        assert_eq!(-&x, Tensor::from([3i32, 0, -2]));
        assert_eq!(x.abs().unwrap(), Tensor::from([3i32, 0, 2]));
        assert_eq!(x.sign().unwrap(), Tensor::from([-1i32, 0, 1]));
        assert_eq!(x.relu().unwrap(), Tensor::from([0i32, 0, 2]));
        assert_eq!(x.pow(2).unwrap(), Tensor::from([9i32, 0, 4]));
        assert_eq!(x.pow(3).unwrap(), Tensor::from([-27i32, 0, 8]));
        assert_eq!(x.pow(0).unwrap(), Tensor::from([1i32, 1, 1]));
        assert_eq!(x.pow(19).unwrap(), Tensor::from([-1_162_261_467i32, 0, 524_288]));
        assert_eq!(Tensor::from([2u64]).pow(63).unwrap(), Tensor::from([1u64 << 63]));
        let units = Tensor::from([-1i8, 0, 1]);
        assert_eq!(units.pow(1e10).unwrap(), units.square().unwrap());
        assert_eq!(units.pow(1e10 + 1.0).unwrap(), units);
        for power in [31.0, 64.0, 1e10] {
            let error = x.pow(power).unwrap_err().to_string();
            assert!(error.starts_with("`pow` expected a type that has every result"), "{error}");
        }
        assert_eq!(x.clip(-1.0, f64::INFINITY).unwrap(), Tensor::from([-1i32, 0, 2]));
        assert!(Tensor::from([1u8]).clip(300.0, 400.0).is_err());
        assert!(Tensor::from([i64::MAX]).pow(3).is_err());
        let only_floats =
            [x.exp(), x.div(2), x.pow(-1), x.pow(0.5), x.clip(0.5, 1.0), x.mean(), x.norm()];
        let names = ["exp", "div", "pow", "pow", "clip", "mean", "norm"];
        for (result, name) in only_floats.into_iter().zip(names) {
            let error = result.unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{name}` expected float32")), "{error}");
        }
    }

    #[test]
    fn numbers_that_the_type_does_not_have_are_refused() {
        let x = Tensor::from([1u8, 2]);
        for number in [0.5, -1.0, 256.0, f64::NAN] {
            let error = x.add(number).unwrap_err().to_string();
            let expected = format!(
                "`add` expected `rhs` to be a number that the type of the elements has, \
                 found {number} for uint8; convert with `to_dtype`"
            );
            assert_eq!(error, expected);
        }
        assert!(std::panic::catch_unwind(|| 0.5 * &Tensor::from([1i64])).is_err());
    }

    #[test]
    fn reductions_over_any_axes() {
        let x = Tensor::from([[[1u8, 200], [3, 100]], [[5, 255], [7, 8]]]);
        assert_eq!(x.sum().unwrap(), Tensor::from(579i64));
        assert_eq!(x.sum_axes(&[0, 2], true).unwrap(), Tensor::from([[[461i64], [118]]]));
        let columns = x.transpose().unwrap().sum_axes(&[1], false).unwrap();
        assert_eq!(columns, x.sum_axes(&[-1], false).unwrap());
        assert_eq!(x.prod_axes(&[1], false).unwrap(), Tensor::from([[3i64, 20_000], [35, 2040]]));
        assert_eq!(x.max_axes(&[2], false).unwrap(), Tensor::from([[200u8, 100], [255, 8]]));
        assert_eq!(x.min().unwrap(), Tensor::from(1u8));
        assert_eq!(Tensor::from([true, false, true]).sum().unwrap(), Tensor::from(2i64));
        let none = Tensor::from([1i16]).slice(0, ..0).unwrap();
        assert_eq!(
            (none.sum().unwrap(), none.prod().unwrap()),
            (Tensor::from(0i64), Tensor::from(1i64))
        );
        assert!(none.max().is_err());
        let most = Tensor::from([u64::MAX, 1]);
        assert_eq!(most.max().unwrap(), Tensor::from(u64::MAX));
        assert!(most.sum().is_err() && most.prod().is_ok());
        let large = Tensor::from([[i64::MAX; 3], [i64::MIN; 3]]);
        assert!(large.prod().is_err());
        let last = Tensor::concat(&[&large, &large.zeros_like()], 0).unwrap();
        assert_eq!(last.prod().unwrap(), Tensor::from(0i64));
    }

    #[test]
    fn the_first_of_equal_extremes_is_found() {
        let x = Tensor::from([[[2i64, 7], [9, 7]], [[9, -1], [3, 5]]]);
        for axis in 0..3 {
            let floats = x.to_dtype(DType::F32);
            assert_eq!(x.argmax(axis).unwrap(), floats.argmax(axis).unwrap());
            assert_eq!(x.argmin(axis).unwrap(), floats.argmin(axis).unwrap());
        }
        assert_eq!(Tensor::from([u64::MAX - 1, u64::MAX]).argmax(0).unwrap(), Tensor::from(1i64));
    }

    #[cfg(feature = "layers")]
    #[test]
    fn running_sums_and_products() {
        let x = Tensor::from([[1i8, 100, 3], [4, 5, 6]]);
        assert_eq!(x.cumsum(1).unwrap(), Tensor::from([[1i64, 101, 104], [4, 9, 15]]));
        assert_eq!(x.cumsum(0).unwrap(), Tensor::from([[1i64, 100, 3], [5, 105, 9]]));
        assert_eq!(x.cumprod(-1).unwrap(), Tensor::from([[1i64, 100, 300], [4, 20, 120]]));
        assert_eq!(
            x.transpose().unwrap().cumsum(0).unwrap(),
            x.cumsum(1).unwrap().transpose().unwrap()
        );
        let error = Tensor::from([i64::MAX, 1]).cumsum(0).unwrap_err().to_string();
        assert!(error.starts_with("`cumsum` expected a type that has every result"), "{error}");
    }

    #[test]
    fn choices() {
        let [yes, no] = [Tensor::from([i64::MAX, 2]), Tensor::from([[3i64], [4]])];
        let condition = Tensor::from([true, false]);
        let chosen = Tensor::from([[i64::MAX, 3], [i64::MAX, 4]]);
        assert_eq!(condition.choose(&yes, &no).unwrap(), chosen);
        let masks = [Tensor::from([0.5f32, 0.0]), Tensor::from([256i64, 0])];
        for mask in masks {
            let bytes = mask.choose(&Tensor::from([1u8, 2]), &Tensor::from([3u8, 4])).unwrap();
            assert_eq!(bytes, Tensor::from([1u8, 4]));
        }
    }

    #[test]
    fn integers_are_constants() {
        let mut x = Tensor::from([1i64, 2]);
        x.attach_grad();
        let ops: [fn(&Tensor) -> Result<Tensor>; 4] =
            [Tensor::sum, Tensor::max, Tensor::prod, |x| x.mul(x)];
        for op in ops {
            let y = record(|| op(&x)).unwrap();
            assert!(matches!(y.backward(), Err(Error::NotRecorded)));
        }
        assert!(matches!(x.grad(), Err(Error::NoGradient)));
    }
}
