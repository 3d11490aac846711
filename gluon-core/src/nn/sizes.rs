//! Sizes: one number for every axis, or one for each.

/// What tells the size of a window, a stride or a padding along `N` axes: one number for all of
/// them, or an array or a tuple.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::nn::Conv2d;
///
/// let square = Conv2d::new(6, 5);
/// let wide = Conv2d::new(6, (3, 5));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no size along {N} axes",
    label = "not a `usize`, or an array or a tuple of {N}",
    note = "sizes are one `usize` for all axes, or one for each: `[3, 5]` or `(3, 5)`"
)]
pub trait Sizes<const N: usize> {
    /// One size for each axis.
    fn sizes(self) -> [usize; N];
}

impl<const N: usize> Sizes<N> for usize {
    fn sizes(self) -> [usize; N] {
        [self; N]
    }
}

impl<const N: usize> Sizes<N> for [usize; N] {
    fn sizes(self) -> [usize; N] {
        self
    }
}

macro_rules! tuple {
    ($n:literal: $($size:ty)*) => {
        #[diagnostic::do_not_recommend]
        impl Sizes<$n> for ($($size,)*) {
            fn sizes(self) -> [usize; $n] {
                self.into()
            }
        }
    };
}

tuple! { 1: usize }
tuple! { 2: usize usize }
tuple! { 3: usize usize usize }
