//! Buffers: the elements of tensors, typed at run time, and reused.
//!
//! Fresh pages cost more than most operations: dropped buffers of floats go to a pool of their
//! thread and come back for tensors of about the same size.

mod zeros;

use std::cell::RefCell;

use crate::dtype::{DType, Element};

pub(crate) use zeros::zeros;

/// The elements of one or more tensors.
#[derive(Debug)]
pub(crate) struct Buffer {
    elements: Elements,
}

macro_rules! elements {
    ($($variant:ident $ty:ty)*) => {
        #[derive(Debug)]
        pub enum Elements {
            $($variant(Vec<$ty>),)*
        }

        impl Elements {
            fn dtype(&self) -> DType {
                match self {
                    $(Elements::$variant(_) => DType::$variant,)*
                }
            }
        }

        $(impl Stored for $ty {
            fn wrap(elements: Vec<$ty>) -> Elements {
                Elements::$variant(elements)
            }

            fn unwrap(elements: &Elements) -> Option<&Vec<$ty>> {
                match elements {
                    Elements::$variant(elements) => Some(elements),
                    _ => None,
                }
            }

            fn unwrap_mut(elements: &mut Elements) -> Option<&mut Vec<$ty>> {
                match elements {
                    Elements::$variant(elements) => Some(elements),
                    _ => None,
                }
            }
        })*

        /// Runs the body with `T` standing for the Rust type of a [`DType`].
        macro_rules! for_dtype {
            ($dtype:expr, $t:ident => $body:expr) => {
                match $dtype {
                    $($crate::dtype::DType::$variant => { type $t = $ty; $body })*
                }
            };
        }
        pub(crate) use for_dtype;
    };
}

elements!(F32 f32 F64 f64 F16 crate::dtype::f16 BF16 crate::dtype::bf16 I8 i8 I16 i16 I32 i32 I64 i64 U8 u8 U16 u16 U32 u32 U64 u64 Bool bool);

/// Runs the body, a `Result`, with `T` standing for the Rust type of a tensor of floats;
/// [`Error::BadDType`](crate::Error::BadDType) if it holds none.
macro_rules! for_float {
    ($tensor:expr, $op:expr, $t:ident => $body:expr) => {
        match $tensor.dtype() {
            $crate::dtype::DType::F32 => {
                type $t = f32;
                $body
            }
            $crate::dtype::DType::F64 => {
                type $t = f64;
                $body
            }
            found => Err($crate::error::Error::BadDType {
                op: $op,
                expected: "float32 or float64",
                found,
            }),
        }
    };
}
pub(crate) use for_float;

/// How an element type is kept in a buffer.
pub trait Stored: Sized {
    #[doc(hidden)]
    fn wrap(elements: Vec<Self>) -> Elements;
    #[doc(hidden)]
    fn unwrap(elements: &Elements) -> Option<&Vec<Self>>;
    #[doc(hidden)]
    fn unwrap_mut(elements: &mut Elements) -> Option<&mut Vec<Self>>;
}

impl Buffer {
    pub(crate) fn new<T: Element>(elements: Vec<T>) -> Buffer {
        Buffer { elements: T::wrap(elements) }
    }

    /// No elements, and no memory.
    pub(crate) const fn empty() -> Buffer {
        Buffer { elements: Elements::F32(Vec::new()) }
    }

    /// At least `len` elements with arbitrary values, from the pool if it has them.
    pub(crate) fn scratch<T: Element>(len: usize) -> Buffer {
        let rounded = class_size(len);
        let pooled = POOL.try_with(|pool| pool.borrow_mut().take(T::DTYPE, rounded)).ok().flatten();
        let elements = pooled.unwrap_or_else(|| T::wrap(zeros(rounded)));
        Buffer { elements }
    }

    pub(crate) fn dtype(&self) -> DType {
        self.elements.dtype()
    }

    /// The elements, of which there may be more than any tensor uses; `None` if they are of
    /// another type.
    pub(crate) fn slice<T: Element>(&self) -> Option<&[T]> {
        T::unwrap(&self.elements).map(Vec::as_slice)
    }

    pub(crate) fn slice_mut<T: Element>(&mut self) -> Option<&mut [T]> {
        T::unwrap_mut(&mut self.elements).map(Vec::as_mut_slice)
    }

    /// The elements as a vector, leaving none behind.
    pub(crate) fn take<T: Element>(&mut self) -> Option<Vec<T>> {
        T::unwrap_mut(&mut self.elements).map(std::mem::take)
    }
}

/// Runs `f` on `len` elements with arbitrary values, which go back to the pool afterwards.
pub(crate) fn with_scratch<T: Element, R>(len: usize, f: impl FnOnce(&mut [T]) -> R) -> R {
    let mut buffer = Buffer::scratch::<T>(len);
    f(buffer.slice_mut::<T>().map(|all| &mut all[..len]).unwrap_or_default())
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let (class, empty) = match &self.elements {
            Elements::F32(elements) => (elements.len(), Elements::F32(Vec::new())),
            Elements::F64(elements) => (elements.len(), Elements::F64(Vec::new())),
            _ => return,
        };
        if class == 0 || class != class_size(class) {
            return;
        }
        let elements = std::mem::replace(&mut self.elements, empty);
        // While a thread ends there is no pool any more, and the elements are simply freed.
        let _ = POOL.try_with(|pool| pool.borrow_mut().put(class, elements));
    }
}

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool { shelves: Vec::new(), bytes: 0 }) };
}

/// The most bytes that the pool of one thread keeps.
const POOL_BYTES: usize = 512 << 20;

/// The smallest size of a pooled buffer, in elements.
const SMALLEST: usize = 16;

/// The size, in elements, to which a buffer of `len` is rounded up: eight classes to each doubling,
/// so at most an eighth of a buffer is unused.
fn class_size(len: usize) -> usize {
    if len <= SMALLEST {
        return SMALLEST;
    }
    let step = 1usize << (len.ilog2().saturating_sub(3));
    len.div_ceil(step) * step
}

/// Buffers that wait for their next use, by type and class.
struct Pool {
    shelves: Vec<Shelf>,
    bytes: usize,
}

struct Shelf {
    dtype: DType,
    class: usize,
    buffers: Vec<Elements>,
}

impl Pool {
    fn take(&mut self, dtype: DType, class: usize) -> Option<Elements> {
        let shelf = self.shelves.iter_mut().find(|s| s.class == class && s.dtype == dtype)?;
        let elements = shelf.buffers.pop()?;
        self.bytes -= class * dtype.size();
        Some(elements)
    }

    fn put(&mut self, class: usize, elements: Elements) {
        let dtype = elements.dtype();
        let bytes = class * dtype.size();
        if self.bytes + bytes > POOL_BYTES {
            return;
        }
        self.bytes += bytes;
        match self.shelves.iter_mut().find(|s| s.class == class && s.dtype == dtype) {
            Some(shelf) => shelf.buffers.push(elements),
            None => self.shelves.push(Shelf { dtype, class, buffers: vec![elements] }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_waste_at_most_an_eighth_and_are_their_own_class() {
        for len in (1..5000).chain([65_537, 1_000_003, 401_408]) {
            let class = class_size(len);
            assert!(class >= len && (len <= SMALLEST || class - len <= len / 8), "{len} {class}");
            assert_eq!(class_size(class), class, "{len}");
        }
    }

    #[test]
    fn a_dropped_buffer_comes_back() {
        let first = Buffer::scratch::<f32>(1000);
        let address = first.slice::<f32>().map(<[f32]>::as_ptr);
        drop(first);
        let second = Buffer::scratch::<f32>(998);
        assert_eq!(second.slice::<f32>().map(<[f32]>::as_ptr), address);
        assert!(Buffer::scratch::<f64>(998).slice::<f32>().is_none());
    }
}
