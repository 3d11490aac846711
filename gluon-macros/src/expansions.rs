//! Recorded expansions: one a feature, as a reader of generated code would see it.
//!
//! `UPDATE_EXPECT=1 cargo test -p gluon-macros` records them anew.

use expect_test::{Expect, expect};
use proc_macro2::TokenStream;
use quote::quote;

/// Formats what the derive writes for `item`.
fn derive(item: TokenStream) -> String {
    let file = syn::parse2(crate::block::derive(item)).expect("the derive writes items");
    prettyplease::unparse(&file)
}

/// The impl of `item`'s expansion that begins as `head` does.
fn one(expansion: &str, head: &str) -> String {
    let start = expansion.find(head).expect("there is such an impl");
    let rest = &expansion[start..];
    let end = rest.find("\n}\n").map_or(rest.len(), |end| end + 3);
    rest[..end].to_owned()
}

#[track_caller]
fn check(actual: &str, expected: Expect) {
    expected.assert_eq(actual);
}

#[test]
fn the_whole_of_a_struct() {
    let expansion = derive(quote! {
        pub struct Mlp {
            #[new(Dense::new(256).relu())]
            hidden: Dense,
            #[new(Dense::new(10))]
            output: Dense,
        }
    });
    check(
        &expansion,
        expect![[r##"
            #[automatically_derived]
            impl ::gluon::Member for Mlp {
                fn visit<'walk>(&'walk self, walk: &mut ::gluon::block::Walk<'walk, '_>) {
                    walk.enter(self);
                    <Dense as ::gluon::block::advice::AnyMember>::visit_as(
                        &self.hidden,
                        "hidden",
                        walk,
                    );
                    <Dense as ::gluon::block::advice::AnyMember>::visit_as(
                        &self.output,
                        "output",
                        walk,
                    );
                    walk.leave(self);
                }
                fn visit_mut(&mut self, walk: &mut ::gluon::block::WalkMut<'_>) {
                    walk.enter("mlp");
                    <Dense as ::gluon::block::advice::AnyMember>::visit_mut_as(
                        &mut self.hidden,
                        "hidden",
                        walk,
                    );
                    <Dense as ::gluon::block::advice::AnyMember>::visit_mut_as(
                        &mut self.output,
                        "output",
                        walk,
                    );
                    walk.leave(self);
                }
                fn rebuild(
                    &self,
                    map: &mut dyn ::core::ops::FnMut(&::gluon::Parameter) -> ::gluon::Parameter,
                ) -> Self {
                    Self {
                        hidden: <Dense as ::gluon::block::advice::AnyMember>::rebuild(
                            &self.hidden,
                            map,
                        ),
                        output: <Dense as ::gluon::block::advice::AnyMember>::rebuild(
                            &self.output,
                            map,
                        ),
                    }
                }
            }
            #[automatically_derived]
            impl ::gluon::Block for Mlp {
                fn hint(&self) -> &::core::primitive::str {
                    "mlp"
                }
                fn type_name(&self) -> &::core::primitive::str {
                    "Mlp"
                }
            }
            #[automatically_derived]
            impl ::gluon::block::Replicate for Mlp {}
            #[automatically_derived]
            impl Mlp {
                /// A new `Mlp`, as it is declared.
                ///
                /// - `hidden` is `Dense :: new (256) . relu ()`
                /// - `output` is `Dense :: new (10)`
                #[must_use]
                #[allow(
                    dead_code,
                    private_interfaces,
                    clippy::too_many_arguments,
                    clippy::new_without_default
                )]
                pub fn new() -> Self {
                    let hidden: Dense = Dense::new(256).relu();
                    let output: Dense = Dense::new(10);
                    let block = Self { hidden, output };
                    ::gluon::block::declare(&block);
                    block
                }
            }
        "##]],
    );
}

#[test]
fn a_tied_field() {
    let expansion = derive(quote! {
        struct Tied {
            units: usize,
            #[new(Dense::new(units))]
            hidden: Dense,
            #[shared(hidden)]
            again: Dense,
        }
    });
    check(
        &one(&expansion, "impl ::gluon::Member"),
        expect![[r#"
        impl ::gluon::Member for Tied {
            fn visit<'walk>(&'walk self, walk: &mut ::gluon::block::Walk<'walk, '_>) {
                walk.enter(self);
                <usize as ::gluon::block::advice::AnyMember>::visit_as(
                    &self.units,
                    "units",
                    walk,
                );
                <Dense as ::gluon::block::advice::AnyMember>::visit_as(
                    &self.hidden,
                    "hidden",
                    walk,
                );
                <Dense as ::gluon::block::advice::AnyMember>::visit_as(
                    &self.again,
                    "again",
                    walk,
                );
                walk.tie(
                    "again",
                    "hidden",
                    <Dense as ::gluon::block::advice::AnyMember>::as_member(&self.again),
                    <Dense as ::gluon::block::advice::AnyMember>::as_member(&self.hidden),
                );
                walk.leave(self);
            }
            fn visit_mut(&mut self, walk: &mut ::gluon::block::WalkMut<'_>) {
                walk.enter("tied");
                <usize as ::gluon::block::advice::AnyMember>::visit_mut_as(
                    &mut self.units,
                    "units",
                    walk,
                );
                <Dense as ::gluon::block::advice::AnyMember>::visit_mut_as(
                    &mut self.hidden,
                    "hidden",
                    walk,
                );
                walk.tie(
                    "again",
                    "hidden",
                    <Dense as ::gluon::block::advice::AnyMember>::as_member_mut(&mut self.again),
                    <Dense as ::gluon::block::advice::AnyMember>::as_member(&self.hidden),
                );
                <Dense as ::gluon::block::advice::AnyMember>::visit_mut_as(
                    &mut self.again,
                    "again",
                    walk,
                );
                walk.leave(self);
            }
            fn rebuild(
                &self,
                map: &mut dyn ::core::ops::FnMut(&::gluon::Parameter) -> ::gluon::Parameter,
            ) -> Self {
                Self {
                    units: <usize as ::gluon::block::advice::AnyMember>::rebuild(
                        &self.units,
                        map,
                    ),
                    hidden: <Dense as ::gluon::block::advice::AnyMember>::rebuild(
                        &self.hidden,
                        map,
                    ),
                    again: <Dense as ::gluon::block::advice::AnyMember>::rebuild(
                        &self.again,
                        map,
                    ),
                }
            }
        }
    "#]],
    );
    check(
        &one(&expansion, "impl Tied"),
        expect![[r#"
            impl Tied {
                /// A new `Tied`, as it is declared.
                ///
                /// - `hidden` is `Dense :: new (units)`
                /// - `again` is a copy that shares the parameters of `hidden`
                #[must_use]
                #[allow(
                    dead_code,
                    private_interfaces,
                    clippy::too_many_arguments,
                    clippy::new_without_default
                )]
                fn new(units: usize) -> Self {
                    use ::gluon::block::NotAMember as _;
                    let hidden: Dense = Dense::new(units);
                    let again: Dense = ::gluon::block::CopiedAs::<
                        Dense,
                    >::tied(
                        ::gluon::block::Replicate::original(
                            ::gluon::block::Shareable::source(
                                ::gluon::block::Source(&hidden).member(),
                            ),
                        ),
                    );
                    let block = Self { units, hidden, again };
                    ::gluon::block::declare(&block);
                    block
                }
            }
        "#]],
    );
}

#[test]
fn a_tied_parameter() {
    let expansion = derive(quote! {
        struct Model {
            #[new(Embedding::new(100, 8))]
            embed: Embedding,
            #[new(Dense::new(100))]
            #[shared(weight = embed.weight)]
            head: Dense,
        }
    });
    check(
        &one(&expansion, "impl ::gluon::Member"),
        expect![[r#"
        impl ::gluon::Member for Model {
            fn visit<'walk>(&'walk self, walk: &mut ::gluon::block::Walk<'walk, '_>) {
                walk.enter(self);
                <Embedding as ::gluon::block::advice::AnyMember>::visit_as(
                    &self.embed,
                    "embed",
                    walk,
                );
                <Dense as ::gluon::block::advice::AnyMember>::visit_as(&self.head, "head", walk);
                walk.tie("head.weight", "embed.weight", &self.head.weight, &self.embed.weight);
                walk.leave(self);
            }
            fn visit_mut(&mut self, walk: &mut ::gluon::block::WalkMut<'_>) {
                walk.enter("model");
                <Embedding as ::gluon::block::advice::AnyMember>::visit_mut_as(
                    &mut self.embed,
                    "embed",
                    walk,
                );
                walk.tie(
                    "head.weight",
                    "embed.weight",
                    &mut self.head.weight,
                    &self.embed.weight,
                );
                <Dense as ::gluon::block::advice::AnyMember>::visit_mut_as(
                    &mut self.head,
                    "head",
                    walk,
                );
                walk.leave(self);
            }
            fn rebuild(
                &self,
                map: &mut dyn ::core::ops::FnMut(&::gluon::Parameter) -> ::gluon::Parameter,
            ) -> Self {
                Self {
                    embed: <Embedding as ::gluon::block::advice::AnyMember>::rebuild(
                        &self.embed,
                        map,
                    ),
                    head: <Dense as ::gluon::block::advice::AnyMember>::rebuild(&self.head, map),
                }
            }
        }
    "#]],
    );
    check(
        &one(&expansion, "impl Model"),
        expect![[r#"
            impl Model {
                /// A new `Model`, as it is declared.
                ///
                /// - `embed` is `Embedding :: new (100 , 8)`
                /// - `head` is `Dense :: new (100)` and shares its `weight` with `embed.weight`
                #[must_use]
                #[allow(
                    dead_code,
                    private_interfaces,
                    clippy::too_many_arguments,
                    clippy::new_without_default
                )]
                fn new() -> Self {
                    use ::gluon::block::NotAMember as _;
                    let embed: Embedding = Embedding::new(100, 8);
                    let mut head: Dense = Dense::new(100);
                    ::gluon::block::SharedWith::tie(
                        ::gluon::block::Shareable::source(
                            ::gluon::block::Source(&embed.weight).member(),
                        ),
                        &mut head.weight,
                    );
                    let block = Self { embed, head };
                    ::gluon::block::declare(&block);
                    block
                }
            }
        "#]],
    );
}

#[test]
fn a_skipped_field() {
    let expansion = derive(quote! {
        struct Cached {
            layer: Dense,
            #[block(skip)]
            cache: Cache,
        }
    });
    check(
        &one(&expansion, "impl ::gluon::Member"),
        expect![[r#"
        impl ::gluon::Member for Cached {
            fn visit<'walk>(&'walk self, walk: &mut ::gluon::block::Walk<'walk, '_>) {
                walk.enter(self);
                <Dense as ::gluon::block::advice::AnyMember>::visit_as(
                    &self.layer,
                    "layer",
                    walk,
                );
                walk.leave(self);
            }
            fn visit_mut(&mut self, walk: &mut ::gluon::block::WalkMut<'_>) {
                walk.enter("cached");
                <Dense as ::gluon::block::advice::AnyMember>::visit_mut_as(
                    &mut self.layer,
                    "layer",
                    walk,
                );
                walk.leave(self);
            }
            fn rebuild(
                &self,
                map: &mut dyn ::core::ops::FnMut(&::gluon::Parameter) -> ::gluon::Parameter,
            ) -> Self {
                use ::gluon::block::CopySkipped as _;
                Self {
                    layer: <Dense as ::gluon::block::advice::AnyMember>::rebuild(
                        &self.layer,
                        map,
                    ),
                    cache: ::gluon::block::Skipped {
                        value: &self.cache,
                        name: "cache",
                    }
                        .copy(),
                }
            }
        }
    "#]],
    );
    check(
        &one(&expansion, "impl ::gluon::block::Replicate"),
        expect![[r#"
            impl ::gluon::block::Replicate for Cached
            where
                for<'walk> Cache: ::gluon::block::CloneSkipped,
            {}
        "#]],
    );
}

#[test]
fn a_tuple_struct() {
    let expansion = derive(quote! {
        struct Pair(usize, #[new(Dense::new(_0))] Dense, PhantomData<f32>);
    });
    check(
        &one(&expansion, "impl Pair"),
        expect![[r#"
            impl Pair {
                /// A new `Pair`, as it is declared.
                ///
                /// - `1` is `Dense :: new (_0)`
                #[must_use]
                #[allow(
                    dead_code,
                    private_interfaces,
                    clippy::too_many_arguments,
                    clippy::new_without_default
                )]
                fn new(_0: usize) -> Self {
                    let _1: Dense = Dense::new(_0);
                    let _2: PhantomData<f32> = ::core::marker::PhantomData;
                    let block = Self { 0: _0, 1: _1, 2: _2 };
                    ::gluon::block::declare(&block);
                    block
                }
            }
        "#]],
    );
}

#[test]
fn an_enum() {
    let expansion = derive(quote! {
        #[block(sequential)]
        enum Head {
            Nothing,
            Linear(Dense),
            Two {
                first: Dense,
                #[block(name = "last")]
                second: Dense,
                #[block(skip)]
                cache: Cache,
            },
        }
    });
    check(
        &one(&expansion, "impl ::gluon::Member"),
        expect![[r#"
        impl ::gluon::Member for Head {
            fn visit<'walk>(&'walk self, walk: &mut ::gluon::block::Walk<'walk, '_>) {
                walk.enter(self);
                match self {
                    Self::Nothing {} => {}
                    Self::Linear { 0: _0 } => {
                        <Dense as ::gluon::block::advice::MemberInOrder>::visit_as(
                            _0,
                            "0",
                            walk,
                        );
                    }
                    Self::Two { first, second, .. } => {
                        <Dense as ::gluon::block::advice::MemberInOrder>::visit_as(
                            first,
                            "first",
                            walk,
                        );
                        <Dense as ::gluon::block::advice::MemberInOrder>::visit_as(
                            second,
                            "last",
                            walk,
                        );
                    }
                }
                walk.leave(self);
            }
            fn visit_mut(&mut self, walk: &mut ::gluon::block::WalkMut<'_>) {
                walk.enter("head");
                match self {
                    Self::Nothing {} => {}
                    Self::Linear { 0: _0 } => {
                        <Dense as ::gluon::block::advice::MemberInOrder>::visit_mut_as(
                            _0,
                            "0",
                            walk,
                        );
                    }
                    Self::Two { first, second, .. } => {
                        <Dense as ::gluon::block::advice::MemberInOrder>::visit_mut_as(
                            first,
                            "first",
                            walk,
                        );
                        <Dense as ::gluon::block::advice::MemberInOrder>::visit_mut_as(
                            second,
                            "last",
                            walk,
                        );
                    }
                }
                walk.leave(self);
            }
            fn rebuild(
                &self,
                map: &mut dyn ::core::ops::FnMut(&::gluon::Parameter) -> ::gluon::Parameter,
            ) -> Self {
                use ::gluon::block::CopySkipped as _;
                match self {
                    Self::Nothing {} => Self::Nothing {},
                    Self::Linear { 0: _0 } => {
                        Self::Linear {
                            0: <Dense as ::gluon::block::advice::MemberInOrder>::rebuild(_0, map),
                        }
                    }
                    Self::Two { first, second, cache } => {
                        Self::Two {
                            first: <Dense as ::gluon::block::advice::MemberInOrder>::rebuild(
                                first,
                                map,
                            ),
                            second: <Dense as ::gluon::block::advice::MemberInOrder>::rebuild(
                                second,
                                map,
                            ),
                            cache: ::gluon::block::Skipped {
                                value: cache,
                                name: "cache",
                            }
                                .copy(),
                        }
                    }
                }
            }
        }
    "#]],
    );
    check(
        &one(&expansion, "impl ::gluon::Forward"),
        expect![[r#"
        impl ::gluon::Forward for Head {
            fn forward(&self, input: &::gluon::Tensor) -> ::gluon::Result<::gluon::Tensor> {
                let input = ::core::clone::Clone::clone(input);
                match self {
                    Self::Nothing {} => ::core::result::Result::Ok(input),
                    Self::Linear { 0: _0 } => {
                        let input = <Dense as ::gluon::block::advice::MemberInOrder>::apply_in_order(
                            _0,
                            input,
                        )?;
                        ::core::result::Result::Ok(input)
                    }
                    Self::Two { first, second, .. } => {
                        let input = <Dense as ::gluon::block::advice::MemberInOrder>::apply_in_order(
                            first,
                            input,
                        )?;
                        let input = <Dense as ::gluon::block::advice::MemberInOrder>::apply_in_order(
                            second,
                            input,
                        )?;
                        ::core::result::Result::Ok(input)
                    }
                }
            }
        }
    "#]],
    );
}

#[test]
fn generics() {
    let expansion = derive(quote! {
        #[block(new)]
        struct Net<'a, T, U, const N: usize> where U: Clone {
            name: &'a str,
            layers: [T; N],
            parts: Vec<T::Part>,
            marker: PhantomData<U>,
        }
    });
    check(
        &one(&expansion, "impl<'a, T, U, const N: usize> ::gluon::Block"),
        expect![[r#"
            impl<'a, T, U, const N: usize> ::gluon::Block for Net<'a, T, U, N>
            where
                U: Clone,
                T: ::gluon::Member,
                T::Part: ::gluon::Member,
            {
                fn hint(&self) -> &::core::primitive::str {
                    "net"
                }
                fn type_name(&self) -> &::core::primitive::str {
                    "Net"
                }
            }
        "#]],
    );
    check(
        &one(&expansion, "impl<'a, T, U, const N: usize> Net"),
        expect![[r#"
            impl<'a, T, U, const N: usize> Net<'a, T, U, N>
            where
                U: Clone,
            {
                /// A new `Net`, as it is declared.
                #[must_use]
                #[allow(
                    dead_code,
                    private_interfaces,
                    clippy::too_many_arguments,
                    clippy::new_without_default
                )]
                fn new(name: &'a str, layers: [T; N], parts: Vec<T::Part>) -> Self
                where
                    T: ::gluon::block::advice::MemberArgument,
                    T::Part: ::gluon::block::advice::MemberArgument,
                {
                    let marker: PhantomData<U> = ::core::marker::PhantomData;
                    let block = Self {
                        name,
                        layers,
                        parts,
                        marker,
                    };
                    ::gluon::block::declare(&block);
                    block
                }
            }
        "#]],
    );
}

#[test]
fn options_of_the_struct() {
    let expansion = derive(quote! {
        #[block(sequential, hint = "net", new = build, crate = my::gluon, describe = Net::line)]
        struct Net {
            layer: Dense,
            heads: HashMap<String, Dense>,
        }
    });
    check(
        &expansion,
        expect![[r##"
            #[automatically_derived]
            impl my::gluon::Member for Net {
                fn visit<'walk>(&'walk self, walk: &mut my::gluon::block::Walk<'walk, '_>) {
                    walk.enter(self);
                    <Dense as my::gluon::block::advice::MemberInOrder>::visit_as(
                        &self.layer,
                        "layer",
                        walk,
                    );
                    <HashMap<
                        String,
                        Dense,
                    > as my::gluon::block::advice::OrderedLayers>::visit_as(
                        &self.heads,
                        "heads",
                        walk,
                    );
                    walk.leave(self);
                }
                fn visit_mut(&mut self, walk: &mut my::gluon::block::WalkMut<'_>) {
                    walk.enter("net");
                    <Dense as my::gluon::block::advice::MemberInOrder>::visit_mut_as(
                        &mut self.layer,
                        "layer",
                        walk,
                    );
                    <HashMap<
                        String,
                        Dense,
                    > as my::gluon::block::advice::OrderedLayers>::visit_mut_as(
                        &mut self.heads,
                        "heads",
                        walk,
                    );
                    walk.leave(self);
                }
                fn rebuild(
                    &self,
                    map: &mut dyn ::core::ops::FnMut(&my::gluon::Parameter) -> my::gluon::Parameter,
                ) -> Self {
                    Self {
                        layer: <Dense as my::gluon::block::advice::MemberInOrder>::rebuild(
                            &self.layer,
                            map,
                        ),
                        heads: <HashMap<
                            String,
                            Dense,
                        > as my::gluon::block::advice::OrderedLayers>::rebuild(&self.heads, map),
                    }
                }
            }
            #[automatically_derived]
            impl my::gluon::Block for Net {
                fn hint(&self) -> &::core::primitive::str {
                    "net"
                }
                fn type_name(&self) -> &::core::primitive::str {
                    "Net"
                }
                fn describe(&self) -> ::core::option::Option<::std::string::String> {
                    ::core::option::Option::Some(Net::line(self))
                }
            }
            #[automatically_derived]
            impl my::gluon::block::Replicate for Net {}
            #[automatically_derived]
            impl Net {
                /// A new `Net`, as it is declared.
                #[must_use]
                #[allow(
                    dead_code,
                    private_interfaces,
                    clippy::too_many_arguments,
                    clippy::new_without_default
                )]
                fn build(layer: Dense, heads: HashMap<String, Dense>) -> Self {
                    let block = Self { layer, heads };
                    my::gluon::block::declare(&block);
                    block
                }
            }
            #[automatically_derived]
            impl my::gluon::Forward for Net {
                fn forward(
                    &self,
                    input: &my::gluon::Tensor,
                ) -> my::gluon::Result<my::gluon::Tensor> {
                    let input = ::core::clone::Clone::clone(input);
                    let input = <Dense as my::gluon::block::advice::MemberInOrder>::apply_in_order(
                        &self.layer,
                        input,
                    )?;
                    let input = <HashMap<
                        String,
                        Dense,
                    > as my::gluon::block::advice::OrderedLayers>::apply_in_order(
                        &self.heads,
                        input,
                    )?;
                    ::core::result::Result::Ok(input)
                }
            }
        "##]],
    );
}

#[test]
fn the_fallback() {
    let expansion = derive(quote! {
        #[block(sequential)]
        struct Net {
            units: usize,
            #[new(Dense::new(units))]
            hidden: Dense,
            #[shared(hiden)]
            again: Dense,
        }
    });
    check(
        &expansion,
        expect![[r#"
            ::core::compile_error! {
                "no field `hiden` in `Net`; did you mean `hidden`?"
            }
            #[automatically_derived]
            impl ::gluon::Member for Net {
                fn visit<'walk>(&'walk self, _: &mut ::gluon::block::Walk<'walk, '_>) {}
                fn visit_mut(&mut self, _: &mut ::gluon::block::WalkMut<'_>) {}
                fn rebuild(
                    &self,
                    _: &mut dyn ::core::ops::FnMut(&::gluon::Parameter) -> ::gluon::Parameter,
                ) -> Self {
                    loop {}
                }
            }
            #[automatically_derived]
            impl ::gluon::Block for Net {
                fn hint(&self) -> &::core::primitive::str {
                    "net"
                }
                fn type_name(&self) -> &::core::primitive::str {
                    "Net"
                }
            }
            #[automatically_derived]
            impl ::gluon::block::Replicate for Net {}
            #[automatically_derived]
            impl Net {
                /// A new `Net`, as it is declared.
                ///
                /// - `hidden` is `Dense :: new (units)`
                /// - `again` is a copy that shares
                #[must_use]
                #[allow(
                    dead_code,
                    private_interfaces,
                    unused_variables,
                    clippy::too_many_arguments,
                    clippy::new_without_default
                )]
                fn new(units: usize) -> Self {
                    loop {}
                }
            }
            #[automatically_derived]
            impl ::gluon::Forward for Net {
                fn forward(&self, _: &::gluon::Tensor) -> ::gluon::Result<::gluon::Tensor> {
                    loop {}
                }
            }
        "#]],
    );
}

/// Formats what `sequential!` writes.
fn sequential(layers: TokenStream) -> String {
    let expression = crate::sequential::sequential(quote!([::gluon] #layers));
    let file = syn::parse2(quote!(fn net() -> Sequential #expression)).expect("it is a block");
    prettyplease::unparse(&file)
}

#[test]
fn a_sequential() {
    let expansion = sequential(quote![Dense::new(8).relu(), [Dense::new(8); 3], Dense::new(10)]);
    check(
        &expansion,
        expect![[r#"
            fn net() -> Sequential {
                let mut layers = ::gluon::nn::Layers::new();
                layers.push(::gluon::block::IntoLayer::into_layer(Dense::new(8).relu()));
                let copies: ::core::primitive::usize = 3;
                for _ in 0..copies {
                    layers.push(::gluon::block::IntoLayer::into_layer(Dense::new(8)));
                }
                layers.push(::gluon::block::IntoLayer::into_layer(Dense::new(10)));
                layers.into_sequential()
            }
        "#]],
    );
}

#[test]
fn a_sequential_with_ties() {
    let expansion = sequential(quote![
        a: Dense::new(8),
        #[shared(a)] Dense::new(8).tanh(),
        #[shared(a)] _,
        #[shared(weight = a.weight)] Dense::new(8),
    ]);
    check(
        &expansion,
        expect![[r#"
            fn net() -> Sequential {
                let mut layers = ::gluon::nn::Layers::new();
                let a = Dense::new(8);
                let mut after_0 = ::gluon::nn::Layers::new();
                let mut layer = Dense::new(8).tanh();
                match ::gluon::block::Shareable::source({
                    use ::gluon::block::NotAMember as _;
                    ::gluon::block::Source(&a).member()
                }) {
                    source => {
                        use ::gluon::block::SharedWith;
                        SharedWith::tie(source, &mut layer)
                    }
                };
                after_0.tie("a", ::gluon::nn::Members::all());
                after_0.push(::gluon::block::IntoLayer::into_layer(layer));
                let layer = match ::gluon::block::Shareable::source({
                    use ::gluon::block::NotAMember as _;
                    ::gluon::block::Source(&a).member()
                }) {
                    source => {
                        use ::gluon::block::CopiedAs;
                        use ::gluon::block::Replicate;
                        CopiedAs::tied(Replicate::original(source))
                    }
                };
                after_0.tie("a", ::gluon::nn::Members::all());
                after_0.push(::gluon::block::IntoLayer::into_layer(layer));
                let mut layer = Dense::new(8);
                match ::gluon::block::Shareable::source({
                    use ::gluon::block::NotAMember as _;
                    ::gluon::block::Source(&a.weight).member()
                }) {
                    source => {
                        use ::gluon::block::SharedWith;
                        SharedWith::tie(source, &mut layer.weight)
                    }
                };
                after_0.tie("a", ::gluon::nn::Members::of(&layer, &layer.weight, &a, &a.weight));
                after_0.push(::gluon::block::IntoLayer::into_layer(layer));
                layers.label("a", ::gluon::block::IntoLayer::into_layer(a));
                layers.append(after_0);
                layers.into_sequential()
            }
        "#]],
    );
}
