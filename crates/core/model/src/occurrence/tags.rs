//! All tags of an occurrence.

use std::borrow::Cow;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Occurrence;

/// Maximum length of a tag's value in an error, in bytes.
pub const MAX_VALUE: usize = 60;

/// Returns a tag's value in the short form that errors keep: at most 60 bytes. A longer value keeps its beginning,
/// followed by `…` and eight digits of its hash, so that different values with the same beginning stay different. A
/// short form is not changed.
pub fn short_value(value: &str) -> Cow<'_, str> {
    if value.len() <= MAX_VALUE {
        return Cow::Borrowed(value);
    }
    let hash = Sha256::digest(value);
    let begin = &value[..value.floor_char_boundary(MAX_VALUE - 11)];
    Cow::Owned(format!("{begin}…{:02x}{:02x}{:02x}{:02x}", hash[0], hash[1], hash[2], hash[3]))
}

impl Occurrence {
    /// Returns the names and values by which the occurrence is counted and found: facts that are known for each
    /// occurrence (`level`, `environment`, `release`, `server_name`, `transaction`), facts from its contexts and its
    /// request (`browser`, `os`, `device`, `runtime`, `url`, named as in Sentry), and the tags that the client set. If
    /// a name occurs twice, the first one counts. The user is not a tag.
    pub fn all_tags(&self) -> Vec<(&str, Cow<'_, str>)> {
        let mut tags: Vec<(&str, Cow<'_, str>)> = vec![("level", self.level.as_str().into())];
        let facts = [
            ("environment", &self.environment),
            ("release", &self.release),
            ("server_name", &self.server_name),
            ("transaction", &self.transaction),
        ];
        tags.extend(facts.into_iter().filter_map(|(name, fact)| Some((name, fact.as_deref()?.into()))));
        let contexts = ["browser", "os", "runtime"];
        tags.extend(contexts.into_iter().filter_map(|name| Some((name, self.versioned(name)?))));
        tags.extend(self.device().map(|device| ("device", device.into())));
        tags.extend(self.url().map(|url| ("url", url.into())));
        let derived = tags.len();
        for (name, value) in &self.tags {
            if !tags[..derived].iter().any(|(taken, _)| taken == name) {
                tags.push((name, value.into()));
            }
        }
        tags.retain(|(_, value)| !value.trim().is_empty());
        tags
    }

    fn in_context(&self, context: &str, key: &str) -> Option<&str> {
        self.contexts.get(context)?.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    /// The name and the version of a context, such as `Firefox 131.0`.
    fn versioned(&self, context: &str) -> Option<Cow<'_, str>> {
        let name = self.in_context(context, "name");
        match (name, self.in_context(context, "version")) {
            (Some(name), Some(version)) => Some(format!("{name} {version}").into()),
            (Some(name), None) => Some(name.into()),
            // v1's clients send the operating system as a single text.
            (None, _) => self.in_context("context", context).map(Cow::from),
        }
    }

    fn device(&self) -> Option<&str> {
        self.in_context("device", "model").or_else(|| self.in_context("device", "family"))
    }

    /// The URL without its parameters, which differ from one request to the next.
    fn url(&self) -> Option<&str> {
        let url = self.request.get("url").and_then(Value::as_str)?;
        url.split(['?', '#']).next()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::id::EventId;
    use crate::occurrence::Source;
    use crate::time::Timestamp;

    fn occurrence(change: impl FnOnce(&mut Occurrence)) -> Occurrence {
        let now = Timestamp::from_seconds(1);
        let mut occurrence = Occurrence::new(EventId::from_bytes([0; 16]), Source::Sentry, now, now);
        change(&mut occurrence);
        occurrence
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Occurrence), expected: &[(&str, &str)]) {
        let occurrence = occurrence(change);
        let tags = occurrence.all_tags();
        let tags: Vec<_> = tags.iter().map(|(name, value)| (*name, value.as_ref())).collect();
        assert_eq!(tags[0], ("level", "error"));
        assert_eq!(&tags[1..], expected);
    }

    #[test]
    fn facts_contexts_and_the_request_are_tags() {
        let set = |contexts: Value| {
            move |occurrence: &mut Occurrence| occurrence.contexts = contexts.as_object().cloned().unwrap_or_default()
        };
        check(|_| {}, &[]);
        check(
            set(json!({ "browser": { "name": "Firefox", "version": "131.0" }, "os": { "name": "Windows" } })),
            &[("browser", "Firefox 131.0"), ("os", "Windows")],
        );
        check(
            set(json!({ "os": { "version": "11" }, "runtime": "CPython", "device": { "family": "Mac" } })),
            &[("device", "Mac")],
        );
        check(set(json!({ "device": { "family": "iPhone", "model": "iPhone14,2" } })), &[("device", "iPhone14,2")]);
        check(set(json!({ "context": { "os": "linux", "environment": "test" } })), &[("os", "linux")]);
        check(
            |occurrence| {
                occurrence.release = Some("1.2".to_owned());
                occurrence.server_name = Some("web-1".to_owned());
                occurrence.request.insert("url".to_owned(), "https://shop.test/cart?id=7#top".into());
                occurrence.user.insert("id".to_owned(), "7".into());
            },
            &[("release", "1.2"), ("server_name", "web-1"), ("url", "https://shop.test/cart")],
        );
    }

    #[test]
    fn a_client_s_tag_counts_unless_a_fact_has_its_name() {
        check(
            |occurrence| {
                occurrence.environment = Some("production".to_owned());
                for (name, value) in
                    [("environment", "x"), ("level", "x"), ("os", "BeOS"), ("plan", "gold"), ("z", " ")]
                {
                    occurrence.tags.insert(name.to_owned(), value.to_owned());
                }
            },
            &[("environment", "production"), ("os", "BeOS"), ("plan", "gold")],
        );
    }
}
