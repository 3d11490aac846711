//! Handles: counted references to values, whose memory is kept for the next ones.
//!
//! A small model makes and drops a tensor every hundred nanoseconds, so a handle costs no call to
//! the allocator: what dropped ones referred to waits on shelves of their thread, small values
//! together with their buffer.

use std::cell::RefCell;
use std::ops::Deref;
use std::sync::OnceLock;

use triomphe::{Arc, UniqueArc};

use crate::buffer::{self, Buffer};
use crate::device::Device;
use crate::dtype::Element;
use crate::shape::{Layout, Shape};

/// Values and how they are seen.
pub(super) struct Data {
    elements: Elements,
    pub(super) layout: Layout,
    /// Whether the layout is row-major, which everybody asks.
    pub(super) contiguous: bool,
    /// The number of elements that are seen.
    pub(super) size: usize,
    pub(super) device: Device,
    /// The matrix with rows for columns, once somebody has asked for it.
    pub(super) turned: OnceLock<Buffer>,
    /// Where it waits with its own buffer, of which it sees the first elements in row-major order.
    shelf: Option<usize>,
}

/// Where the elements are.
enum Elements {
    Own(Buffer),
    /// In the buffer of another, which has its own.
    Of(Handle),
}

impl Data {
    fn new(elements: Elements, layout: Layout, device: Device) -> Data {
        let (contiguous, size) = (layout.is_contiguous(), layout.shape.size());
        Data { elements, layout, contiguous, size, device, turned: OnceLock::new(), shelf: None }
    }

    #[inline]
    pub(super) fn buffer(&self) -> &Buffer {
        match &self.elements {
            Elements::Own(buffer) => buffer,
            Elements::Of(owner) => owner.buffer(),
        }
    }

    /// The first elements of its own buffer, seen as `shape`.
    fn first<T: Element>(&mut self, shape: &Shape, device: Device) -> &mut [T] {
        if self.layout.shape != *shape {
            self.layout.set_shape(shape);
            self.size = shape.size();
        }
        self.device = device;
        match &mut self.elements {
            Elements::Own(buffer) => &mut buffer.slice_mut::<T>().unwrap_or_default()[..self.size],
            Elements::Of(_) => &mut [],
        }
    }
}

/// A counted reference to [`Data`].
///
/// There are no weak ones, so a load tells whether anybody else has one, which is asked at every new
/// tensor and every change.
#[derive(Clone)]
pub(super) struct Handle {
    /// `None` only while it is dropped.
    data: Option<Arc<Data>>,
}

/// What waits in a thread.
struct Kept {
    /// With a buffer, by its shelf.
    whole: [Vec<UniqueArc<Data>>; SHELVES],
    /// Without one.
    bare: Vec<UniqueArc<Data>>,
    count: usize,
}

/// The most that waits in one thread.
const MOST_KEPT: usize = 4096;
/// Buffers from here on, of some 1,000 elements, wait by themselves.
const SHELVES: usize = 150;

thread_local! {
    static KEPT: RefCell<Kept> = const {
        RefCell::new(Kept { whole: [const { Vec::new() }; SHELVES], bare: Vec::new(), count: 0 })
    };
}

impl Kept {
    fn list(&mut self, shelf: Option<usize>) -> &mut Vec<UniqueArc<Data>> {
        match shelf {
            Some(shelf) => &mut self.whole[shelf],
            None => &mut self.bare,
        }
    }

    fn take(shelf: Option<usize>) -> Option<UniqueArc<Data>> {
        let take = |kept: &RefCell<Kept>| {
            let mut kept = kept.borrow_mut();
            let data = kept.list(shelf).pop()?;
            kept.count -= 1;
            Some(data)
        };
        KEPT.try_with(take).ok().flatten()
    }

    /// Keeps what nobody has a handle to any more.
    fn put(mut data: UniqueArc<Data>) {
        if data.shelf.is_none() || data.turned.get().is_some() {
            data.turned.take();
            if data.shelf.is_none() {
                data.elements = Elements::Own(Buffer::empty());
            }
        }
        // While a thread ends there is no list any more, and the memory is simply freed.
        let _ = KEPT.try_with(|kept| {
            let mut kept = kept.borrow_mut();
            if kept.count < MOST_KEPT {
                kept.count += 1;
                kept.list(data.shelf).push(data);
            }
        });
    }
}

/// What nobody has a handle to, without a place on a shelf.
fn bare(elements: Elements, layout: Layout, device: Device) -> UniqueArc<Data> {
    let data = Data::new(elements, layout, device);
    match Kept::take(None) {
        Some(mut place) => {
            *place = data;
            place
        }
        None => UniqueArc::new(data),
    }
}

/// What nobody has a handle to, with a buffer of its own for `size` elements, some of which it sees.
fn unused<T: Element>(size: usize) -> UniqueArc<Data> {
    let shelf = buffer::shelf(T::DTYPE, size).filter(|&shelf| shelf < SHELVES);
    if shelf.is_some()
        && let Some(data) = Kept::take(shelf)
    {
        return data;
    }
    let buffer = Elements::Own(Buffer::scratch::<T>(size));
    let mut data = bare(buffer, Layout::contiguous(Shape::SCALAR), Device::default());
    data.shelf = shelf;
    data
}

#[cold]
fn too_large(shape: &Shape) -> ! {
    panic!("a tensor of shape {shape} has more elements than can be counted");
}

impl Handle {
    fn of(data: UniqueArc<Data>) -> Handle {
        Handle { data: Some(data.shareable()) }
    }

    /// Elements of `buffer` seen through `layout`.
    pub(super) fn new(buffer: Buffer, layout: Layout, device: Device) -> Handle {
        Handle::of(bare(Elements::Own(buffer), layout, device))
    }

    /// New elements in row-major order, which `fill` writes; they hold arbitrary values before.
    pub(super) fn build<T: Element>(
        shape: &Shape,
        device: Device,
        fill: &mut dyn FnMut(&mut [T]),
    ) -> Handle {
        let Some(size) = shape.checked_size() else { too_large(shape) };
        let mut data = unused::<T>(size);
        fill(data.first::<T>(shape, device));
        Handle::of(data)
    }

    /// [`build`](Handle::build) of two at once.
    #[inline]
    pub(super) fn build_two<T: Element>(
        [one, other]: [&Shape; 2],
        device: Device,
        fill: impl FnOnce(&mut [T], &mut [T]),
    ) -> [Handle; 2] {
        let (mut first, mut second) = (unused::<T>(one.size()), unused::<T>(other.size()));
        fill(first.first::<T>(one, device), second.first::<T>(other, device));
        [Handle::of(first), Handle::of(second)]
    }

    /// The same elements seen through another layout.
    pub(super) fn view(&self, layout: Layout, device: Device) -> Handle {
        let owner = match &self.elements {
            Elements::Own(_) => self,
            Elements::Of(owner) => owner,
        };
        Handle::of(bare(Elements::Of(owner.clone()), layout, device))
    }

    /// The buffer, if nobody else can see its elements.
    pub(super) fn buffer_mut(&mut self) -> Option<&mut Buffer> {
        match Arc::get_mut(self.data.as_mut()?)? {
            Data { elements: Elements::Own(buffer), .. } => Some(buffer),
            Data { elements: Elements::Of(owner), .. } => owner.buffer_mut(),
        }
    }

    /// The elements in row-major order, if they lie so and nobody else can see them.
    #[inline]
    pub(super) fn elements_mut<T: Element>(&mut self) -> Option<&mut [T]> {
        let data = Arc::get_mut(self.data.as_mut()?)?;
        if data.turned.get().is_some() {
            data.turned.take();
        }
        if !data.contiguous {
            return None;
        }
        let buffer = match &mut data.elements {
            Elements::Own(buffer) => buffer,
            Elements::Of(owner) => owner.buffer_mut()?,
        };
        buffer.slice_mut::<T>()?.get_mut(data.layout.offset..)?.get_mut(..data.size)
    }

    /// All elements of the buffer, if nobody else can see them.
    pub(super) fn take<T: Element>(&mut self) -> Option<Vec<T>> {
        let data = Arc::get_mut(self.data.as_mut()?)?;
        data.turned.take();
        match &mut data.elements {
            Elements::Own(buffer) => {
                data.shelf = None;
                buffer.take()
            }
            Elements::Of(owner) => owner.take(),
        }
    }
}

impl Deref for Handle {
    type Target = Data;

    #[inline]
    fn deref(&self) -> &Data {
        match &self.data {
            Some(data) => data,
            None => unreachable!("a handle that is dropped is not used"),
        }
    }
}

impl Drop for Handle {
    #[inline]
    fn drop(&mut self) {
        // Nobody can make another handle of what this one alone refers to.
        if let Some(Ok(data)) = self.data.take().map(Arc::try_unique) {
            Kept::put(data);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle(numbers: &[f32]) -> Handle {
        let layout = Layout::contiguous(Shape::from(numbers.len()));
        Handle::new(Buffer::new(numbers.to_vec()), layout, Device::default())
    }

    #[test]
    fn only_the_last_handle_may_change_elements() {
        let mut first = handle(&[1.0, 2.0]);
        assert!(first.buffer_mut().is_some());
        let second = first.clone();
        assert!(first.buffer_mut().is_none());
        drop(second);
        let mut view = first.view(first.layout, Device::default());
        assert!(first.buffer_mut().is_none() && view.buffer_mut().is_none());
        drop(first);
        assert_eq!(view.buffer_mut().and_then(|b| b.slice::<f32>()), Some(&[1.0, 2.0][..]));
        let again = view.view(view.layout, Device::default());
        drop(view);
        assert_eq!(again.buffer().slice::<f32>(), Some(&[1.0, 2.0][..]));
    }

    #[test]
    fn memory_of_a_dropped_handle_is_used_again_with_other_values() {
        let first = handle(&[1.0]);
        let address = std::ptr::from_ref::<Data>(&first);
        drop(first);
        let second = handle(&[3.0, 4.0]);
        assert_eq!(std::ptr::from_ref::<Data>(&second), address);
        assert_eq!(second.buffer().slice::<f32>(), Some(&[3.0, 4.0][..]));
        assert_eq!(second.layout.shape, [2]);
    }

    #[test]
    fn small_values_wait_with_their_buffer() {
        let device = Device::default();
        let build = |shape: Shape| Handle::build::<f32>(&shape, device, &mut |x| x.fill(1.0));
        let first = build(Shape::from([2, 3]));
        let address = first.buffer().slice::<f32>().map(<[f32]>::as_ptr);
        drop(first);
        let mut second = build(Shape::from([5]));
        assert_eq!(second.buffer().slice::<f32>().map(<[f32]>::as_ptr), address);
        assert_eq!((second.layout, second.size), (Layout::contiguous(Shape::from([5])), 5));
        assert!(second.take::<f32>().is_some_and(|elements| elements.len() >= 5));
        drop(second);
        let third = build(Shape::from([5]));
        assert!(third.buffer().slice::<f32>().is_some_and(|elements| elements.len() >= 5));
    }
}
