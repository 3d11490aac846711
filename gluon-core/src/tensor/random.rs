//! Tensors of random numbers.

use super::Tensor;
use crate::device::Device;
use crate::dtype::Element;
use crate::error::{Error, Result};
use crate::random::{Generator, next_u64, range_of};
use crate::shape::Shape;

impl Tensor {
    /// A `float32` tensor of numbers that are equally likely in `[low, high)`, drawn from this
    /// thread's generator, which [`random::seed`](crate::random::seed) seeds. NumPy's
    /// `random.uniform`.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::{Tensor, random};
    /// random::seed(0);
    /// let x = Tensor::uniform(-1.0, 1.0, [2, 20]);
    /// random::seed(0);
    /// assert_eq!(x, Tensor::uniform(-1.0, 1.0, [2, 20]));
    /// ```
    pub fn uniform(low: f64, high: f64, shape: impl Into<Shape>) -> Tensor {
        let draw = range_of::<f32>(low, high);
        Tensor::drawn(shape.into(), |generator| draw(generator) as f32)
    }

    /// A `float32` tensor of numbers of a normal distribution, as [`uniform`](Tensor::uniform).
    /// NumPy's `random.normal`.
    pub fn normal(mean: f64, deviation: f64, shape: impl Into<Shape>) -> Tensor {
        let draw = |generator: &mut Generator| (mean + deviation * generator.normal()) as f32;
        Tensor::drawn(shape.into(), draw)
    }

    /// An `int64` tensor of integers that are equally likely from `low` to `high - 1`, drawn as by
    /// [`uniform`](Tensor::uniform). NumPy's `random.randint`.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::Tensor;
    /// let dice = Tensor::randint(1, 7, [2, 20])?.to_vec::<i64>()?;
    /// assert!(dice.iter().all(|pips| (1..=6).contains(pips)));
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::BadArgument`] unless `low` is less than `high`.
    pub fn randint(low: i64, high: i64, shape: impl Into<Shape>) -> Result<Tensor> {
        let count = usize::try_from(high.wrapping_sub(low) as u64).ok();
        let Some(count) = count.filter(|_| low < high) else {
            let (op, argument, expected) = ("randint", "high", "greater than `low`");
            let found = format!("{high} for {low}");
            return Err(Error::BadArgument { op, argument, expected, found });
        };
        let draw = |generator: &mut Generator| low.wrapping_add(generator.below(count) as i64);
        Ok(Tensor::drawn(shape.into(), draw))
    }

    fn drawn<T: Element>(shape: Shape, draw: impl Fn(&mut Generator) -> T) -> Tensor {
        let mut generator = Generator::new(next_u64());
        Tensor::build::<T>(shape, Device::default(), |elements| {
            elements.iter_mut().for_each(|element| *element = draw(&mut generator));
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last number that this seed draws is 1 - 2.6e-8, which as `f32` would be 1.
    #[test]
    fn the_upper_bound_is_not_drawn() {
        crate::random::seed(15_002_350);
        let x = Tensor::uniform(0.0, 1.0, 4).to_vec::<f32>().unwrap();
        assert_eq!(x[3], 1.0f32.next_down());
        assert_eq!(Tensor::uniform(1.0, 1.0, 4), Tensor::ones([4]));
        let falling = Tensor::uniform(3.0, 1.0, 100).to_vec::<f32>().unwrap();
        assert!(falling.iter().all(|x| (1.0..=3.0).contains(x)));
    }

    #[test]
    fn integers_of_every_range_are_equally_likely() {
        const COUNT: usize = 60_000;
        let x = Tensor::randint(-2, 1, COUNT).unwrap().to_vec::<i64>().unwrap();
        for expected in -2..1 {
            let share = x.iter().filter(|&&x| x == expected).count() as f64 / COUNT as f64;
            assert!((share - 1.0 / 3.0).abs() < 0.01, "{expected}: {share}");
        }
        assert!(x.iter().all(|x| (-2..1).contains(x)));
        let x = Tensor::randint(i64::MIN, i64::MAX, 100).unwrap().to_vec::<i64>().unwrap();
        assert!(x.iter().any(|&x| x < i64::MIN / 2) && x.iter().any(|&x| x > i64::MAX / 2));
        let error = Tensor::randint(3, 3, 1).unwrap_err().to_string();
        assert_eq!(error, "`randint` expected `high` to be greater than `low`, found 3 for 3");
        assert!(Tensor::randint(0, i64::MIN, 1).is_err());
    }

    #[test]
    fn draws_have_the_moments_of_theory_and_go_on() {
        const COUNT: usize = 100_000;
        let moments = |x: &Tensor| {
            let mean = x.mean().unwrap().item().unwrap();
            (mean, x.sub(mean).unwrap().square().unwrap().mean().unwrap().item().unwrap())
        };
        let close = |found: f64, expected: f64| (found - expected).abs() < 0.02;
        let x = Tensor::uniform(1.0, 3.0, COUNT);
        let (mean, variance) = moments(&x);
        assert!(close(mean, 2.0) && close(variance, 1.0 / 3.0), "{mean} {variance}");
        assert!(x.to_vec::<f32>().unwrap().iter().all(|x| (1.0..3.0).contains(x)));
        assert_ne!(x, Tensor::uniform(1.0, 3.0, COUNT));
        let (mean, variance) = moments(&Tensor::normal(-1.0, 0.5, COUNT));
        assert!(close(mean, -1.0) && close(variance, 0.25), "{mean} {variance}");
    }
}
