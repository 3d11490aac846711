//! Function: a computation with a gradient of one's own.

use super::mode::unrecorded;
use super::record_op;
use crate::error::{Error, Result};
use crate::tape::Gradients;
use crate::tensor::Tensor;

/// A computation whose gradient is written by hand. MXNet's `autograd.Function`.
///
/// What `backward` needs of the forward computation is kept in `self`.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Result, Tensor, autograd::{Function, record}};
///
/// /// The logistic function, whose gradient needs its value only.
/// struct Sigmoid(Option<Tensor>);
///
/// impl Function for Sigmoid {
///     fn forward(&mut self, inputs: &[Tensor]) -> Result<Tensor> {
///         let y = inputs[0].sigmoid()?;
///         self.0 = Some(y.clone());
///         Ok(y)
///     }
///
///     fn backward(&self, gradient: &Tensor) -> Result<Vec<Tensor>> {
///         let y = self.0.as_ref().expect("`forward` ran before");
///         Ok(vec![gradient.mul(&y.mul(&y.mul(-1.0)?.add(1.0)?)?)?])
///     }
/// }
///
/// let mut x = Tensor::from([0.0f32, 1.0]);
/// x.attach_grad();
/// record(|| Sigmoid(None).call(&[&x]))?.backward()?;
/// assert_eq!(x.grad()?.to_vec::<f32>()?[0], 0.25);
/// # Ok::<(), gluon::Error>(())
/// ```
pub trait Function: Send + 'static {
    /// What errors call it: its type, unless it says otherwise.
    fn name(&self) -> &'static str {
        std::any::type_name::<Self>()
    }

    /// Computes the output. Nothing in here is recorded, and the inputs are constants; the mode of
    /// training is the caller's.
    ///
    /// # Errors
    /// Whatever its operations return.
    fn forward(&mut self, inputs: &[Tensor]) -> Result<Tensor>;

    /// The gradient of each input, in order and each of its input's shape and type, from the
    /// gradient of the output. It may be called several times.
    ///
    /// # Errors
    /// Whatever its operations return.
    fn backward(&self, gradient: &Tensor) -> Result<Vec<Tensor>>;

    /// Computes the output for `inputs`, and remembers this function if they are recorded.
    ///
    /// # Errors
    /// What [`forward`](Function::forward) returns. A later `backward` returns
    /// [`Error::BadGradients`] if the gradients are not like the inputs.
    fn call(mut self, inputs: &[&Tensor]) -> Result<Tensor>
    where
        Self: Sized,
    {
        let constants: Vec<Tensor> = inputs.iter().map(|input| input.detach()).collect();
        let output = unrecorded(|| self.forward(&constants))?.detach();
        let op = self.name();
        record_op(op, inputs, output, |_| {
            move |gradient: &mut Tensor, gradients: &mut Gradients<'_, Tensor>| {
                let found = self.backward(gradient)?;
                check(op, &constants, &found)?;
                let mut found = found.into_iter().enumerate();
                found.try_for_each(|(index, gradient)| gradients.add(index, gradient))
            }
        })
    }
}

/// Whether the gradients are like the inputs.
fn check(op: &'static str, inputs: &[Tensor], gradients: &[Tensor]) -> Result<()> {
    let alike = |(x, dx): (&Tensor, &Tensor)| x.shape() == dx.shape() && x.dtype() == dx.dtype();
    if inputs.len() == gradients.len() && inputs.iter().zip(gradients).all(alike) {
        return Ok(());
    }
    let listed = |tensors: &[Tensor]| -> String {
        let each = tensors.iter().map(|tensor| format!("{} {}", tensor.dtype(), tensor.shape()));
        each.collect::<Vec<_>>().join(", ")
    };
    Err(Error::BadGradients { op, expected: listed(inputs), found: listed(gradients) })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::autograd::{check, is_recording, is_training, record, record_with};
    use crate::dtype::DType;

    /// `x · y²`, perhaps with a mistake in its gradient.
    struct Product {
        inputs: Vec<Tensor>,
        mistake: Option<Mistake>,
    }

    enum Mistake {
        Count,
        Shape,
        Type,
    }

    impl Product {
        fn new(mistake: Option<Mistake>) -> Product {
            Product { inputs: Vec::new(), mistake }
        }
    }

    impl Function for Product {
        fn name(&self) -> &'static str {
            "product"
        }

        fn forward(&mut self, inputs: &[Tensor]) -> Result<Tensor> {
            assert!(!is_recording());
            self.inputs = inputs.to_vec();
            inputs[0].mul(&inputs[1].square()?)
        }

        fn backward(&self, gradient: &Tensor) -> Result<Vec<Tensor>> {
            let [x, y] = &self.inputs[..] else { unreachable!("called with two") };
            let dx = gradient.mul(&y.square()?)?;
            let dy = gradient.mul(&x.mul(y)?.mul(2.0)?)?;
            Ok(match self.mistake {
                None => vec![dx, dy],
                Some(Mistake::Count) => vec![dx],
                Some(Mistake::Shape) => vec![dx, dy.sum()?],
                Some(Mistake::Type) => vec![dx, dy.to_dtype(DType::I32)],
            })
        }
    }

    #[test]
    fn the_gradient_is_the_one_written_by_hand() {
        let x = Tensor::from([0.5, -1.0]);
        let y = Tensor::from([2.0, 3.0]);
        let f = |x: &[Tensor]| Product::new(None).call(&[&x[0], &x[1]])?.mul(&x[0]);
        assert!(check::gradients(f, &[x, y], 1e-5).unwrap() < 1e-9);
    }

    #[test]
    fn gradients_unlike_their_inputs_are_an_error_of_backward() {
        let mut x = Tensor::ones([2]);
        x.attach_grad();
        let cases = [
            (Mistake::Count, "float32 (2,)"),
            (Mistake::Shape, "float32 (2,), float32 ()"),
            (Mistake::Type, "float32 (2,), int32 (2,)"),
        ];
        for (mistake, found) in cases {
            let y = record(|| Product::new(Some(mistake)).call(&[&x, &x])).unwrap();
            let expected = "`product` expected its `backward` to return float32 (2,), float32 (2,)";
            let error = y.backward().unwrap_err().to_string();
            assert_eq!(error, format!("{expected}, found {found}"));
        }
    }

    /// `x²`, whose gradient comes from computing it once more.
    struct Again {
        input: Option<Tensor>,
        was_training: bool,
    }

    impl Function for Again {
        fn forward(&mut self, inputs: &[Tensor]) -> Result<Tensor> {
            assert!(!is_recording());
            assert_eq!(is_training(), self.was_training);
            self.input = Some(inputs[0].clone());
            inputs[0].square()
        }

        fn backward(&self, gradient: &Tensor) -> Result<Vec<Tensor>> {
            let mut x = self.input.clone().expect("`forward` ran before");
            x.attach_grad();
            record(|| x.square())?.backward_with(gradient, false)?;
            Ok(vec![x.grad()?.copy()])
        }
    }

    #[test]
    fn a_gradient_may_record_also_where_the_pass_is_recorded() {
        let mut x = Tensor::from([3.0]);
        x.attach_grad();
        for was_training in [true, false] {
            record_with(was_training, || {
                let y = Again { input: None, was_training }.call(&[&x])?.mul(2.0)?;
                y.backward_with(&Tensor::ones_like(&y), true)?;
                assert_eq!(x.grad()?.to_vec::<f64>()?, [12.0]);
                assert!(is_recording());
                // What was open goes on.
                y.mul(&x)?.backward()
            })
            .unwrap();
            assert_eq!(x.grad().unwrap(), Tensor::from([54.0]));
        }
    }

    /// The square of its input, whose gradient is `then` of that of its output.
    struct Then<F>(F);

    impl<F: Fn(&Tensor) -> Result<Tensor> + Send + 'static> Function for Then<F> {
        fn forward(&mut self, inputs: &[Tensor]) -> Result<Tensor> {
            inputs[0].square()
        }

        fn backward(&self, gradient: &Tensor) -> Result<Vec<Tensor>> {
            Ok(vec![(self.0)(gradient)?])
        }
    }

    #[test]
    fn a_pass_within_a_pass_is_a_part_of_it() {
        let (mut x, mut w) = (Tensor::from([3.0]), Tensor::from([5.0]));
        x.attach_grad();
        w.attach_grad();
        // `w·x` of which nothing is kept, but computed again for its gradient.
        let again = || {
            let (x, w) = (x.detach(), w.clone());
            Then(move |gradient: &Tensor| {
                let mut x = x.clone();
                x.attach_grad();
                record(|| w.mul(&x))?.backward_with(gradient, false)?;
                x.grad()
            })
        };
        let run = || -> Result<()> {
            let y = record(|| {
                let twice = again().call(&[&x])?.add(&again().call(&[&x])?)?;
                twice.add(&w)?.add(&w.mul(&x)?)
            })?;
            y.backward()
        };
        for _ in 0..2 {
            run().unwrap();
            assert_eq!((w.grad().unwrap(), x.grad().unwrap()), ([10.0].into(), [15.0].into()));
        }
    }

    #[test]
    fn a_pass_within_one_over_the_same_recording_is_an_error() {
        let mut x = Tensor::from([3.0]);
        x.attach_grad();
        for leads_there in [false, true] {
            let nested = |inner: Tensor| {
                Then(move |gradient: &Tensor| {
                    let inner =
                        if leads_there { record(|| inner.mul(2.0))? } else { inner.clone() };
                    assert!(matches!(inner.backward(), Err(Error::NestedBackward)));
                    Ok(gradient.clone())
                })
            };
            let y = record(|| {
                let y = x.square()?;
                nested(y.clone()).call(&[&y])
            });
            y.unwrap().backward().unwrap();
            assert_eq!(x.grad().unwrap(), Tensor::from([6.0]));
        }
    }

    #[test]
    fn what_nobody_can_reach_is_freed_with_the_recording() {
        let mut x = Tensor::from([3.0]);
        x.attach_grad();
        let (held, lost) = (Arc::new(()), Arc::new(()));
        struct Holds(#[expect(dead_code, reason = "its count tells")] Arc<()>);
        impl Function for Holds {
            fn forward(&mut self, inputs: &[Tensor]) -> Result<Tensor> {
                inputs[0].square()
            }

            fn backward(&self, gradient: &Tensor) -> Result<Vec<Tensor>> {
                Ok(vec![gradient.clone()])
            }
        }
        let call = |token: &Arc<()>| Holds(Arc::clone(token)).call(&[&x]).unwrap();
        let y = record(|| call(&held));
        assert_eq!(Arc::strong_count(&held), 2);
        drop(y);
        record(|| drop(call(&lost)));
        assert_eq!((Arc::strong_count(&held), Arc::strong_count(&lost)), (1, 1));
    }

    #[test]
    fn what_is_dropped_with_a_recording_may_record() {
        struct Records(Tensor);
        impl Function for Records {
            fn forward(&mut self, inputs: &[Tensor]) -> Result<Tensor> {
                inputs[0].square()
            }

            fn backward(&self, gradient: &Tensor) -> Result<Vec<Tensor>> {
                Ok(vec![gradient.clone()])
            }
        }
        impl Drop for Records {
            fn drop(&mut self) {
                record(|| self.0.square()).unwrap().backward().unwrap();
            }
        }
        let mut x = Tensor::from([3.0]);
        x.attach_grad();
        let call = || Records(x.clone()).call(&[&x]);
        // At the end of the recording, and at the beginning of the next.
        record(|| drop(call().unwrap()));
        assert_eq!(x.grad().unwrap(), Tensor::from([6.0]));
        let y = record(call).unwrap();
        x.zero_grad().unwrap();
        drop(y);
        let z = record(|| x.mul(2.0)).unwrap();
        assert_eq!(x.grad().unwrap(), Tensor::from([6.0]));
        z.backward().unwrap();
        assert_eq!(x.grad().unwrap(), Tensor::from([2.0]));
    }

    #[test]
    fn a_second_backward_needs_the_graph_kept() {
        let mut x = Tensor::full([2], 3.0, DType::F32);
        x.attach_grad();
        let y = record(|| Product::new(None).call(&[&x, &x])).unwrap();
        y.backward_with(&Tensor::ones([2]), true).unwrap();
        y.backward().unwrap();
        assert_eq!(x.grad().unwrap(), Tensor::full([2], 27.0, DType::F32));
        assert!(matches!(y.backward(), Err(Error::GraphFreed)));
        assert!(matches!(
            Product::new(None).call(&[&x, &x]).unwrap().backward(),
            Err(Error::NotRecorded)
        ));
    }
}
