//! Buffers: the elements of tensors, typed at run time, and reused.
//!
//! Fresh pages cost more than most operations: dropped buffers of floats, and of the `u64` that
//! indices are kept as, go to a pool of their thread and come back for tensors of about the same
//! size.

mod memory;
mod zeros;

use std::cell::RefCell;

use crate::dtype::{DType, Element};
use memory::Memory;

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
            $($variant(Memory<$ty>),)*
        }

        impl Elements {
            fn dtype(&self) -> DType {
                match self {
                    $(Elements::$variant(_) => DType::$variant,)*
                }
            }

            fn len(&self) -> usize {
                match self {
                    $(Elements::$variant(elements) => elements.len(),)*
                }
            }

            fn begins_line(&self) -> bool {
                match self {
                    $(Elements::$variant(elements) => elements.begins_line(),)*
                }
            }

            fn bytes(&self) -> usize {
                match self {
                    $(Elements::$variant(elements) => size_of_val(&elements[..]),)*
                }
            }
        }

        $(impl Stored for $ty {
            fn wrap(elements: Memory<$ty>) -> Elements {
                Elements::$variant(elements)
            }

            fn unwrap(elements: &Elements) -> Option<&Memory<$ty>> {
                match elements {
                    Elements::$variant(elements) => Some(elements),
                    _ => None,
                }
            }

            fn unwrap_mut(elements: &mut Elements) -> Option<&mut Memory<$ty>> {
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
            #[cfg(feature = "f64")]
            $crate::dtype::DType::F64 => {
                type $t = f64;
                $body
            }
            found => Err($crate::error::Error::only_floats($op, found)),
        }
    };
}
pub(crate) use for_float;

/// How an element type is kept in a buffer.
pub trait Stored: Sized {
    #[doc(hidden)]
    fn wrap(elements: Memory<Self>) -> Elements;
    #[doc(hidden)]
    fn unwrap(elements: &Elements) -> Option<&Memory<Self>>;
    #[doc(hidden)]
    fn unwrap_mut(elements: &mut Elements) -> Option<&mut Memory<Self>>;
}

impl Buffer {
    pub(crate) fn new<T: Element>(elements: Vec<T>) -> Buffer {
        Buffer { elements: T::wrap(Memory::from(elements)) }
    }

    /// No elements, and no memory.
    pub(crate) const fn empty() -> Buffer {
        Buffer { elements: Elements::F32(Memory::empty()) }
    }

    /// At least `len` elements with arbitrary values, from the pool if it has them.
    pub(crate) fn scratch<T: Element>(len: usize) -> Buffer {
        let take = |shelf| POOL.try_with(|pool| pool.borrow_mut().take(shelf)).ok().flatten();
        let pooled = shelf(T::DTYPE, len).and_then(take);
        let elements = pooled.unwrap_or_else(|| T::wrap(Memory::zeros(rounded(len))));
        Buffer { elements }
    }

    pub(crate) fn dtype(&self) -> DType {
        self.elements.dtype()
    }

    /// The elements, of which there may be more than any tensor uses; `None` if they are of
    /// another type.
    pub(crate) fn slice<T: Element>(&self) -> Option<&[T]> {
        T::unwrap(&self.elements).map(|memory| &**memory)
    }

    pub(crate) fn slice_mut<T: Element>(&mut self) -> Option<&mut [T]> {
        T::unwrap_mut(&mut self.elements).map(|memory| &mut **memory)
    }

    /// The elements as a vector, leaving none behind.
    pub(crate) fn take<T: Element>(&mut self) -> Option<Vec<T>> {
        let memory = T::unwrap_mut(&mut self.elements)?;
        Some(std::mem::replace(memory, Memory::empty()).into_vec())
    }
}

/// Runs `f` on `len` elements with arbitrary values, which go back to the pool afterwards.
pub(crate) fn with_scratch<T: Element, R>(len: usize, f: impl FnOnce(&mut [T]) -> R) -> R {
    let mut buffer = Buffer::scratch::<T>(len);
    f(buffer.slice_mut::<T>().map(|all| &mut all[..len]).unwrap_or_default())
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let len = self.elements.len();
        if len != rounded(len) || !self.elements.begins_line() {
            return;
        }
        let elements = std::mem::replace(&mut self.elements, Elements::F32(Memory::empty()));
        // While a thread ends there is no pool any more, and the elements are simply freed.
        let _ = POOL.try_with(|pool| pool.borrow_mut().put(len, elements));
    }
}

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool { shelves: Vec::new(), bytes: 0 }) };
}

/// The most bytes that the pool of one thread keeps.
const POOL_BYTES: usize = 512 << 20;

/// The smallest size of a pooled buffer, in elements.
const SMALLEST: usize = 16;

/// The class of a buffer of `len` elements: there are eight to each doubling, so at most an eighth
/// of a buffer is unused.
fn class(len: usize) -> usize {
    let len = len.max(SMALLEST);
    let step = len.ilog2() - 3;
    (step as usize - 1) * 8 + len.div_ceil(1 << step) - 8
}

/// The size, in elements, to which a buffer of `len` is rounded up: that of its class.
fn rounded(len: usize) -> usize {
    let class = class(len);
    (8 + class % 8) << (class / 8 + 1)
}

/// Where buffers wait that have room for `len` elements: a number that grows with `len`; `None` if
/// those of this type are not kept.
pub(crate) fn shelf(dtype: DType, len: usize) -> Option<usize> {
    match dtype {
        DType::F32 => Some(3 * class(len)),
        DType::F64 => Some(3 * class(len) + 1),
        DType::U64 => Some(3 * class(len) + 2),
        _ => None,
    }
}

/// Buffers that wait for their next use, by type and class.
struct Pool {
    shelves: Vec<Vec<Elements>>,
    bytes: usize,
}

impl Pool {
    fn take(&mut self, shelf: usize) -> Option<Elements> {
        let elements = self.shelves.get_mut(shelf)?.pop()?;
        self.bytes -= elements.bytes();
        Some(elements)
    }

    fn put(&mut self, len: usize, elements: Elements) {
        let bytes = elements.bytes();
        let Some(shelf) = shelf(elements.dtype(), len) else { return };
        if self.bytes + bytes > POOL_BYTES {
            return;
        }
        self.bytes += bytes;
        if self.shelves.len() <= shelf {
            self.shelves.resize_with(shelf + 1, Vec::new);
        }
        self.shelves[shelf].push(elements);
    }
}

/// What the arrays of a compressed file of `size` bytes may take in memory, in bytes: a small file
/// that says it holds much more is no file of arrays.
pub(crate) fn room(size: usize) -> usize {
    size.saturating_mul(256).max(64 << 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_waste_at_most_an_eighth_and_are_their_own_class() {
        for len in (1..5000).chain([65_537, 1_000_003, 401_408]) {
            let rounded = rounded(len);
            assert!(rounded >= len && (len <= SMALLEST || rounded - len <= len / 8), "{len}");
            assert_eq!(super::rounded(rounded), rounded, "{len}");
            assert!(shelf(DType::F32, len) < shelf(DType::F64, len));
            assert!(shelf(DType::F64, rounded) < shelf(DType::F32, rounded + 1), "{len}");
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

    #[test]
    fn buffers_begin_a_line_of_the_cache_whatever_was_dropped() {
        let foreign: Vec<_> = (0..8).map(|_| Buffer::new(vec![0.0f32; 1024])).collect();
        drop(foreign);
        let buffers: Vec<_> = (0..8).map(|_| Buffer::scratch::<f32>(1024)).collect();
        for buffer in &buffers {
            let address = buffer.slice::<f32>().map_or(1, |all| all.as_ptr().addr());
            assert!(address.is_multiple_of(64), "{address:#x}");
        }
    }
}
