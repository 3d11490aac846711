//! Tensors of random numbers.

use super::Tensor;
use crate::device::Device;
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
        Tensor::drawn(shape.into(), range_of::<f32>(low, high))
    }

    /// A `float32` tensor of numbers of a normal distribution, as [`uniform`](Tensor::uniform).
    /// NumPy's `random.normal`.
    pub fn normal(mean: f64, deviation: f64, shape: impl Into<Shape>) -> Tensor {
        Tensor::drawn(shape.into(), |generator| mean + deviation * generator.normal())
    }

    fn drawn(shape: Shape, draw: impl Fn(&mut Generator) -> f64) -> Tensor {
        let mut generator = Generator::new(next_u64());
        Tensor::build::<f32>(shape, Device::default(), |elements| {
            elements.iter_mut().for_each(|element| *element = draw(&mut generator) as f32);
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
