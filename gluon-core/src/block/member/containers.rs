//! Containers as members: options, boxes, vectors, arrays, tuples and ordered maps.

use std::collections::BTreeMap;

#[cfg(feature = "indexmap")]
use indexmap::IndexMap;

use super::Member;
use crate::block::tuples::tuples;
use crate::block::visit::{Walk, WalkMut};
use crate::parameter::Parameter;

type Map<'f> = &'f mut dyn FnMut(&Parameter) -> Parameter;

#[diagnostic::do_not_recommend]
impl<M: Member> Member for Option<M> {
    fn visit<'a>(&'a self, walk: &mut Walk<'a, '_>) {
        if let Some(member) = self {
            member.visit(walk);
        }
    }

    fn visit_mut(&mut self, walk: &mut WalkMut<'_>) {
        if let Some(member) = self {
            member.visit_mut(walk);
        }
    }

    fn rebuild(&self, map: Map<'_>) -> Self {
        self.as_ref().map(|member| member.rebuild(map))
    }
}

#[diagnostic::do_not_recommend]
impl<M: Member> Member for Box<M> {
    fn visit<'a>(&'a self, walk: &mut Walk<'a, '_>) {
        (**self).visit(walk);
    }

    fn visit_mut(&mut self, walk: &mut WalkMut<'_>) {
        (**self).visit_mut(walk);
    }

    fn rebuild(&self, map: Map<'_>) -> Self {
        Box::new((**self).rebuild(map))
    }
}

#[diagnostic::do_not_recommend]
impl<M: Member> Member for Vec<M> {
    fn visit<'a>(&'a self, walk: &mut Walk<'a, '_>) {
        for (index, member) in self.iter().enumerate() {
            walk.member(&index.to_string(), member);
        }
    }

    fn visit_mut(&mut self, walk: &mut WalkMut<'_>) {
        for (index, member) in self.iter_mut().enumerate() {
            walk.member(&index.to_string(), member);
        }
    }

    fn rebuild(&self, map: Map<'_>) -> Self {
        self.iter().map(|member| member.rebuild(map)).collect()
    }
}

#[diagnostic::do_not_recommend]
impl<M: Member, const N: usize> Member for [M; N] {
    fn visit<'a>(&'a self, walk: &mut Walk<'a, '_>) {
        for (index, member) in self.iter().enumerate() {
            walk.member(&index.to_string(), member);
        }
    }

    fn visit_mut(&mut self, walk: &mut WalkMut<'_>) {
        for (index, member) in self.iter_mut().enumerate() {
            walk.member(&index.to_string(), member);
        }
    }

    fn rebuild(&self, map: Map<'_>) -> Self {
        std::array::from_fn(|index| self[index].rebuild(map))
    }
}

macro_rules! map {
    ($($map:ident)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<M: Member> Member for $map<String, M> {
            fn visit<'a>(&'a self, walk: &mut Walk<'a, '_>) {
                for (key, member) in self {
                    walk.member(key, member);
                }
            }

            fn visit_mut(&mut self, walk: &mut WalkMut<'_>) {
                for (key, member) in self {
                    walk.member(key, member);
                }
            }

            fn rebuild(&self, map: Map<'_>) -> Self {
                self.iter().map(|(key, member)| (key.clone(), member.rebuild(map))).collect()
            }
        }
    )*};
}

map!(BTreeMap);
#[cfg(feature = "indexmap")]
map!(IndexMap);

macro_rules! tuple {
    ($($member:ident $index:tt)*) => {
        #[diagnostic::do_not_recommend]
        impl<$($member: Member),*> Member for ($($member,)*) {
            fn visit<'a>(&'a self, walk: &mut Walk<'a, '_>) {
                $(walk.member(stringify!($index), &self.$index);)*
            }

            fn visit_mut(&mut self, walk: &mut WalkMut<'_>) {
                $(walk.member(stringify!($index), &mut self.$index);)*
            }

            fn rebuild(&self, map: Map<'_>) -> Self {
                ($(self.$index.rebuild(map),)*)
            }
        }
    };
}

tuples!(tuple);
