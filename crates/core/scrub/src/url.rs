//! Secrets in URLs that no key names.

/// The length from which on a part of a path can be a token.
const MIN_TOKEN: usize = 16;

/// Where in `text`, which is a link that is as good as a secret, parts of its path are tokens by their look.
pub(super) fn tokens(text: &str) -> Vec<std::ops::Range<usize>> {
    let path = text.split(['?', '#']).next().unwrap_or(text);
    let mut start = path.find("://").map_or(0, |at| at + 3);
    let mut found = Vec::new();
    for part in path.get(start..).unwrap_or_default().split('/') {
        let end = start + part.len();
        if is_token(part) {
            found.push(start..end);
        }
        start = end + 1;
    }
    found
}

/// Letters and digits together in a long word without the points of a host.
pub(super) fn is_token(part: &str) -> bool {
    part.len() >= MIN_TOKEN
        && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=' | b'~' | b'%'))
        && part.bytes().any(|byte| byte.is_ascii_digit())
        && part.bytes().any(|byte| byte.is_ascii_alphabetic())
}
