//! Moves between devices.

use crate::autograd::record_op;
use crate::device::Device;
use crate::error::Result;
use crate::tensor::Tensor;

impl Tensor {
    /// The values on `device`: `self` if they are there already. Gradients come back to where this
    /// tensor is.
    ///
    /// Between labels of the same memory nothing is copied. Gluon's `as_in_context`.
    ///
    /// # Errors
    /// [`Error::RecordedElsewhere`](crate::Error::RecordedElsewhere) if this tensor belongs to a
    /// recording that another thread has not finished.
    pub fn to_device(&self, device: Device) -> Result<Tensor> {
        let from = self.device();
        if from == device {
            return Ok(self.clone());
        }
        record_op("to_device", [self], self.with_device(device), |_| {
            move |dy, gradients| gradients.add(0, dy.with_device(from))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::record;

    #[test]
    fn gradients_come_back_to_where_the_values_were() {
        let mut x = Tensor::from([2.0f32]);
        x.attach_grad();
        for device in [Device::Cpu(1), x.device()] {
            let y = record(|| x.square()?.add(&x.to_device(device)?.mul(3.0)?)).unwrap();
            y.backward().unwrap();
            assert_eq!(x.grad().unwrap(), Tensor::from([7.0f32]));
            assert_eq!(x.grad().unwrap().device(), x.device());
        }
    }

    #[test]
    fn gradients_are_on_the_device_of_their_variable() {
        let condition = Tensor::from([1.0f32]);
        let [mut x, mut y] = [0, 1].map(|n| Tensor::from([2.0f32]).copy_to(Device::Cpu(n)));
        x.attach_grad();
        y.attach_grad();
        let outputs = [
            record(|| x.add(&y)),
            record(|| condition.choose(&x, &y)),
            record(|| Tensor::concat(&[&x, &y], 0)),
        ];
        for output in outputs {
            output.unwrap().backward().unwrap();
            for variable in [&x, &y] {
                assert_eq!(variable.grad().unwrap().device(), variable.device());
            }
        }
    }
}
