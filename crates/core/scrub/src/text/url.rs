//! Users and passwords in URLs and connection strings.

use std::ops::Range;

use super::{cut, look, look_back};

/// The most bytes of a URL that are read.
const MAX_LOOK: usize = 512;

/// Finds the user in a URL whose authority begins at `start`: `user:password@`, or only a key as in a DSN.
///
/// People put passwords into URLs without encoding them. A text that looks like `user:password` extends to the last `@`
/// before a blank or quote, even if it contains `/`, `#` or `?`.
pub(super) fn user(text: &str, start: usize) -> Option<Range<usize>> {
    let rest = look(text, start, MAX_LOOK);
    let url = cut(rest, ..rest.find(ends_url).unwrap_or(rest.len()));
    let authority = cut(url, ..url.find(['/', '?', '#', ',', ')']).unwrap_or(url.len()));
    let scheme = cut(text, ..start).trim_end_matches("://");
    let scheme = super::tail(scheme, |byte| byte.is_ascii_alphanumeric() || byte == b'+');
    if let Some(length) = authority.rfind('@') {
        // A shared account, such as `git`, reveals nothing.
        let is_login = !cut(authority, ..length).contains(':')
            && (matches!(scheme, "ssh" | "git+ssh" | "ssh+git" | "svn+ssh" | "sftp" | "rsync" | "git")
                || cut(authority, ..length) == "git");
        return (length > 0 && !is_login).then(|| start..start + length);
    }
    let (_, password) = authority.split_once(':')?;
    let is_port = !password.is_empty() && password.bytes().all(|byte| byte.is_ascii_digit());
    if authority.starts_with('[')
        || is_port
        || password.is_empty() && !cut(url, authority.len()..).starts_with(['#', '?'])
    {
        return None;
    }
    let length = url.rfind('@')?;
    let host = url.as_bytes().get(length + 1)?;
    host.is_ascii_alphanumeric().then(|| start..start + length)
}

fn ends_url(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '"' | '\'' | '<' | '>' | '`' | '\\')
}

/// Finds `user:password@host` without a scheme, or Oracle's `user/password@host`. The `@` is at `at`.
pub(super) fn bare_user(text: &str, at: usize) -> Option<Range<usize>> {
    let before = look_back(text, at, 128);
    let ends = |letter: char| ends_url(letter) || matches!(letter, ',' | ';' | '(' | '[' | '{' | '=' | '&' | '|');
    let word = before.rsplit(ends).next()?;
    let start = at - word.len();
    let after = look(text, at + 1, 128);
    let after = if word.starts_with("jdbc:") { after.trim_start_matches('/') } else { after };
    let host = cut(
        after,
        ..super::run(after, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':')),
    );
    if word.contains("://") || !host.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return None;
    }
    if let Some(oracle) = word.strip_prefix("jdbc:oracle:thin:").or_else(|| word.strip_prefix("jdbc:oracle:oci:")) {
        return oracle.contains('/').then(|| at - oracle.len()..at);
    }
    // A URL without a scheme: `//ann:…@host`.
    let (start, word) = word.strip_prefix("//").map_or((start, word), |rest| (start + 2, rest));
    // `sqlplus scott/tiger@orcl`
    if let Some((_, password)) = word.split_once('/') {
        let line = look_back(text, start, 64);
        let is_oracle = ["sqlplus", "sqlldr", "expdp", "impdp", "rman"].iter().any(|program| line.contains(program));
        return (is_oracle && !password.is_empty() && !word.contains(':')).then_some(start..at);
    }
    let (user, password) = word.split_once(':')?;
    let is_user =
        !user.is_empty() && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    let label = user.to_ascii_lowercase();
    let is_label = LABELS.contains(&label.as_str())
        || ["mail", "user", "npm"].iter().any(|ending| label.ends_with(ending))
        || super::super::keys::verdict(user) != super::super::keys::Verdict::Open;
    let port = host
        .rsplit_once(':')
        .is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    let goes_on = port || cut(after, host.len()..).starts_with(['/', '(']);
    // `12:30@host` and `file.js:10@v1.2` are times and positions; `react:18@x` is a version.
    let is_number = password.bytes().all(|byte| byte.is_ascii_digit() || byte == b':' || byte == b'.');
    let mixed = password.bytes().any(|byte| byte.is_ascii_digit())
        && password.bytes().any(|byte| byte.is_ascii_alphabetic())
        || password.bytes().any(|byte| matches!(byte, b'!' | b'$' | b'%' | b'*' | b'#' | b'^'));
    let is_package = host.starts_with(|first: char| first.is_ascii_digit()) && !port;
    (is_user
        && !is_label
        && !is_number
        && password.len() >= 3
        && !is_package
        && (goes_on || mixed)
        && !password.contains(':'))
    .then_some(start..at)
}

/// Words that can be before an address and a colon without being its user.
const LABELS: [&str; 24] = [
    "mailto",
    "to",
    "from",
    "cc",
    "bcc",
    "sender",
    "recipient",
    "login",
    "account",
    "contact",
    "sip",
    "sips",
    "xmpp",
    "acct",
    "pkg",
    "ssh",
    "http",
    "https",
    "at",
    "for",
    "by",
    "im",
    "author",
    "webpack",
];

/// Finds the token in the path of a link that gives access to anyone who has it: `/reset-password/…`, `/verify/…`. The
/// path segment that names its purpose begins at `at`.
pub(super) fn path_token(text: &str, at: usize) -> Option<Range<usize>> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=' | b'~' | b'%' | b'.');
    let near = look(text, at, 64);
    let part = cut(near, ..super::run(near, is_part));
    let opens = ["reset", "verify", "magic", "activate"].iter().any(|word| part.starts_with(word))
        || part.starts_with("password") && part.contains("reset");
    if !opens || !cut(text, ..at).ends_with('/') {
        return None;
    }
    let mut start = at + part.len();
    for _ in 0..2 {
        if text.as_bytes().get(start) != Some(&b'/') {
            return None;
        }
        start += 1;
        let end = start + super::run(cut(text, start..), is_part);
        if super::super::url::is_token(cut(text, start..end)) {
            return Some(start..end);
        }
        // `/reset/password/…`
        if end - start > 16 {
            return None;
        }
        start = end;
    }
    None
}
