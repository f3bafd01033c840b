use percent_encoding::percent_decode_str;
use rules::{Secret, Target};
use url::Url;

use super::text::{clean, cut};

/// The parts of a target that must not appear in any text. An answer may quote parts of the request in another form.
pub(super) struct Secrets(Vec<String>);

/// Minimum length of a secret, in bytes. Anything shorter would be found in every answer, and protects nothing.
const MIN_SECRET_BYTES: usize = 4;
/// Maximum length of an excerpt of an answer, in characters.
const MAX_EXCERPT_CHARS: usize = 200;

impl Secrets {
    pub(super) fn of(target: &Target) -> Self {
        let mut secrets = Self(Vec::new());
        match target {
            Target::Slack(slack) => secrets.add_url(&slack.endpoint),
            Target::Discord(hook) | Target::Teams(hook) => secrets.add_url(&hook.endpoint),
            Target::Webhook(webhook) => {
                secrets.add_url(&webhook.endpoint);
                webhook.secret.iter().for_each(|secret| secrets.add(secret.reveal()));
                if let Some(header) = &webhook.authorization {
                    secrets.add(header.reveal());
                    // An answer may quote the token without `Bearer`.
                    header.reveal().split(' ').skip(1).for_each(|word| secrets.add(word));
                }
            }
            Target::PagerDuty(target) => secrets.add(target.routing_key.reveal()),
            Target::Opsgenie(target) => secrets.add(target.api_key.reveal()),
            Target::IncidentIo(target) => {
                secrets.add_url(&target.endpoint);
                secrets.add(target.token.reveal());
            }
            Target::GitHub(github) => secrets.add(github.user_token.reveal()),
            Target::GitLab(gitlab) => secrets.add(gitlab.personal_access_token.reveal()),
            Target::Email(_) => {}
        }
        // The longest first: replacing a part of a secret first would leave the rest of it.
        secrets.0.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.0.dedup();
        secrets
    }

    /// Returns the beginning of `body` on one line, with `[Filtered]` in place of secrets.
    pub(super) fn excerpt(&self, body: &[u8]) -> String {
        let text = self.filter(&String::from_utf8_lossy(body));
        let words: Vec<&str> = text.split_whitespace().collect();
        cut(&clean(&words.join(" ")), MAX_EXCERPT_CHARS).into_owned()
    }

    fn filter(&self, text: &str) -> String {
        // JSON may write a slash as `\/`.
        let mut text = text.replace("\\/", "/");
        for secret in &self.0 {
            text = replace_secret(&text, secret);
        }
        text
    }

    /// Adds a URL as it was written and as it is sent, its path and query, and each part of them, because an answer may
    /// contain any of these alone.
    fn add_url(&mut self, url: &Secret) {
        self.add(url.reveal());
        let Ok(url) = Url::parse(url.reveal()) else { return };
        self.add(url.as_str());
        self.add(&url[url::Position::BeforePath..]);
        self.add(url.path());
        url.path().split('/').for_each(|part| self.add(part));
        for (_, value) in url.query_pairs() {
            self.add(&value);
        }
        for part in url.query().unwrap_or_default().split(['&', '=']) {
            self.add(part);
        }
        self.add(url.username());
        self.add(url.password().unwrap_or_default());
    }

    /// Adds a secret, as it is and percent-decoded.
    fn add(&mut self, secret: &str) {
        let decoded = percent_decode_str(secret).decode_utf8_lossy();
        for form in [secret, decoded.as_ref()] {
            let form = form.trim();
            if form.len() >= MIN_SECRET_BYTES {
                self.0.push(form.to_owned());
            }
        }
    }
}

/// Replaces every occurrence of `secret` in `text` with `[Filtered]`, ignoring the case of ASCII letters.
fn replace_secret(text: &str, secret: &str) -> String {
    let haystack = text.to_ascii_lowercase();
    let needle = secret.to_ascii_lowercase();
    let mut written = String::with_capacity(text.len());
    let mut at = 0;
    for (start, found) in haystack.match_indices(&needle) {
        written.push_str(&text[at..start]);
        written.push_str("[Filtered]");
        at = start + found.len();
    }
    written.push_str(&text[at..]);
    written
}
