//! Splitting a batch among devices.

use crate::device::Device;
use crate::error::{Error, Result};
use crate::tensor::Tensor;

/// `batch` in as many parts along its first axis as there are `devices`, each on its device.
///
/// If the batch cannot be divided evenly, the first parts get one sample more. Gluon's
/// `split_and_load`, which refuses uneven parts unless told otherwise:
/// [`split_and_load_evenly`] does so too.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Device, Tensor, data::split_and_load};
///
/// let parts = split_and_load(&Tensor::arange(5), &[Device::Cpu(0), Device::Cpu(1)])?;
/// assert_eq!(parts[0].to_vec::<f32>()?, [0.0, 1.0, 2.0]);
/// assert_eq!(parts[1].device(), Device::Cpu(1));
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Errors
/// [`Error::BadShape`] if there are fewer samples than devices, [`Error::BadArgument`] if there are
/// no devices.
pub fn split_and_load(batch: &Tensor, devices: &[Device]) -> Result<Vec<Tensor>> {
    let (count, samples) = (devices.len(), batch.shape().dims().first().copied().unwrap_or(0));
    if count == 0 {
        let (argument, expected) = ("devices", "at least one device");
        let found = "none".to_owned();
        return Err(Error::BadArgument { op: "split_and_load", argument, expected, found });
    }
    if samples < count {
        let expected = "at least one sample for each device";
        return Err(Error::BadShape { op: "split_and_load", expected, found: *batch.shape() });
    }
    let mut start = 0;
    let part = |(index, &device): (usize, &Device)| {
        let end = start + samples / count + usize::from(index < samples % count);
        let part = batch.slice(0, start..end)?.to_device(device)?;
        start = end;
        Ok(part)
    };
    devices.iter().enumerate().map(part).collect()
}

/// [`split_and_load`] in parts of equal size.
///
/// # Errors
/// As for [`split_and_load`], and [`Error::BadShape`] if the parts would not be equal.
pub fn split_and_load_evenly(batch: &Tensor, devices: &[Device]) -> Result<Vec<Tensor>> {
    let samples = batch.shape().dims().first().copied().unwrap_or(0);
    if !devices.is_empty() && !samples.is_multiple_of(devices.len()) {
        let expected = "a multiple of the number of devices as first axis";
        return Err(Error::BadShape { op: "split_and_load", expected, found: *batch.shape() });
    }
    split_and_load(batch, devices)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_is_in_one_part_and_the_first_have_one_more() {
        let devices = [0, 1, 2].map(Device::Cpu);
        let x = Tensor::arange(16).reshape([8, 2]).unwrap();
        let parts = split_and_load(&x, &devices).unwrap();
        assert_eq!(parts.iter().map(|part| part.shape()[0]).collect::<Vec<_>>(), [3, 3, 2]);
        assert!(parts.iter().zip(devices).all(|(part, device)| part.device() == device));
        assert_eq!(Tensor::concat(&parts.iter().collect::<Vec<_>>(), 0).unwrap(), x);
        assert!(split_and_load_evenly(&x, &devices).is_err());
        assert_eq!(split_and_load_evenly(&x, &devices[..2]).unwrap()[1].shape(), [4, 2]);
        assert!(split_and_load(&x, &[]).is_err());
        assert!(split_and_load(&Tensor::ones([2]), &devices).is_err());
        assert!(split_and_load(&Tensor::ones(()), &devices).is_err());
    }
}
