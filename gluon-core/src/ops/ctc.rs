//! Connectionist temporal classification.

use crate::autograd::record_op;
use crate::buffer::for_float;
use crate::error::Result;
use crate::kernel::ctc::ctc;
use crate::kernel::parallel;
use crate::shape::Shape;
use crate::tensor::Tensor;

impl Tensor {
    /// `-ln p(label)` of each sample over all alignments with its steps: `[batch]`.
    ///
    /// `self`: log-probabilities, `[batch, steps, classes]`, of which sample `i` uses the first
    /// `labels[i].0` steps; classes are below the last axis' size, which the caller has checked.
    pub(crate) fn ctc(&self, labels: Vec<(usize, Vec<usize>)>, blank: usize) -> Result<Tensor> {
        let op = "CtcLoss";
        let (batch, all_steps, classes) = (self.shape()[0], self.shape()[1], self.shape()[2]);
        let sample = all_steps * classes;
        let states = labels.iter().map(|(_, label)| 2 * label.len() + 1).max().unwrap_or(1);
        // An exponential and a logarithm a state, forward and backward.
        let cost = (states * 256).div_ceil(classes.max(1));
        let x = self.to_contiguous();
        for_float!(x, op, T => {
            let xs = x.as_contiguous::<T>().unwrap_or_default();
            let mut loss = Tensor::build::<T>(Shape::from(batch), x.device(), |losses| losses.fill(0.0));
            let losses = loss.make_mut::<T>(op)?;
            let uses = Tensor::build::<T>(*x.shape(), x.device(), |uses| {
                let units = (sample, 1);
                parallel::for_each_part_pair(uses, losses, units, cost, |start, uses, losses| {
                    let samples = uses.chunks_exact_mut(sample.max(1)).zip(losses);
                    for (i, (uses, loss)) in samples.enumerate() {
                        let (steps, label) = &labels[start + i];
                        let log_p = &xs[(start + i) * sample..][..steps * classes];
                        *loss = crate::dtype::Element::from_f64(ctc(log_p, classes, label, blank, uses));
                    }
                });
            });
            record_op(op, [self], loss, |_| {
                move |dloss, gradients| {
                    let gradient = uses.mul(&dloss.reshape([batch, 1, 1])?)?.neg()?;
                    gradients.add(0, gradient)
                }
            })
        })
    }
}
