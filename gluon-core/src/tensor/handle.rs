//! Handles: counted references to values, whose memory is kept for the next ones.
//!
//! A small model makes and drops a tensor every hundred nanoseconds, so a handle costs no call to
//! the allocator: the memory of dropped ones waits in a list of their thread.

use std::cell::RefCell;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use crate::buffer::Buffer;
use crate::device::Device;
use crate::shape::Layout;

/// Values and how they are seen.
pub(super) struct Data {
    elements: Elements,
    pub(super) layout: Layout,
    /// Whether the layout is row-major, which everybody asks.
    pub(super) contiguous: bool,
    pub(super) device: Device,
    /// The matrix with rows for columns, once somebody has asked for it.
    pub(super) turned: OnceLock<Buffer>,
}

/// Where the elements are.
enum Elements {
    Own(Buffer),
    /// In the buffer of another, which has its own.
    Of(Handle),
}

impl Data {
    pub(super) fn buffer(&self) -> &Buffer {
        match &self.elements {
            Elements::Own(buffer) => buffer,
            Elements::Of(owner) => owner.buffer(),
        }
    }
}

/// A counted reference to [`Data`].
#[derive(Clone)]
pub(super) struct Handle {
    /// `None` only while it is dropped.
    data: Option<Arc<Data>>,
}

thread_local! {
    static FREE: RefCell<Vec<Arc<Data>>> = const { RefCell::new(Vec::new()) };
}

/// The most handles that wait in one thread.
const MOST_FREE: usize = 4096;

impl Handle {
    /// Elements of `buffer` seen through `layout`.
    pub(super) fn new(buffer: Buffer, layout: Layout, device: Device) -> Handle {
        Handle::of(Elements::Own(buffer), layout, device)
    }

    /// The same elements seen through another layout.
    pub(super) fn view(&self, layout: Layout, device: Device) -> Handle {
        let owner = match &self.elements {
            Elements::Own(_) => self,
            Elements::Of(owner) => owner,
        };
        Handle::of(Elements::Of(owner.clone()), layout, device)
    }

    fn of(elements: Elements, layout: Layout, device: Device) -> Handle {
        let contiguous = layout.is_contiguous();
        let free = FREE.try_with(|free| free.borrow_mut().pop()).ok().flatten();
        if let Some(mut arc) = free
            && let Some(place) = Arc::get_mut(&mut arc)
        {
            place.elements = elements;
            place.layout = layout;
            place.contiguous = contiguous;
            place.device = device;
            return Handle { data: Some(arc) };
        }
        let data = Data { elements, layout, contiguous, device, turned: OnceLock::new() };
        Handle { data: Some(Arc::new(data)) }
    }

    /// The buffer, if nobody else can see its elements.
    pub(super) fn buffer_mut(&mut self) -> Option<&mut Buffer> {
        let data = Arc::get_mut(self.data.as_mut()?)?;
        data.turned.take();
        match &mut data.elements {
            Elements::Own(buffer) => Some(buffer),
            Elements::Of(owner) => owner.buffer_mut(),
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
    fn drop(&mut self) {
        let Some(mut arc) = self.data.take() else { return };
        let Some(data) = Arc::get_mut(&mut arc) else { return };
        data.elements = Elements::Own(Buffer::empty());
        data.turned.take();
        // While a thread ends there is no list any more, and the memory is simply freed.
        let _ = FREE.try_with(|free| {
            let mut free = free.borrow_mut();
            if free.len() < MOST_FREE {
                free.push(arc);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::Shape;

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
}
