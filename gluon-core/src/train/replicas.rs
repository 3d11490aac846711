//! Replicas: one model on several devices.

use super::Trainer;
use crate::autograd::pause;
use crate::block::{Block, Replicate};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::parameter::{Entry, ParameterDict};
use crate::tape::GradReq;
use crate::tensor::Tensor;

/// Copies of a model, one on each of several devices, which are trained as one.
///
/// Gluon keeps the copies within each parameter. Here each device has a whole model, with its ties,
/// that a thread of its own may run. The trainer belongs to the first; a
/// [`step`](Replicas::step) sums the gradients of all, updates the first once, and gives the others
/// its values.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::data::split_and_load;
/// use gluon::{Block, Device, Forward, Tensor, autograd::record, nn::Dense};
/// use gluon::{optim::Sgd, train::{Replicas, Trainer}};
///
/// let devices = [Device::Cpu(0), Device::Cpu(1)];
/// let mut net = Dense::new(1).in_units(2);
/// net.initialize()?;
/// let replicas = Replicas::new(&net, &devices)?;
/// let mut trainer = Trainer::new(replicas.collect_params(), Sgd::new(0.1))?;
/// let batch = Tensor::ones([6, 2]);
/// for (net, x) in replicas.iter().zip(split_and_load(&batch, &devices)?) {
///     record(|| net.forward(&x)?.square())?.backward()?;
/// }
/// replicas.step(&mut trainer, 6)?;
/// # Ok::<(), gluon::Error>(())
/// ```
#[derive(Debug)]
pub struct Replicas<M> {
    models: Vec<M>,
}

impl<M: Block + Replicate> Replicas<M> {
    /// A copy of `model` on each of `devices`, in order.
    ///
    /// # Errors
    /// [`Error::BadArgument`] if there are no devices, [`Error::NotInitialized`] or
    /// [`Error::Deferred`] if a parameter has no values that could be copied, and what
    /// [`ParameterDict::check`] returns.
    pub fn new(model: &M, devices: &[Device]) -> Result<Replicas<M>> {
        if devices.is_empty() {
            let (argument, expected) = ("devices", "at least one device");
            let found = "none".to_owned();
            return Err(Error::BadArgument { op: "Replicas::new", argument, expected, found });
        }
        let parameters = model.collect_params();
        parameters.check()?;
        parameters.iter().try_for_each(|entry| entry.data().map(drop))?;
        let copy = |&device| {
            let mut copy = model.duplicate();
            copy.to_device(device);
            copy
        };
        Ok(Replicas { models: devices.iter().map(copy).collect() })
    }

    /// The models, in the order of their devices.
    pub fn iter(&self) -> std::slice::Iter<'_, M> {
        self.models.iter()
    }

    /// The parameters of the first model, for a trainer.
    pub fn collect_params(&self) -> ParameterDict {
        self.models[0].collect_params()
    }

    /// Makes each gradient, on every device, the sum of that gradient over all devices. Gluon's
    /// `allreduce_grads`.
    ///
    /// # Errors
    /// [`Error::StaleGradient`] if a parameter has had no `backward` on one of the devices since
    /// its last update. No gradient has changed then.
    pub fn all_reduce(&self) -> Result<()> {
        let places = self.places();
        let trained = || places.iter().filter(|copies| copies[0].grad_req() != GradReq::Null);
        if let Some(stale) = trained().flatten().find(|entry| !entry.has_fresh_grad()) {
            return Err(Error::StaleGradient { name: stale.path().to_owned() });
        }
        let sum = |copies: &Vec<Entry>| {
            let (first, others) = (copies[0].grad()?, &copies[1..]);
            others.iter().try_fold(first, |sum, other| pause(|| sum.add(&other.grad()?)))
        };
        let sums: Vec<Tensor> = trained().map(sum).collect::<Result<_>>()?;
        let mut sums = trained().zip(&sums);
        sums.try_for_each(|(copies, sum)| copies.iter().try_for_each(|copy| copy.set_grad(sum)))
    }

    /// Gives the other models the values of the first, its running statistics among them; their
    /// gradients count as used.
    ///
    /// # Errors
    /// As for [`Parameter::data`](crate::Parameter::data).
    pub fn broadcast(&self) -> Result<()> {
        for copies in self.places() {
            let (first, others) = (copies[0].data()?, &copies[1..]);
            for other in others {
                other.set_data(&first)?;
                other.leaf().mark_used();
            }
        }
        Ok(())
    }

    /// The copies of each parameter.
    fn places(&self) -> Vec<Vec<Entry>> {
        let mut places: Vec<Vec<Entry>> =
            self.collect_params().into_iter().map(|e| vec![e]).collect();
        for model in &self.models[1..] {
            places.iter_mut().zip(model.collect_params()).for_each(|(copies, e)| copies.push(e));
        }
        places
    }

    /// One step of all models: [`all_reduce`](Replicas::all_reduce), [`Trainer::step`] and
    /// [`broadcast`](Replicas::broadcast). It sums their gradients, lets `trainer`, which is that of the
    /// [first](Replicas::collect_params), update it, and gives the others its values.
    ///
    /// `batch_size` counts the samples of all devices together.
    ///
    /// # Errors
    /// As for [`all_reduce`](Replicas::all_reduce) and [`Trainer::step`].
    pub fn step(&self, trainer: &mut Trainer, batch_size: usize) -> Result<()> {
        self.all_reduce()?;
        trainer.step(batch_size)?;
        self.broadcast()
    }
}
