//! Generates the reference page of error reasons from the source of `model::outcome::Reason`.

use std::collections::BTreeMap;

use syn::{Expr, ExprMatch, ImplItem, Item, Lit, Meta, Pat, Stmt};

use crate::markdown::{GENERATED, cell, table};
use crate::read;

pub(crate) fn page() -> String {
    let file = syn::parse_file(&read("crates/core/model/src/outcome.rs")).unwrap();
    let (names, statuses) = (arms(&file, "name"), arms(&file, "status"));
    let variants = file.items.iter().find_map(|item| match item {
        Item::Enum(item) if item.ident == "Reason" => Some(&item.variants),
        _ => None,
    });
    let row = |variant: &syn::Variant| {
        let key = variant.ident.to_string();
        vec![format!("`{}`", names[&key]), statuses[&key].clone(), cell(&doc(&variant.attrs))]
    };
    let rows: Vec<_> = variants.unwrap().iter().map(row).collect();
    format!(
        "{GENERATED}\n\n# Error reasons\n\nEvery refusal has a reason. Answers, counters and logs use the same names. An answer looks like \
         this:\n\n```json\n{{\"errors\": [{{\"message\": \"…\", \"path\": [\"errors\", \"2\"], \"reason\": \"item_invalid\"}}],\n \
         \"error\": \"item_invalid\", \"message\": \"…\", \"detail\": \"…\"}}\n```\n\n`message` says what is wrong and what to do; `path` says \
         where in the body or the path. The status is that of a request that is refused as a whole. If only some items are refused, \
         the request succeeds, and its answer lists them.\n\n{}",
        table(&["reason", "status", "meaning"], &rows)
    )
    .trim_end()
    .to_owned()
        + "\n"
}

/// Returns the text of a doc comment.
fn doc(attributes: &[syn::Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => literal(&pair.value),
        _ => None,
    });
    lines.collect::<String>()
}

/// Returns the value that a method of `Reason` has for each variant.
fn arms(file: &syn::File, method: &str) -> BTreeMap<String, String> {
    let methods = file.items.iter().filter_map(|item| match item {
        Item::Impl(item) => Some(&item.items),
        _ => None,
    });
    let body = methods.flatten().find_map(|item| match item {
        ImplItem::Fn(item) if item.sig.ident == method => item.block.stmts.first(),
        _ => None,
    });
    let Some(Stmt::Expr(Expr::Match(ExprMatch { arms, .. }), _)) = body else { panic!("`{method}` is not a match") };
    let mut found = BTreeMap::new();
    for arm in arms {
        let value = literal(&arm.body).unwrap();
        let mut patterns = vec![&arm.pat];
        while let Some(pattern) = patterns.pop() {
            match pattern {
                Pat::Or(or) => patterns.extend(&or.cases),
                Pat::Path(path) => {
                    found.insert(path.path.segments.last().unwrap().ident.to_string(), value.clone());
                }
                _ => panic!("`{method}` matches something that is not a reason"),
            }
        }
    }
    found
}

/// Returns the text of a literal, also if it is in a block.
fn literal(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            Lit::Int(number) => Some(number.base10_digits().to_owned()),
            _ => None,
        },
        Expr::Block(block) => match block.block.stmts.as_slice() {
            [Stmt::Expr(expression, None)] => literal(expression),
            _ => None,
        },
        _ => None,
    }
}
