//! NewShape: a shape of which one size may follow from the number of elements.

use super::{MAX_RANK, Shape};

/// What [`Tensor::reshape`](crate::Tensor::reshape) takes: a shape, or signed numbers of
/// which one may be -1, for whatever the number of elements leaves. A tuple takes both kinds.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::Tensor;
///
/// let x = Tensor::arange(12);
/// assert_eq!(x.reshape([3, 4])?.shape(), [3, 4]);
/// assert_eq!(x.reshape([-1, 2])?.shape(), [6, 2]);
/// assert_eq!(x.reshape([2, -1, 3])?.reshape(-1)?.shape(), [12]);
/// let rows = x.shape()[0] / 4;
/// assert_eq!(x.reshape((rows, -1))?.shape(), [3, 4]);
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// A size of 0 is one of no elements; in Gluon it keeps the size that was there.
#[derive(Clone, Copy, Debug)]
pub struct NewShape(Written);

/// NewShape as they were written.
#[derive(Clone, Copy, Debug)]
enum Written {
    Shape(Shape),
    Signed { rank: usize, sizes: [isize; MAX_RANK] },
}

impl NewShape {
    /// The shape of these sizes for so many elements; `None` if a size is negative that is not the one
    /// which is left open, or if what is left does not divide the elements.
    ///
    /// A shape without open sizes is as it was written, whatever the number of elements is.
    pub(crate) fn of(&self, elements: usize) -> Option<Shape> {
        let (rank, sizes) = match &self.0 {
            Written::Shape(shape) => return Some(*shape),
            Written::Signed { rank, sizes } => (*rank, sizes),
        };
        let (mut shape, mut open) = (Shape { rank, dims: [0; MAX_RANK] }, None);
        for (axis, (dim, &size)) in shape.dims_mut().iter_mut().zip(sizes).enumerate() {
            match usize::try_from(size) {
                Ok(size) => *dim = size,
                Err(_) if size == -1 && open.is_none() => (*dim, open) = (1, Some(axis)),
                Err(_) => return None,
            }
        }
        if let Some(axis) = open {
            let others = shape.checked_size().filter(|&others| others > 0)?;
            if !elements.is_multiple_of(others) {
                return None;
            }
            shape.dims[axis] = elements / others;
        }
        Some(shape)
    }

    /// The sizes as they were written.
    pub(crate) fn written(&self) -> String {
        match &self.0 {
            Written::Shape(shape) => shape.to_string(),
            Written::Signed { rank: 1, sizes } => format!("({},)", sizes[0]),
            Written::Signed { rank, sizes } => {
                let sizes: Vec<_> = sizes[..*rank].iter().map(isize::to_string).collect();
                format!("({})", sizes.join(", "))
            }
        }
    }
}

macro_rules! from_shape {
    ($([$($generics:tt)*] $shape:ty,)*) => {$(
        impl<$($generics)*> From<$shape> for NewShape {
            #[track_caller]
            fn from(shape: $shape) -> NewShape {
                NewShape(Written::Shape(shape.into()))
            }
        }
    )*};
}

// All but the tuples of what a `Shape` is made of.
from_shape! {
    [] Shape,
    [] &Shape,
    [] (),
    [] usize,
    [] &[usize],
    [] Vec<usize>,
    [const N: usize] [usize; N],
    [const N: usize] &[usize; N],
}

macro_rules! from_signed {
    ($($signed:ty)*) => {$(
        impl<const N: usize> From<[$signed; N]> for NewShape {
            fn from(written: [$signed; N]) -> NewShape {
                const { assert!(N <= MAX_RANK, "a tensor has at most 8 axes") };
                let mut sizes = [0; MAX_RANK];
                for (size, written) in sizes.iter_mut().zip(written) {
                    *size = written.size();
                }
                NewShape(Written::Signed { rank: N, sizes })
            }
        }

        impl From<$signed> for NewShape {
            fn from(size: $signed) -> NewShape {
                NewShape::from([size])
            }
        }
    )*};
}

from_signed! { i32 i64 isize }

/// One of the sizes in a tuple: any whole number.
pub trait NewSize {
    #[doc(hidden)]
    fn size(self) -> isize;
}

macro_rules! new_size {
    ($($number:ty)*) => {$(
        impl NewSize for $number {
            fn size(self) -> isize {
                // What does not fit is no size of anything.
                isize::try_from(self).unwrap_or(isize::MIN)
            }
        }
    )*};
}

new_size! { i32 i64 isize usize }

macro_rules! from_tuple {
    ($($size:ident)*) => {
        impl<$($size: NewSize),*> From<($($size,)*)> for NewShape {
            #[allow(non_snake_case, reason = "types and values have one name each")]
            fn from(($($size,)*): ($($size,)*)) -> NewShape {
                NewShape::from([$($size.size()),*])
            }
        }
    };
}

from_tuple! { A }
from_tuple! { A B }
from_tuple! { A B C }
from_tuple! { A B C D }
from_tuple! { A B C D E }
from_tuple! { A B C D E F }
from_tuple! { A B C D E F G }
from_tuple! { A B C D E F G H }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_size_follows_from_the_others() {
        let shape = |sizes: NewShape, elements| sizes.of(elements).map(|shape| shape.to_vec());
        assert_eq!(shape([-1, 3].into(), 12), Some(vec![4, 3]));
        assert_eq!(shape((-1).into(), 0), Some(vec![0]));
        assert_eq!(shape([2, -1, 2].into(), 0), Some(vec![2, 0, 2]));
        assert_eq!(shape([5_isize, -1].into(), 5), Some(vec![5, 1]));
        assert_eq!(shape([0, 3].into(), 12), Some(vec![0, 3]));
        assert_eq!(shape([7_usize].into(), 12), Some(vec![7]));
        assert_eq!(shape((-1,).into(), 12), Some(vec![12]));
        let none: [NewShape; 5] = [
            [-1, 5].into(),
            [-1, -1].into(),
            [-2, 6].into(),
            [-1, 0].into(),
            [isize::MAX, 2, -1].into(),
        ];
        assert!(none.iter().all(|sizes| sizes.of(12).is_none()));
    }

    #[test]
    fn sizes_print_as_they_were_written() {
        let written = |sizes: NewShape| sizes.written();
        assert_eq!([written([-1, 5].into()), written((-1).into())], ["(-1, 5)", "(-1,)"]);
    }
}
