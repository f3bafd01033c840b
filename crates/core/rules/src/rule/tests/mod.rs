mod cases;
mod documents;
mod filtered;
mod models;
mod quiet;
mod redact;
mod stories;

use serde_json::{Value, json};

use super::{Rule, Rules};

/// A document with one rule, which has these keys in addition to its target.
fn document(says: &Value) -> Value {
    let mut rule = json!({ "to": [{ "type": "slack", "endpoint": "https://hooks.slack.com/services/T/B/x" }] });
    rule.as_object_mut().unwrap().extend(says.as_object().unwrap().clone());
    json!({ "rules": [rule] })
}

fn rule(says: &Value) -> Rule {
    let mut rules =
        Rules::parse(&document(says)).unwrap_or_else(|refusal| panic!("{says}: {refusal} at {:?}", refusal.path));
    rules.rules.remove(0)
}
