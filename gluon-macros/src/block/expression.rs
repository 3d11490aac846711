//! Expressions: what `#[new(..)]` holds, and what it may not do.

use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::visit::Visit;
use syn::{Attribute, Expr, Meta, Token};

use crate::errors::Errors;

/// The expression of `#[new(..)]` among `attrs`, if there is one.
///
/// `None` in the outer option means that there is none, in the inner that it is mistaken.
pub(crate) fn find(attrs: &[Attribute], errors: &mut Errors) -> Option<Option<Expr>> {
    let mut all = attrs.iter().filter(|attr| attr.path().is_ident("new"));
    let first = all.next()?;
    for again in all {
        errors.on(again, "`#[new]` is given twice; a field is built once");
    }
    let list = match &first.meta {
        Meta::List(list) if !list.tokens.is_empty() => list,
        Meta::NameValue(pair) => {
            let text = "the expression stands in parentheses: `#[new(..)]`";
            errors.on(pair.eq_token, text);
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
