//! A new rule in the page's form.

use serde_json::{Map, Value, json};
use web_pages::{Field, Input, KINDS, RuleDraft, TargetKind};
use web_session::{ApiRefusal, Form};

/// Returns the rule in the form of the API. Empty fields are left out. Invalid values are passed on unchanged, and the
/// API refuses them.
pub(super) fn rule(form: &Form) -> Value {
    let mut rule = Map::new();
    let mut put = |key: &str, value: Value| rule.insert(key.to_owned(), value);
    if let Some(name) = form.get("name") {
        put("name", name.trim().into());
    }
    for key in ["on", "levels"] {
        let words: Vec<_> = form.all(key).collect();
        if !words.is_empty() {
            put(key, json!(words));
        }
    }
    for key in ["threshold", "interval"] {
        if let Some(typed) = form.get(key).map(str::trim) {
            put(key, typed.parse::<u64>().map_or_else(|_| typed.into(), Value::from));
        }
    }
    if let Some(typed) = form.get("environments") {
        put("environments", list(typed));
    }
    put("to", json!([target(form)]));
    Value::Object(rule)
}

/// Returns the rule's target, with the fields of the chosen kind only.
pub(super) fn target(form: &Form) -> Value {
    let word = form.get("kind").unwrap_or_default();
    let mut target = Map::from_iter([("type".to_owned(), word.into())]);
    for field in kind(word).map_or(&[][..], |kind| kind.fields) {
        if let Some(typed) = form.get(&name(word, field)) {
            let value = if field.input == Input::List { list(typed) } else { typed.trim().into() };
            target.insert(field.key.to_owned(), value);
        }
    }
    Value::Object(target)
}

fn kind(word: &str) -> Option<&'static TargetKind> {
    KINDS.iter().find(|kind| kind.word == word)
}

fn name(kind: &str, field: &Field) -> String {
    format!("{kind}.{}", field.key)
}

/// Splits a text at commas and line ends.
fn list(typed: &str) -> Value {
    typed.split([',', '\n']).map(str::trim).filter(|text| !text.is_empty()).collect()
}

/// Returns the form as it was filled in.
pub(super) fn typed(form: &Form) -> RuleDraft {
    RuleDraft { fields: form.fields().to_vec(), problem: None, wrong: None, tried: None }
}

/// Returns the form as it was filled in, with the API's message about the place `path` in the rule.
pub(super) fn refused(form: &Form, said: &ApiRefusal, path: &[String]) -> RuleDraft {
    let parts: Vec<_> = path.iter().map(String::as_str).collect();
    let chosen = form.get("kind").unwrap_or_default();
    let (wrong, label) = match parts.as_slice() {
        ["to", _, key, ..] => {
            let field = kind(chosen).and_then(|kind| kind.fields.iter().find(|field| field.key == *key));
            (field.map(|field| name(chosen, field)), field.map(|field| field.label))
        }
        [key, ..] => (Some((*key).to_owned()), None),
        [] => (None, None),
    };
    let problem = label.map_or_else(|| said.text.clone(), |label| format!("{label}: {}", said.text));
    RuleDraft { problem: Some(problem), wrong, ..typed(form) }
}

#[cfg(test)]
mod tests {
    use rules::{Rules, SEALED, Target};

    use super::*;

    /// A target with all fields of the form is valid: the form has all required fields, and no unknown ones.
    #[test]
    fn every_kind_of_the_form_is_a_valid_target() {
        for kind in &KINDS {
            let value = |field: &Field| match field.input {
                Input::List => json!(["a@b.example"]),
                Input::Choice(choices) => choices[0].0.into(),
                _ if field.key == "endpoint" || field.key.ends_with("Url") => "https://a.example/x".into(),
                _ => "a".into(),
            };
            let fields = kind.fields.iter().map(|field| (field.key.to_owned(), value(field)));
            let target: Map<_, _> = fields.chain([("type".to_owned(), kind.word.into())]).collect();
            assert!(Target::parse(&Value::Object(target)).is_ok(), "{}", kind.word);
        }
    }

    /// No secret is stored or logged (promise 5 in docs/src/internals/promises.md): the API shows no secret that
    /// somebody typed into the form.
    #[test]
    fn every_secret_of_the_form_is_redacted() {
        for kind in &KINDS {
            for field in kind.fields.iter().filter(|field| field.input == Input::Secret) {
                let key = field.key;
                let target = json!({ "type": kind.word, key: "a-secret" });
                let shown = Rules::redacted(&target);
                assert_eq!(shown[key], SEALED, "{}: `{key}` belongs in SECRETS of rule/redact.rs", kind.word);
            }
        }
    }

    #[test]
    fn a_list_is_split_at_commas_and_lines() {
        assert_eq!(list("a b, c,,\r\n d "), json!(["a b", "c", "d"]));
    }
}
