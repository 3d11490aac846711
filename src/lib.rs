#![doc = include_str!("../README.md")]

pub use gluon_core::*;
pub use gluon_macros::Block;

/// What a model's file usually needs: `use gluon::prelude::*;`.
pub mod prelude {
    pub use gluon_core::sequential;
    pub use gluon_core::{
        Block, DType, Device, Error, Forward, Layer, Member, Parameter, Persist, Result, Shape,
        Tensor,
    };
    pub use gluon_macros::Block;
}

#[doc = include_str!("../docs/guide/declaring.md")]
pub mod guide {
    #[doc = include_str!("../docs/guide/layers.md")]
    pub mod layers {}

    #[doc = include_str!("../docs/guide/migrating.md")]
    pub mod migrating {}

    #[doc = include_str!("../docs/guide/errors.md")]
    pub mod errors {}

    #[doc = include_str!("../docs/guide/training.md")]
    pub mod training {}
}
