//! A new rule in the page's form.

use model::json;
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
    if let Some(typed) = form.get("except") {
        put("except", json!({ "environments": list(typed) }));
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
            let value = match field.input {
                Input::List => list(typed),
                // What is not JSON stays a text, which the API refuses.
                Input::Json => json::parse(typed.as_bytes()).unwrap_or_else(|_| typed.trim().into()),
                Input::Text | Input::Secret | Input::Choice(_) => typed.trim().into(),
            };
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
    let text = with_labels(&said.text, kind(chosen));
    let problem = match label {
        Some(label) if !text.contains(label) => format!("{label}: {text}"),
        _ => text,
    };
    RuleDraft { problem: Some(problem), wrong, ..typed(form) }
}

/// The labels of the fields that every rule has. The form of a target has its own.
const LABELS: [(&str, &str); 7] = [
    ("name", "Name"),
    ("on", "When"),
    ("threshold", "An error is seen often from"),
    ("interval", "at every multiple of"),
    ("environments", "Environments"),
    ("levels", "Levels"),
    ("except", "Not in these environments"),
];

/// Replaces the API's names of fields, which are in backticks, with the labels that the person sees.
fn with_labels(text: &str, kind: Option<&TargetKind>) -> String {
    let fields = kind.map_or(&[][..], |kind| kind.fields);
    let label = |key: &str| {
        let own = fields.iter().find(|field| field.key == key).map(|field| field.label);
        own.or_else(|| LABELS.iter().find(|(name, _)| *name == key).map(|(_, label)| *label))
    };
    let parts = text.split('`').enumerate().map(|(index, part)| match label(part) {
        // Every second part is in backticks.
        Some(label) if index % 2 == 1 => format!("“{label}”"),
        _ if index % 2 == 1 => format!("`{part}`"),
        _ => part.to_owned(),
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use rules::{Rules, SEALED, Target};
    use web_pages::READY_TEMPLATES;

    use super::*;

    /// A target with all fields of the form is valid: the form has all required fields, and no unknown ones.
    #[test]
    fn every_kind_of_the_form_is_a_valid_target() {
        for kind in &KINDS {
            let value = |field: &Field| match field.input {
                Input::List => json!(["a@b.example"]),
                Input::Choice(choices) => choices[0].0.into(),
                Input::Json => json!({ "text": "{{text}}" }),
                _ if field.key == "endpoint" || field.key.ends_with("Url") => "https://a.example/x".into(),
                _ => "a".into(),
            };
            let fields = kind.fields.iter().map(|field| (field.key.to_owned(), value(field)));
            let target: Map<_, _> = fields.chain([("type".to_owned(), kind.word.into())]).collect();
            assert!(Target::parse(&Value::Object(target)).is_ok(), "{}", kind.word);
        }
    }

    #[test]
    fn every_ready_template_is_valid_and_documented() {
        let channels = include_str!("../../../../../../docs/src/notifications/webhook-payload.md");
        for ready in &READY_TEMPLATES {
            let template: Value = serde_json::from_str(ready.template).unwrap();
            let target = json!({ "type": "webhook", "endpoint": "https://a.example", "template": template });
            assert!(Target::parse(&target).is_ok(), "{}", ready.service);
            assert!(channels.contains(ready.template), "{}", ready.service);
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
    fn a_message_of_the_api_names_the_labels_of_the_form() {
        let check = |text, expected: &str| assert_eq!(with_labels(text, kind("slack")), expected);
        check(
            "`threshold` is missing, but `on` contains it: send a number",
            "“An error is seen often from” is missing, but “When” contains it: send a number",
        );
        check("`endpoint` is `ftp://a`: use https", "“Webhook URL” is `ftp://a`: use https");
        check("no field", "no field");
    }

    #[test]
    fn a_list_is_split_at_commas_and_lines() {
        assert_eq!(list("a b, c,,\r\n d "), json!(["a b", "c", "d"]));
    }
}
