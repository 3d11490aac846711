//! Memory of elements that begins where a line of the cache does.

use super::zeros::zeros;
use crate::dtype::Element;

/// The bytes of a line of the cache on most processors, and of the longest vectors: one that begins
/// within a line takes two accesses.
const LINE: usize = 64;

/// Elements that begin a line of the cache, unless they were somebody's vector.
#[derive(Debug)]
pub struct Memory<T> {
    elements: Vec<T>,
    /// Those before are not used.
    start: usize,
}

impl<T> Memory<T> {
    /// No elements, and no memory.
    pub(super) const fn empty() -> Memory<T> {
        Memory { elements: Vec::new(), start: 0 }
    }

    /// Whether the elements begin a line of the cache.
    pub(super) fn begins_line(&self) -> bool {
        self.as_ptr().addr().is_multiple_of(LINE)
    }

    /// The elements as a vector: they are moved if they begin within one.
    pub(super) fn into_vec(mut self) -> Vec<T> {
        self.elements.drain(..self.start);
        self.elements
    }
}

impl<T: Element> Memory<T> {
    /// `len` zeros that begin a line of the cache.
    pub(super) fn zeros(len: usize) -> Memory<T> {
        let most_before = LINE / size_of::<T>() - 1;
        let mut elements = zeros::<T>(len + most_before);
        let start = elements.as_ptr().align_offset(LINE).min(most_before);
        elements.truncate(start + len);
        Memory { elements, start }
    }
}

impl<T> From<Vec<T>> for Memory<T> {
    fn from(elements: Vec<T>) -> Memory<T> {
        Memory { elements, start: 0 }
    }
}

impl<T> std::ops::Deref for Memory<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        &self.elements[self.start..]
    }
}

impl<T> std::ops::DerefMut for Memory<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.elements[self.start..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_begin_a_line_and_are_as_many_as_asked_for() {
        for len in [0, 1, 15, 16, 17, 1000, 100_000, 1 << 20] {
            let mut bytes = Memory::<u8>::zeros(len);
            let mut doubles = Memory::<f64>::zeros(len);
            assert!(bytes.begins_line() && doubles.begins_line(), "{len}");
            assert!(bytes.len() == len && doubles.len() == len, "{len}");
            assert!(bytes.iter().all(|&x| x == 0) && doubles.iter().all(|&x| x == 0.0), "{len}");
            for (i, (byte, double)) in bytes.iter_mut().zip(&mut *doubles).enumerate() {
                (*byte, *double) = (i as u8, i as f64);
            }
            let expected: Vec<f64> = (0..len).map(|i| i as f64).collect();
            assert_eq!(doubles.into_vec(), expected);
            assert_eq!(bytes.into_vec().len(), len);
        }
    }

    #[test]
    fn a_vector_stays_where_it_is() {
        let elements = vec![1.0f32, 2.0, 3.0];
        let address = elements.as_ptr();
        let memory = Memory::from(elements);
        assert_eq!(memory.as_ptr(), address);
        let elements = memory.into_vec();
        assert_eq!((elements.as_ptr(), &elements[..]), (address, &[1.0, 2.0, 3.0][..]));
    }
}
