//! Structures as tuples, for serde.

/// `Serialize` and `Deserialize` for structures as the tuples of their fields in this order: in
/// postcard's form, which has no names, there is no difference. serde's own derive would take as long
/// to build as all that it is needed for.
macro_rules! as_tuple {
    ($($name:ident $(<$life:lifetime>)? { $($field:ident),* $(,)? })*) => {
        $(impl $(<$life>)? serde::Serialize for $name $(<$life>)? {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                ($(&self.$field,)*).serialize(serializer)
            }
        }

        impl<'de $(: $life, $life)?> serde::Deserialize<'de> for $name $(<$life>)? {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let ($($field,)*) = serde::Deserialize::deserialize(deserializer)?;
                Ok($name { $($field),* })
            }
        })*
    };
}
pub(crate) use as_tuple;
