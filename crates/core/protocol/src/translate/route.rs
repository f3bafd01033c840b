//! Names of routes in place of paths.

use std::borrow::Cow;

/// The most segments of a path that are looked at, and the longest path.
const MAX_SEGMENTS: usize = 12;
const MAX_PATH: usize = 200;

/// Replaces identifiers in a path by `{id}`, so that all requests of a route have one name: `POST /carts/4711/total`
/// becomes `POST /carts/{id}/total`. Texts that are not a path, alone or after a method, stay as they are.
pub(crate) fn template_route(text: &str) -> Cow<'_, str> {
    let (method, path) = match text.split_once(' ') {
        Some((method, path)) if method.bytes().all(|byte| byte.is_ascii_uppercase()) => (method, path),
        _ => ("", text),
    };
    if !path.starts_with('/') || path.contains(char::is_whitespace) {
        return Cow::Borrowed(text);
    }
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let (mut out, mut is_changed) = (String::with_capacity(text.len()), path.len() != text.len());
    if !method.is_empty() {
        out.push_str(method);
        out.push(' ');
    }
    for (index, segment) in path.split('/').enumerate() {
        if index > MAX_SEGMENTS || out.len() > MAX_PATH {
            is_changed = true;
            out.push('…');
            break;
        }
        if index > 0 {
            out.push('/');
        }
        if is_identifier(segment) {
            is_changed = true;
            out.push_str("{id}");
        } else {
            out.push_str(segment);
        }
    }
    if is_changed { Cow::Owned(out) } else { Cow::Borrowed(text) }
}

fn is_identifier(segment: &str) -> bool {
    let bytes = segment.as_bytes();
    let has_digit = bytes.iter().any(u8::is_ascii_digit);
    if !has_digit {
        return segment.contains('@') && segment.contains('.');
    }
    let all = |is: fn(&u8) -> bool| bytes.iter().all(is);
    // Numbers, UUIDs, hashes and dates.
    if all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b':' | b'_'))
        || (bytes.len() >= 8 && all(|byte| byte.is_ascii_hexdigit() || *byte == b'-'))
        || segment.contains('@')
    {
        return true;
    }
    // ULIDs, KSUIDs, cuids and base64: long, without words.
    let mixed = bytes.iter().any(u8::is_ascii_uppercase) && bytes.iter().any(u8::is_ascii_lowercase);
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=' | b'~');
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    bytes.len() >= 16
        && all(word as fn(&u8) -> bool)
        && (mixed || (bytes.len() >= 20 && digits >= 3 && !segment.contains(['-', '_'])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(template_route(text), expected);
        assert_eq!(template_route(expected), expected, "again");
    }

    #[test]
    fn identifiers_are_replaced() {
        check("/cart/4711", "/cart/{id}");
        check("POST /carts/4711/total", "POST /carts/{id}/total");
        check("/v1/users/6f1c2d3e-aaaa-4bbb-8ccc-0123456789ab", "/v1/users/{id}");
        check("/files/deadbeef01", "/files/{id}");
        check("/log/2026-11-02/12:30", "/log/{id}/{id}");
        check("/u/ann@example.org/x", "/u/{id}/x");
        check("/s/cmx0url020001336l8kjky858", "/s/{id}");
        check("/s/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/s/{id}");
        check("/t/dGhpcyBpcyBhIHRva2VuMQ==", "/t/{id}");
        check("/cart/4711?full=1#top", "/cart/{id}");
    }

    #[test]
    fn words_stay() {
        for text in [
            "/",
            "/v2/carts/total",
            "/de-DE/oauth2/callback",
            "/posts/how-to-use-http2-in-practice",
            "checkout#total",
            "nightly 2026",
            "carts/4711",
            "see /cart/4711",
            "",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn long_paths_are_cut() {
        let route = template_route(&"/a".repeat(1_000)).into_owned();
        assert_eq!(route, "/a".repeat(12) + "…");
        assert!(template_route(&format!("/{}/b", "x".repeat(1_000))).len() < 1_010);
    }
}
