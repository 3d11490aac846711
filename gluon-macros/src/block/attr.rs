//! Attributes: what `#[block(..)]` and `#[new(..)]` say, each with its place in the source.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit::Visit;
use syn::{Attribute, Expr, Ident, LitStr, Meta, Path, Token, WherePredicate};

use crate::errors::Errors;
use crate::suggest;

/// Options of a struct or an enum, and how each is written.
const TYPE_OPTIONS: [(&str, &str); 6] = [
    ("sequential", "sequential"),
    ("hint", "hint = \"net\""),
    ("new", "new = build"),
    ("crate", "crate = path::to::gluon"),
    ("bound", "bound = \"T: Layer\""),
    ("describe", "describe = Self::describe"),
];

/// Options of a field, and how each is written.
const FIELD_OPTIONS: [(&str, &str); 2] = [("skip", "skip"), ("name", "name = \"fc1\"")];

/// What `#[block(..)]` on a struct or an enum says.
#[derive(Default)]
pub(crate) struct TypeOptions {
    pub(crate) sequential: Option<Span>,
    pub(crate) hint: Option<String>,
    /// Where `new` is asked for, and the name it is given.
    pub(crate) new: Option<(Span, Option<Ident>)>,
    pub(crate) krate: Option<Path>,
    pub(crate) bound: Option<Vec<WherePredicate>>,
    pub(crate) describe: Option<Path>,
}

impl TypeOptions {
    pub(crate) fn read(attrs: &[Attribute], errors: &mut Errors) -> TypeOptions {
        let mut options = TypeOptions::default();
        for option in options_of(attrs, &TYPE, errors) {
            match option.name.unraw().to_string().as_str() {
                "sequential" if option.flag(errors) => {
                    options.sequential = Some(option.name.span())
                }
                "hint" => {
                    options.hint = option.text(errors).and_then(|hint| check_hint(hint, errors))
                }
                "new" => {
                    let name = match &option.value {
                        Value::None => None,
                        _ => option.parse::<Ident>("a name", errors),
                    };
                    options.new = Some((option.name.span(), name));
                }
                "crate" => {
                    options.krate = option.parse_with(Path::parse_mod_style, "a path", errors)
                }
                "bound" => {
                    options.bound = option.text(errors).and_then(|text| bounds(&text, errors))
                }
                "describe" => {
                    options.describe = option.parse_with(Path::parse_mod_style, "a path", errors);
                }
                _ => {}
            }
        }
        options
    }
}

/// What `#[block(..)]` on a field says.
#[derive(Default)]
pub(crate) struct FieldOptions {
    pub(crate) skip: Option<Span>,
    pub(crate) name: Option<LitStr>,
}

impl FieldOptions {
    pub(crate) fn read(attrs: &[Attribute], errors: &mut Errors) -> FieldOptions {
        let mut options = FieldOptions::default();
        for option in options_of(attrs, &FIELD, errors) {
            match option.name.unraw().to_string().as_str() {
                "skip" if option.flag(errors) => options.skip = Some(option.name.span()),
                "name" => {
                    options.name = option.text(errors).and_then(|name| check_name(name, errors));
                }
                _ => {}
            }
        }
        if let (Some(span), Some(name)) = (options.skip, &options.name) {
            let text = format!(
                "a skipped field is not a member, so it has no name `{}`; remove one of the two",
                name.value()
            );
            errors.at(span, text);
        }
        options
    }
}

/// Refuses `#[block]`, `#[new]` and `#[shared]` on a variant of an enum.
pub(crate) fn refuse_on_variant(attrs: &[Attribute], errors: &mut Errors) {
    for attr in attrs {
        for name in ["block", "new", "shared"] {
            if attr.path().is_ident(name) {
                errors.on(attr, "a variant has no options; those of the enum stand above it, those of a field on the field");
            }
        }
    }
}

/// Refuses `#[new(..)]` and `#[shared(..)]` above a struct or an enum.
pub(crate) fn refuse_on_type(attrs: &[Attribute], errors: &mut Errors) {
    for attr in attrs {
        if attr.path().is_ident("new") {
            errors.on(attr, "`#[new(..)]` stands on a field; to name the constructor, write `#[block(new = build)]`");
        } else if attr.path().is_ident("shared") {
            errors.on(attr, "`#[shared(..)]` stands on the field that shares");
        }
    }
}

/// The expression of `#[new(..)]` among `attrs`, if there is one.
///
/// `None` in the outer option means that there is none, in the inner that it is mistaken.
pub(crate) fn new_expression(attrs: &[Attribute], errors: &mut Errors) -> Option<Option<Expr>> {
    let mut all = attrs.iter().filter(|attr| attr.path().is_ident("new"));
    let first = all.next()?;
    for again in all {
        errors.on(again, "`#[new]` is given twice; a field is built once");
    }
    let list = match &first.meta {
        Meta::List(list) if !list.tokens.is_empty() => list,
        Meta::NameValue(pair) => {
            let text = "the expression stands in parentheses: `#[new(..)]`";
            errors.on(&pair.eq_token, text);
            return Some(None);
        }
        _ => {
            errors.on(first, "`#[new]` needs an expression: `#[new(Dense::new(10))]`");
            return Some(None);
        }
    };
    let expressions = match list.parse_args_with(Punctuated::<Expr, Token![,]>::parse_terminated) {
        Ok(expressions) => expressions,
        Err(error) => {
            errors.push(error);
            return Some(None);
        }
    };
    if let Some(second) = expressions.iter().nth(1) {
        errors.on(second, "`#[new(..)]` holds one expression; a tuple is written `#[new((a, b))]`");
        return Some(None);
    }
    let expression = expressions.into_iter().next()?;
    if let Expr::Let(statement) = &expression {
        errors.on(
            statement,
            "a statement is not an expression; put it in braces: \
             `#[new({ let units = 8; Dense::new(units) })]`",
        );
        return Some(None);
    }
    let mut outer = Leaves { errors, found: false };
    outer.visit_expr(&expression);
    let found = outer.found;
    Some((!found).then_some(expression))
}

/// Finds what would leave the constructor, or speak of a `self` that is not there.
struct Leaves<'e> {
    errors: &'e mut Errors,
    found: bool,
}

impl Leaves<'_> {
    fn refuse(&mut self, tokens: impl ToTokens, message: &str) {
        self.errors.on(tokens, message);
        self.found = true;
    }
}

impl<'ast> Visit<'ast> for Leaves<'_> {
    fn visit_expr_try(&mut self, expr: &'ast syn::ExprTry) {
        self.refuse(expr.question_token, "`?` has nowhere to go: the constructor returns the block, not a `Result`; leave this field without `#[new(..)]` and pass it in");
        syn::visit::visit_expr_try(self, expr);
    }

    fn visit_expr_return(&mut self, expr: &'ast syn::ExprReturn) {
        self.refuse(
            expr.return_token,
            "`return` would leave the constructor; the value of the expression becomes the field",
        );
    }

    fn visit_expr_await(&mut self, expr: &'ast syn::ExprAwait) {
        self.refuse(expr.await_token, "`.await` cannot be used here: the constructor is not `async`; leave this field without `#[new(..)]` and pass it in");
        syn::visit::visit_expr_await(self, expr);
    }

    fn visit_expr_field(&mut self, expr: &'ast syn::ExprField) {
        if matches!(&*expr.base, Expr::Path(base) if base.path.is_ident("self")) {
            let field = crate::field_path::name(&expr.member);
            let field = match &expr.member {
                syn::Member::Named(_) => field,
                syn::Member::Unnamed(_) => format!("_{field}"),
            };
            self.refuse(
                &expr.base,
                &format!(
                    "there is no `self` yet: earlier fields are in scope by name, here `{field}`"
                ),
            );
        } else {
            syn::visit::visit_expr_field(self, expr);
        }
    }

    fn visit_expr_path(&mut self, expr: &'ast syn::ExprPath) {
        if expr.path.is_ident("self") {
            self.refuse(expr, "there is no `self` yet: earlier fields are in scope by name");
        }
    }

    // In these `return`, `?` and `self` are their own.
    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// Where options may stand.
struct Place {
    what: &'static str,
    options: &'static [(&'static str, &'static str)],
    other: &'static str,
    others: &'static [(&'static str, &'static str)],
}

const TYPE: Place =
    Place { what: "the type", options: &TYPE_OPTIONS, other: "a field", others: &FIELD_OPTIONS };
const FIELD: Place =
    Place { what: "a field", options: &FIELD_OPTIONS, other: "the type", others: &TYPE_OPTIONS };

/// One entry of `#[block(..)]`: `skip`, `hint = "net"`.
struct EntryOption {
    name: Ident,
    value: Value,
    /// How it is written.
    form: &'static str,
}

enum Value {
    None,
    Equals(Span, TokenStream),
    Parentheses(Span),
}

impl EntryOption {
    fn flag(&self, errors: &mut Errors) -> bool {
        match &self.value {
            Value::None => {}
            Value::Equals(span, _) | Value::Parentheses(span) => {
                errors.at(*span, format!("`{}` takes no value", self.name));
            }
        }
        true
    }

    fn text(&self, errors: &mut Errors) -> Option<LitStr> {
        self.parse::<LitStr>("a string", errors)
    }

    fn parse<T: syn::parse::Parse>(&self, what: &str, errors: &mut Errors) -> Option<T> {
        self.parse_with(T::parse, what, errors)
    }

    fn parse_with<T>(
        &self,
        parser: impl Parser<Output = T>,
        what: &str,
        errors: &mut Errors,
    ) -> Option<T> {
        let Self { name, form, .. } = self;
        match &self.value {
            Value::None => errors.on(name, format!("`{name}` needs a value: `{form}`")),
            Value::Parentheses(span) => errors.at(*span, format!("write `{form}`")),
            Value::Equals(span, tokens) if tokens.is_empty() => {
                errors.at(*span, format!("`{name}` needs a value: `{form}`"));
            }
            Value::Equals(_, tokens) => match parser.parse2(tokens.clone()) {
                Ok(value) => return Some(value),
                Err(_) => errors.on(tokens, format!("`{name}` takes {what}: `{form}`")),
            },
        }
        None
    }
}

/// The options in all `#[block(..)]` among `attrs`, each once.
fn options_of(attrs: &[Attribute], place: &Place, errors: &mut Errors) -> Vec<EntryOption> {
    let mut options: Vec<EntryOption> = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("block")) {
        let tokens = match &attr.meta {
            Meta::List(list) if !list.tokens.is_empty() => list.tokens.clone(),
            Meta::NameValue(pair) => {
                errors.on(&pair.eq_token, "options stand in parentheses: `#[block(..)]`");
                continue;
            }
            _ => {
                errors.on(attr, format!("`#[block]` needs an option; {}", offer(place)));
                continue;
            }
        };
        for entry in split(tokens) {
            let Some(option) = read_option(entry, place, errors) else { continue };
            let name = option.name.unraw();
            if options.iter().any(|known| known.name.unraw() == name) {
                errors.on(&option.name, format!("`{name}` is given twice"));
            } else {
                options.push(option);
            }
        }
    }
    options
}

fn read_option(tokens: Vec<TokenTree>, place: &Place, errors: &mut Errors) -> Option<EntryOption> {
    let mut tokens = tokens.into_iter();
    let name = match tokens.next()? {
        TokenTree::Ident(name) => name,
        other => {
            errors.on(other, format!("expected an option; {}", offer(place)));
            return None;
        }
    };
    let word = name.unraw().to_string();
    let Some((_, form)) = place.options.iter().find(|(known, _)| *known == word) else {
        errors.on(&name, unknown(&word, place));
        return None;
    };
    let value = match tokens.next() {
        None => Value::None,
        Some(TokenTree::Punct(equals)) if equals.as_char() == '=' => {
            Value::Equals(equals.span(), tokens.collect())
        }
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
            Value::Parentheses(group.span())
        }
        Some(other) => {
            errors.on(other, "expected `,` or `=`");
            return None;
        }
    };
    Some(EntryOption { name, value, form })
}

fn unknown(word: &str, place: &Place) -> String {
    let Place { what, other, .. } = place;
    let names =
        |options: &'static [(&'static str, &'static str)]| options.iter().map(|(name, _)| *name);
    if word == "new" || word == "shared" {
        return format!("`{word}` is an attribute of its own: `#[{word}(..)]`");
    }
    if names(place.others).any(|name| name == word) {
        return format!("`{word}` is an option of {other}, not of {what}");
    }
    match suggest::nearest(word, names(place.options)) {
        Some(near) => format!("unknown option `{word}`; did you mean `{near}`?"),
        None => format!("unknown option `{word}`; {}", offer(place)),
    }
}

fn offer(place: &Place) -> String {
    let forms: Vec<&str> = place.options.iter().map(|(_, form)| *form).collect();
    format!("{} takes {}", place.what, suggest::list(&forms))
}

fn split(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut entries = vec![Vec::new()];
    for token in tokens {
        match (&token, entries.last_mut()) {
            (TokenTree::Punct(comma), _) if comma.as_char() == ',' => entries.push(Vec::new()),
            (_, Some(last)) => last.push(token),
            (_, None) => {}
        }
    }
    entries.retain(|entry| !entry.is_empty());
    entries
}

fn check_hint(hint: LitStr, errors: &mut Errors) -> Option<String> {
    let text = hint.value();
    let plain = |letter: char| letter.is_alphanumeric() || letter == '_';
    if text.is_empty() {
        errors.on(&hint, "a hint cannot be empty: names of parameters begin with it");
    } else if !text.chars().all(plain) {
        errors.on(
            &hint,
            "a hint is made of letters, digits and `_`: names of parameters begin with it",
        );
    } else {
        return Some(text);
    }
    None
}

fn check_name(name: LitStr, errors: &mut Errors) -> Option<LitStr> {
    let text = name.value();
    if text.is_empty() {
        errors.on(&name, "a name cannot be empty");
    } else if text.contains('.') {
        errors.on(&name, "a name has no dot: dots join the names of nested blocks");
    } else if text.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
        errors.on(&name, "a name has no spaces");
    } else {
        return Some(name);
    }
    None
}

fn bounds(text: &LitStr, errors: &mut Errors) -> Option<Vec<WherePredicate>> {
    let parser = Punctuated::<WherePredicate, Token![,]>::parse_terminated;
    match text.parse_with(parser) {
        Ok(predicates) => Some(predicates.into_iter().collect()),
        Err(_) => {
            errors.at(text.span(), "`bound` takes what follows `where`: `bound = \"T: Layer\"`");
            None
        }
    }
}
