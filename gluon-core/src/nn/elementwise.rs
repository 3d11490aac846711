//! Functions of one element with settings, as layers.

use gluon_macros::Block;

use crate::block::Forward;
use crate::error::Result;
use crate::tensor::Tensor;

/// Defines a layer that calls a method of `Tensor` with its settings.
macro_rules! elementwise {
    ($($(#[$doc:meta])* $name:ident($($setting:ident: $default:expr),*) $gluon:literal $op:ident)*) => {$(
        $(#[$doc])*
        ///
        /// # Shapes
        /// Any, unchanged.
        #[derive(Block, Clone, Copy, Debug, PartialEq)]
        #[block(describe = $name::line)]
        pub struct $name {
            $($setting: f64,)*
        }

        impl $name {
            #[doc = concat!(
                "The layer" $(, " with this `", stringify!($setting), "`; ", stringify!($default),
                " is the default")*, "."
            )]
            pub fn new($($setting: f64),*) -> $name {
                $name { $($setting),* }
            }

            fn line(&self) -> String {
                let settings: &[f64] = &[$(self.$setting),*];
                let settings: Vec<_> = settings.iter().map(f64::to_string).collect();
                format!(concat!($gluon, "({})"), settings.join(", "))
            }
        }

        impl Default for $name {
            fn default() -> $name {
                $name { $($setting: $default),* }
            }
        }

        impl Forward for $name {
            fn forward(&self, x: &Tensor) -> Result<Tensor> {
                x.$op($(self.$setting),*)
            }
        }
    )*};
}

elementwise! {
    /// `x` where it is positive, else `slope · x`; the slope is 0.01 by default.
    LeakyRelu(slope: 0.01) "LeakyReLU" leaky_relu
    /// `x` where it is positive, else `alpha · (eˣ − 1)`; alpha is 1 by default.
    ///
    /// # Source
    /// Clevert et al., *Fast and Accurate Deep Network Learning by Exponential Linear Units*, ICLR
    /// 2016, eq. 15.
    Elu(alpha: 1.0) "ELU" elu
    /// [`Elu`] with the scale and alpha that keep mean 0 and variance 1 from layer to layer.
    ///
    /// # Source
    /// Klambauer et al., *Self-Normalizing Neural Networks*, NeurIPS 2017.
    Selu() "SELU" selu
    /// `x · Φ(x)`, with the distribution function of the normal distribution.
    ///
    /// # Source
    /// Hendrycks & Gimpel, *Gaussian Error Linear Units*, 2016.
    Gelu() "GELU" gelu
    /// `x · sigmoid(beta · x)`; with a beta of 1, the default, it is also called SiLU.
    ///
    /// # Source
    /// Ramachandran et al., *Searching for Activation Functions*, 2017.
    Swish(beta: 1.0) "Swish" swish
}
