//! Normalization: layers that give their inputs mean 0 and variance 1, then scale and shift them.

mod batch;
mod group;
mod instance;
mod layer;
mod rms;

pub use batch::BatchNorm;
pub use group::GroupNorm;
pub use instance::InstanceNorm;
pub use layer::LayerNorm;
pub use rms::RmsNorm;

/// The settings that layers with a `gamma` and a `beta` have in common, and the values of both.
macro_rules! affine {
    ($name:ident) => {
        impl $name {
            /// The same layer with `epsilon` added to variances; 1e-5 unless this is called.
            pub fn epsilon(mut self, epsilon: f64) -> $name {
                self.epsilon = epsilon;
                self
            }

            /// The same layer without a factor: `gamma` stays in files, as in Gluon, but is neither
            /// used nor trained.
            pub fn no_scale(mut self) -> $name {
                self.scale = false;
                self.gamma = self.gamma.with_differentiable(false);
                self
            }

            /// The same layer without a shift: `beta` stays in files, as in Gluon, but is neither
            /// used nor trained.
            pub fn no_center(mut self) -> $name {
                self.center = false;
                self.beta = self.beta.with_differentiable(false);
                self
            }

            /// The values of `gamma` and `beta`, as far as they are used, for so many channels.
            fn affine(&self, channels: usize) -> Result<[Option<Tensor>; 2]> {
                let gamma = self.gamma.data_with_shape(channels)?;
                let beta = self.beta.data_with_shape(channels)?;
                Ok([self.scale.then_some(gamma), self.center.then_some(beta)])
            }
        }
    };
}
use affine;
