//! Losses: how far predictions are from labels, one number per sample.
//!
//! As in Gluon, a loss is averaged over all axes but the batch axis, so its sum's gradient divided
//! by the batch size is that of the mean; [`Trainer::step`](crate::train::Trainer::step) does the
//! division.
//!
//! Each is made by `new`, and with options by name: `HuberLoss { rho: 0.5, ..HuberLoss::new() }`.
//!
//! Losses of predictions and labels are [`Loss`]es. [`TripletLoss`], [`CosineEmbeddingLoss`],
//! [`SdmlLoss`] and [`CtcLoss`] compare other things, each by a `forward` of its own.
//!
//! # Source
//! MXNet 1.9.1, `python/mxnet/gluon/loss.py`. Formulas and defaults are the same; differences are
//! stated where they are.

mod binary;
mod cross_entropy;
#[cfg(feature = "layers")]
mod ctc;
mod embedding;
mod regression;

pub use binary::{
    HingeLoss, LabelFormat, LogisticLoss, SigmoidBinaryCrossEntropyLoss, SquaredHingeLoss,
};
pub use cross_entropy::{KlDivLoss, SoftmaxCrossEntropyLoss};
#[cfg(feature = "layers")]
pub use ctc::{CtcLayout, CtcLoss};
pub use embedding::{CosineEmbeddingLoss, SdmlLoss, TripletLoss};
pub use regression::{HuberLoss, L1Loss, L2Loss, PoissonNllLoss};

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::shape::{MAX_RANK, Shape};
use crate::tensor::Tensor;

/// A measure of the distance between predictions and labels.
///
/// A loss of your own says what it is of each element; weights and means are there already:
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Result, Tensor, loss::Loss};
///
/// /// `(prediction - label)⁴`
/// struct FourthPower;
///
/// impl Loss for FourthPower {
///     fn elements(&self, prediction: &Tensor, label: &Tensor) -> Result<Tensor> {
///         prediction.sub(label)?.square()?.square()
///     }
/// }
///
/// let (prediction, label) = (Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]), Tensor::zeros([2, 2]));
/// let loss = FourthPower.forward(&prediction, &label)?;
/// assert_eq!(loss, Tensor::from([8.5f32, 168.5]));
/// let weighted = FourthPower.forward_weighted(&prediction, &label, &Tensor::from([2.0f32, 0.0]))?;
/// assert_eq!(weighted, Tensor::from([17.0f32, 0.0]));
/// # Ok::<(), gluon::Error>(())
/// ```
pub trait Loss {
    /// The loss of each element, before weights and means.
    ///
    /// # Errors
    /// If shapes or labels do not fit.
    fn elements(&self, prediction: &Tensor, label: &Tensor) -> Result<Tensor>;

    /// The factor on the loss; 1 unless a loss says otherwise.
    fn weight(&self) -> f64 {
        1.0
    }

    /// The axis whose slices are samples; 0 unless a loss says otherwise.
    fn batch_axis(&self) -> usize {
        0
    }

    /// The loss of each sample: `[batch]`, the mean of its elements.
    ///
    /// # Errors
    /// If shapes or labels do not fit, or predictions are not floats.
    fn forward(&self, prediction: &Tensor, label: &Tensor) -> Result<Tensor> {
        let loss = self.elements(prediction, label)?;
        reduce(loss, self.weight(), self.batch_axis())
    }

    /// [`forward`](Loss::forward), with each sample's or element's loss times its own weight.
    ///
    /// The mean is still over all elements: a weight of 0 takes an element's loss away, not its
    /// place in the mean.
    ///
    /// # Shapes
    /// `sample_weight`: one of
    /// - `[batch]`, along the batch axis,
    /// - the shape of the elements, of which axes of size 1 may be left out,
    /// - two axes or more that broadcast against the first ones of the elements; those that are
    ///   left out count as 1.
    ///
    /// # Errors
    /// As for [`forward`](Loss::forward), and [`Error::ShapeMismatch`] if the weights do not fit.
    fn forward_weighted(
        &self,
        prediction: &Tensor,
        label: &Tensor,
        sample_weight: &Tensor,
    ) -> Result<Tensor> {
        let op = "forward_weighted";
        let loss = self.elements(prediction, label)?;
        other_axes(&loss, self.batch_axis(), &mut [0; MAX_RANK])?;
        let shape = weight_shape(sample_weight.shape(), &loss, self.batch_axis());
        let weighted = loss.mul(&of_type(op, loss.dtype(), sample_weight)?.reshape(shape)?)?;
        if weighted.shape() != loss.shape() {
            let (lhs, rhs) = (*loss.shape(), *sample_weight.shape());
            return Err(Error::ShapeMismatch { op, lhs, rhs });
        }
        reduce(weighted, self.weight(), self.batch_axis())
    }
}

impl<L: Loss + ?Sized> Loss for Box<L> {
    fn elements(&self, prediction: &Tensor, label: &Tensor) -> Result<Tensor> {
        (**self).elements(prediction, label)
    }

    fn weight(&self) -> f64 {
        (**self).weight()
    }

    fn batch_axis(&self) -> usize {
        (**self).batch_axis()
    }

    fn forward(&self, prediction: &Tensor, label: &Tensor) -> Result<Tensor> {
        (**self).forward(prediction, label)
    }

    fn forward_weighted(
        &self,
        prediction: &Tensor,
        label: &Tensor,
        sample_weight: &Tensor,
    ) -> Result<Tensor> {
        (**self).forward_weighted(prediction, label, sample_weight)
    }
}

/// Declares a loss: a struct of its options with their defaults, to which `weight` and
/// `batch_axis` are added; and, if a function of its elements is named, that it is a [`Loss`].
macro_rules! loss {
    (
        $(#[$doc:meta])*
        $name:ident {
            $($(#[$option_doc:meta])* $option:ident: $ty:ty = $default:expr,)*
        } $(=> $elements:path)?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $($(#[$option_doc])* pub $option: $ty,)*
            /// The factor on the loss; 1 by default.
            pub weight: f64,
            /// The axis whose slices are samples; 0 by default.
            pub batch_axis: usize,
        }

        impl Default for $name {
            fn default() -> $name {
                $name { $($option: $default,)* weight: 1.0, batch_axis: 0 }
            }
        }

        impl $name {
            /// One with the defaults of all its options.
            pub fn new() -> $name {
                $name::default()
            }
        }

        $(impl $crate::loss::Loss for $name {
            fn elements(&self, prediction: &Tensor, label: &Tensor) -> Result<Tensor> {
                $elements(self, prediction, label)
            }

            fn weight(&self) -> f64 {
                self.weight
            }

            fn batch_axis(&self) -> usize {
                self.batch_axis
            }
        })?
    };
}
use loss;

/// The mean over all axes but the batch axis, times `weight`.
fn reduce(loss: Tensor, weight: f64, batch_axis: usize) -> Result<Tensor> {
    let loss = if weight == 1.0 { loss } else { loss.mul(weight)? };
    match other_axes(&loss, batch_axis, &mut [0; MAX_RANK])? {
        [] => Ok(loss),
        others => loss.mean_axes(others, false),
    }
}

/// The shape in which weights of shape `weight` broadcast against the elements `loss`.
fn weight_shape(weight: &Shape, loss: &Tensor, batch_axis: usize) -> Shape {
    let wide = |shape: &Shape| shape.iter().copied().filter(|&size| size != 1).collect::<Vec<_>>();
    let mut dims = match weight.dims() {
        [batch] => [&vec![1; batch_axis.min(loss.rank())][..], &[*batch]].concat(),
        _ if wide(weight) == wide(loss.shape()) => return *loss.shape(),
        dims => dims.to_vec(),
    };
    let trailing = dims.iter().rev().take_while(|&&size| size == 1).count();
    dims.truncate(dims.len() - trailing);
    dims.resize(loss.rank().max(dims.len()), 1);
    Shape::new(&dims)
}

/// The axes of `loss` but the batch axis, written to `axes`; none of a scalar.
fn other_axes<'a>(
    loss: &Tensor,
    batch_axis: usize,
    axes: &'a mut [isize; MAX_RANK],
) -> Result<&'a [isize]> {
    let rank = loss.rank();
    if batch_axis >= rank && rank > 0 {
        let (axis, shape) = (batch_axis as isize, *loss.shape());
        return Err(Error::BadAxis { op: "loss", axis, shape });
    }
    let others = &mut axes[..rank.saturating_sub(1)];
    for (axis, other) in (0..rank).filter(|&axis| axis != batch_axis).zip(&mut *others) {
        *other = axis as isize;
    }
    Ok(others)
}

/// The label in the shape and type of the prediction.
fn like(op: &'static str, label: &Tensor, prediction: &Tensor) -> Result<Tensor> {
    if label.size() != prediction.size() {
        return Err(Error::ShapeMismatch { op, lhs: *prediction.shape(), rhs: *label.shape() });
    }
    let label = of_type(op, prediction.dtype(), label)?;
    if label.shape() == prediction.shape() { Ok(label) } else { label.reshape(*prediction.shape()) }
}

/// `x` in type `dtype`, with its gradient where both types have one. Integers would not have all of it.
fn of_type(op: &'static str, dtype: DType, x: &Tensor) -> Result<Tensor> {
    if !dtype.computes() {
        return Err(Error::only_floats(op, dtype));
    }
    match x.dtype() {
        same if same == dtype => Ok(x.clone()),
        other if other.computes() => x.cast(dtype),
        _ => Ok(x.to_dtype(dtype)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::record;

    fn with_grad(mut x: Tensor) -> Tensor {
        x.attach_grad();
        x
    }

    /// By the definition: a weight's gradient is its sample's loss, a label's `(label − x) / 2`.
    #[test]
    fn weights_and_labels_of_every_float_type_have_gradients() {
        let x = Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]);
        for dtype in [DType::F32, DType::F64] {
            let weight = with_grad(Tensor::from([1.0f64, 2.0]).to_dtype(dtype));
            let label = with_grad(Tensor::from([[0.0f64; 2]; 2]).to_dtype(dtype));
            record(|| L2Loss::default().forward_weighted(&x, &label, &weight))
                .unwrap()
                .backward()
                .unwrap();
            let expected = Tensor::from([1.25f64, 6.25]).to_dtype(dtype);
            assert_eq!(weight.grad().unwrap(), expected);
            let expected = Tensor::from([[-0.5f64, -1.0], [-3.0, -4.0]]).to_dtype(dtype);
            assert_eq!(label.grad().unwrap(), expected);
        }
        let integers = Tensor::from([1i64, 2]);
        let loss = L2Loss::default().forward_weighted(&x, &Tensor::zeros([2, 2]), &integers);
        assert_eq!(loss.unwrap(), Tensor::from([1.25f32, 12.5]));
    }

    /// In whose type labels and weights would be cut off.
    #[test]
    fn whole_numbers_are_no_predictions() {
        struct Distance;
        impl Loss for Distance {
            fn elements(&self, prediction: &Tensor, label: &Tensor) -> Result<Tensor> {
                prediction.sub(label)?.abs()
            }
        }
        let (x, label) = (Tensor::from([1i64, -1]), Tensor::from([0.5f32, 0.5]));
        let expected = "expected float32 or float64, found int64; convert with `to_dtype`";
        for (name, found) in [
            ("L1Loss", L1Loss::new().forward(&x, &label)),
            ("HingeLoss", HingeLoss::new().forward(&x, &label)),
            ("TripletLoss", TripletLoss::new().forward(&x, &label, &label)),
            ("forward_weighted", Distance.forward_weighted(&x, &x, &label)),
        ] {
            assert_eq!(found.unwrap_err().to_string(), format!("`{name}` {expected}"));
        }
    }

    #[test]
    fn a_number_by_itself_is_one_sample() {
        let scalar = |x: f32| Tensor::from(x);
        let l2 = L2Loss::default();
        assert_eq!(l2.forward(&scalar(5.0), &scalar(2.0)).unwrap(), scalar(4.5));
        let weighted = l2.forward_weighted(&scalar(5.0), &scalar(2.0), &Tensor::from([2.0f32]));
        assert_eq!(weighted.unwrap(), scalar(9.0));
    }

    /// As programs do that choose one by name.
    #[test]
    fn a_loss_may_be_boxed() {
        let x = Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]);
        let (zeros, each) = (Tensor::zeros([2, 2]), Tensor::from([1.0f32, 0.0]));
        let l2 = L2Loss { batch_axis: 1, weight: 3.0 };
        let boxed: Box<dyn Loss> = Box::new(l2.clone());
        let found = [boxed.forward(&x, &zeros), boxed.forward_weighted(&x, &zeros, &each)];
        let expected = [l2.forward(&x, &zeros), l2.forward_weighted(&x, &zeros, &each)];
        assert_eq!(found.map(Result::unwrap), expected.map(Result::unwrap));
        assert_eq!((boxed.weight(), boxed.batch_axis()), (3.0, 1));
    }

    #[test]
    fn weights_of_samples_lie_along_the_batch_axis() {
        let x = Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]);
        let l2 = L2Loss { batch_axis: 1, ..L2Loss::new() };
        let weighted = |weight: Tensor| l2.forward_weighted(&x, &Tensor::zeros([2, 2]), &weight);
        let each = Tensor::from([1.0f32, 0.0]);
        assert_eq!(weighted(each.clone()).unwrap(), Tensor::from([2.5f32, 0.0]));
        let rows = weighted(each.reshape([2, 1]).unwrap()).unwrap();
        assert_eq!(rows, Tensor::from([0.25f32, 1.0]));
        let trailing = weighted(each.reshape([2, 1, 1]).unwrap()).unwrap();
        assert_eq!(trailing, rows, "axes of size 1 may follow");
        assert!(weighted(Tensor::ones([3])).is_err());
        let none = L2Loss { batch_axis: 2, ..Default::default() };
        let error = none.forward_weighted(&x, &x, &each).unwrap_err().to_string();
        assert!(error.contains("expected an axis from -2 to 1, found 2"), "{error}");
    }

    #[test]
    fn weights_of_elements_fit_beside_the_axis_of_the_classes() {
        let x = Tensor::from([[[1.0f32, 0.0, 3.0], [0.0, 2.0, 1.0]]; 2]);
        let label = Tensor::from([[0i64, 1, 0], [1, 1, 0]]);
        let weight = Tensor::from([[1.0f32, 2.0, 0.0], [0.5, 1.0, 3.0]]);
        let first = SoftmaxCrossEntropyLoss { axis: 1, ..Default::default() };
        let found = first.forward_weighted(&x, &label, &weight).unwrap();
        let elements = first.elements(&x, &label).unwrap();
        assert_eq!(*elements.shape(), [2, 1, 3]);
        let expected = elements.reshape([2, 3]).unwrap().mul(&weight).unwrap();
        assert_eq!(found, expected.mean_axes(&[1], false).unwrap());
    }
}
