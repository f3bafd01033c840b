use percent_encoding::percent_decode_str;
use rules::{Secret, Target};
use url::Url;

use super::text::{clean, cut};

/// What of a target must not be in any text. An answer may quote the request in a form of its own.
pub(super) struct Secrets(Vec<String>);

/// The shortest text that is taken for a secret: anything shorter is found in every answer, and guards nothing.
const MIN_SECRET_BYTES: usize = 4;
/// The longest excerpt of an answer, in characters.
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
            }
            Target::GitHub(github) => secrets.add(github.user_token.reveal()),
            Target::GitLab(gitlab) => secrets.add(gitlab.personal_access_token.reveal()),
            Target::Mail(_) => {}
        }
        // The longest first: a part must not spoil the whole.
        secrets.0.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.0.dedup();
        secrets
    }

    /// The beginning of what `body` says, on one line, with `[Filtered]` where a secret stood.
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

    /// A URL as it was written and as it is sent, its path and query, and every part of them: in an answer each may stand
    /// alone.
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

    /// A secret, as it is and without its percent escapes.
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

/// `text` with `[Filtered]` for every occurrence of `secret`, in either case of ASCII letters.
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
