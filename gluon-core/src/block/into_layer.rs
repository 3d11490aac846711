//! Into layers: boxing what stands in a `sequential!`.

use std::any::Any;

use super::Layer;

/// What may stand in a `sequential!`: any layer.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a layer",
    label = "not a layer",
    note = "a layer derives `Block`, implements `Forward` from tensor to tensor, and is `Send + Sync + 'static`",
    note = "a function or a closure becomes one by `Lambda::new(\"name\", ..)`"
)]
pub trait IntoLayer {
    /// The layer in a box; one that is in a box already stays in it.
    fn into_layer(self) -> Box<dyn Layer>;
}

#[diagnostic::do_not_recommend]
impl<L: Layer> IntoLayer for L {
    fn into_layer(self) -> Box<dyn Layer> {
        let mut layer = Some(self);
        let any: &mut dyn Any = &mut layer;
        match any.downcast_mut::<Option<Box<dyn Layer>>>().and_then(Option::take) {
            Some(boxed) => boxed,
            None => Box::new(layer.expect("only a box is taken out")),
        }
    }
}
