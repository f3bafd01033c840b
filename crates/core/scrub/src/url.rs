//! Secrets in URLs that have no name.

/// The fewest bytes of a path segment that can be a token.
const MIN_TOKEN: usize = 16;

/// Returns the path segments of the link `text` that look like tokens. The link's name says that it may contain a
/// secret.
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

/// Returns whether a path segment is long and has letters and digits, and no points as a host has.
pub(super) fn is_token(part: &str) -> bool {
    part.len() >= MIN_TOKEN
        && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=' | b'~' | b'%'))
        && part.bytes().any(|byte| byte.is_ascii_digit())
        && part.bytes().any(|byte| byte.is_ascii_alphabetic())
}
