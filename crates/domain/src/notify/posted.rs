//! The notification configs that come with a post, as v1's clients send them.

use serde_json::Value;

use crate::outcome::{Reason, Refusal};

/// The most configs of a post: each is a message whenever the error crosses its number.
const MAX_CONFIGS: usize = 10;
/// The largest config, in bytes of JSON, or of base64: all of a post's are kept together, as one item of the table.
const MAX_CONFIG: usize = 6 << 10;

/// One config of a post.
#[derive(Clone, PartialEq)]
pub enum Posted {
    /// As it is.
    Plain(Value),
    /// Encrypted by KMS, in base64: `POST /encrypt` or `aws kms encrypt` made it.
    Sealed(String),
}

/// Without what is in it: it may hold secrets.
impl std::fmt::Debug for Posted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain([Filtered])",
            Self::Sealed(_) => "Sealed([Filtered])",
        })
    }
}

/// The configs of a post, what was sent as `notifications`. What is wrong is refused by name, and its neighbours stay; no
/// refusal quotes any of it.
pub fn parse(notifications: Value) -> (Vec<Posted>, Vec<Refusal>) {
    let configs = match notifications {
        // What v1's Ruby client sends.
        Value::Null => return (Vec::new(), Vec::new()),
        Value::Array(configs) => configs,
        _ => {
            let refusal = Refusal::new(Reason::ItemInvalid, "`notifications` is no list: send a list of configs");
            return (Vec::new(), vec![refusal.at(["notifications"])]);
        }
    };
    let (mut kept, mut refused) = (Vec::new(), Vec::new());
    if configs.len() > MAX_CONFIGS {
        let message = format!("there are {} notifications: only the first {MAX_CONFIGS} are taken", configs.len());
        refused.push(Refusal::new(Reason::ItemInvalid, message).at(["notifications"]));
    }
    for (index, config) in configs.into_iter().take(MAX_CONFIGS).enumerate() {
        match one(config) {
            Ok(config) => kept.extend(config),
            Err((reason, message)) => {
                refused.push(Refusal::new(reason, message).at(["notifications", &index.to_string()]));
            }
        }
    }
    (kept, refused)
}

fn one(config: Value) -> Result<Option<Posted>, (Reason, String)> {
    let too_large = |size: usize| {
        let message = format!("a notification has {size} bytes: at most {MAX_CONFIG} are taken");
        (Reason::ItemTooLarge, message)
    };
    match config {
        Value::Null => Ok(None),
        Value::Object(_) => match config.to_string().len() {
            0..=MAX_CONFIG => Ok(Some(Posted::Plain(config))),
            size => Err(too_large(size)),
        },
        Value::String(ciphertext) => match ciphertext.len() {
            0..=MAX_CONFIG => Ok(Some(Posted::Sealed(ciphertext))),
            size => Err(too_large(size)),
        },
        _ => {
            let message =
                "a notification is neither an object nor a text: send a config, or one that POST /encrypt made";
            Err((Reason::ItemInvalid, message.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(notifications: Value, kept: &[Posted], refused: &[(Reason, &str)]) {
        let (configs, refusals) = parse(notifications);
        assert_eq!(configs, kept);
        let refusals: Vec<_> = refusals.iter().map(|refusal| (refusal.reason, refusal.path.join("."))).collect();
        let expected: Vec<_> = refused.iter().map(|(reason, path)| (*reason, (*path).to_owned())).collect();
        assert_eq!(refusals, expected);
    }

    fn plain() -> Value {
        json!({ "type": "slack", "endpoint": "https://hooks.slack.com/services/SECRET", "channel": "#errors" })
    }

    #[test]
    fn what_is_wrong_is_named_and_its_neighbours_stay() {
        let (slack, sealed) = (Posted::Plain(plain()), Posted::Sealed("QUJD".to_owned()));
        check(Value::Null, &[], &[]);
        check(json!([]), &[], &[]);
        check(json!([null, plain(), "QUJD"]), &[slack.clone(), sealed], &[]);
        check(plain(), &[], &[(Reason::ItemInvalid, "notifications")]);
        check(json!([7, plain()]), std::slice::from_ref(&slack), &[(Reason::ItemInvalid, "notifications.0")]);
        let large = json!({ "type": "slack", "username": "x".repeat(MAX_CONFIG) });
        let refused = [(Reason::ItemTooLarge, "notifications.1"), (Reason::ItemTooLarge, "notifications.2")];
        check(json!([plain(), large, "x".repeat(MAX_CONFIG + 1)]), std::slice::from_ref(&slack), &refused);
        check(vec![plain(); 100].into(), &vec![slack; 10], &[(Reason::ItemInvalid, "notifications")]);
    }

    /// Promise 5: whoever prints a config prints nothing of it.
    #[test]
    fn a_config_is_not_shown() {
        let (configs, refusals) = parse(json!([plain(), "SECRET", ["SECRET"]]));
        assert!(!format!("{configs:?}{refusals:?}").contains("SECRET"));
    }
}
