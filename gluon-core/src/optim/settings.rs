//! What all optimizers have alike: settings with defaults, and a function that updates.

use crate::error::{Error, Result};

/// What a setting may be, and in words.
pub(super) type Range = (fn(f64) -> bool, &'static str);

/// A share of which something is left.
pub(super) const SHARE: Range = (|x| (0.0..1.0).contains(&x), "from 0 to 1, 1 excluded");
/// A share.
pub(super) const SHARE_OR_ALL: Range = (|x| (0.0..=1.0).contains(&x), "from 0 to 1");
/// A number that is not negative.
pub(super) const FROM_0: Range = (|x| x.is_finite() && x >= 0.0, "a number from 0 on");

/// Checks that a setting is in its range.
pub(super) fn check(setting: &'static str, number: f64, (holds, expected): Range) -> Result<()> {
    if holds(number) {
        return Ok(());
    }
    let found = number.to_string();
    Err(Error::BadArgument { op: "Trainer::new", argument: setting, expected, found })
}

/// Declares an optimizer: its settings with their defaults, `new` with the learning rate, a method
/// that sets each, and [`Optimizer`](super::Optimizer) by a kernel, which is generic over the type
/// of the elements.
///
/// Learning rate, weight decay and a limit of the gradient are there without being named.
macro_rules! optimizer {
    (
        $(#[$doc:meta])*
        $name:ident($kernel:ident) {
            learning_rate = $rate:expr;
            state($this:ident) = $state:expr;
            $(
                $(#[$set_doc:meta])*
                $set:ident($($setting:ident $(in $range:ident)?: $ty:ty = $default:expr),+);
            )*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name {
            learning_rate: f64,
            $($($setting: $ty,)+)*
            weight_decay: f64,
            clip_gradient: f64,
        }

        impl Default for $name {
            #[doc = concat!("One with the learning rate ", stringify!($rate), " and the defaults of its other settings.")]
            fn default() -> $name {
                $name {
                    learning_rate: $rate,
                    $($($setting: $default,)+)*
                    weight_decay: 0.0,
                    clip_gradient: f64::INFINITY,
                }
            }
        }

        impl $name {
            #[doc = concat!("One with the given learning rate, ", stringify!($rate), " by default, and the defaults of its other settings.")]
            pub fn new(learning_rate: f64) -> $name {
                $name { learning_rate, ..$name::default() }
            }

            $(
                $(#[$set_doc])*
                pub fn $set(self, $($setting: $ty),+) -> $name {
                    $name { $($setting,)+ ..self }
                }
            )*

            /// Sets the weight decay; 0 by default. It applies to biases too, as in Gluon, unless
            /// their [`wd_mult`](crate::Parameter::set_wd_mult) is 0.
            pub fn weight_decay(self, weight_decay: f64) -> $name {
                $name { weight_decay, ..self }
            }

            /// Clips each scaled gradient, `C(..)` above, to `±limit`; off by default, and for a limit
            /// below 0, as in MXNet.
            pub fn clip_gradient(self, limit: f64) -> $name {
                let limit = if limit >= 0.0 { limit } else { f64::INFINITY };
                $name { clip_gradient: limit, ..self }
            }
        }

        impl $crate::optim::Optimizer for $name {
            fn learning_rate(&self) -> f64 {
                self.learning_rate
            }

            fn set_learning_rate(&mut self, rate: f64) {
                self.learning_rate = rate;
            }

            fn weight_decay(&self) -> f64 {
                self.weight_decay
            }

            fn state(&self) -> &'static [&'static str] {
                let $this = self;
                $state
            }

            fn check(&self) -> $crate::error::Result<()> {
                $($($(
                    $crate::optim::settings::check(stringify!($setting), self.$setting, $range)?;
                )?)+)*
                Ok(())
            }

            fn update(&self, mut values: $crate::optim::Values<'_>, step: &$crate::optim::Step) {
                match &mut values {
                    $crate::optim::Values::F32(slices) => $kernel(slices, self, step),
                    $crate::optim::Values::F64(slices) => $kernel(slices, self, step),
                }
            }
        }
    };
}

pub(super) use optimizer;
