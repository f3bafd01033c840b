//! Email addresses, URLs, hosts and IP addresses.

use std::net::Ipv6Addr;

use super::Match;
use super::cursor::{Cursor, is_word};

/// Common top-level domains, as in Sentry's grouping.
const DOMAINS: [&str; 100] = [
    "ae", "al", "app", "ar", "at", "au", "be", "bg", "biz", "br", "by", "ca", "cat", "cc", "cf", "ch", "cl", "club",
    "cn", "co", "com", "cz", "de", "dk", "edu", "ee", "es", "eu", "fi", "fm", "fr", "ga", "gov", "gq", "gr", "hk",
    "hr", "hu", "id", "ie", "il", "in", "info", "io", "ir", "is", "it", "jobs", "jp", "kr", "kz", "la", "link", "lt",
    "lv", "ly", "me", "mobi", "ms", "mx", "my", "net", "news", "ng", "nl", "no", "nz", "online", "org", "pe", "ph",
    "pl", "pro", "pt", "ro", "rs", "ru", "sa", "se", "sg", "si", "site", "sk", "th", "tips", "tk", "to", "tr", "tv",
    "tw", "ua", "ug", "uk", "us", "vn", "wiki", "xxx", "xyz", "za", "local",
];
/// Top-level domains that are just as likely a word in code or a file extension: `user.id`, `main.rs`. A host in one of
/// them needs at least three labels.
const WORDS: [&str; 28] = [
    "al", "app", "at", "be", "by", "cat", "cc", "id", "in", "info", "is", "it", "jobs", "la", "link", "local", "me",
    "ms", "my", "news", "no", "online", "pl", "pro", "rs", "site", "to", "us",
];

/// Matches email addresses. It remembers the end of the characters that can precede an `@`, so that a long word is read
/// once, and not once from each of its letters.
#[derive(Default)]
pub(super) struct Emails {
    run_end: usize,
}

impl Emails {
    pub(super) fn find(&mut self, cursor: Cursor<'_>) -> Match {
        if cursor.at() < self.run_end {
            return None;
        }
        let is_local =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-') || byte >= 0x80;
        let length = cursor.run(usize::MAX, is_local);
        self.run_end = cursor.at() + length;
        if length == 0 {
            return None;
        }
        let mut domain = cursor.skip(length)?.byte(b"@")?;
        let label = |cursor: Cursor<'_>| cursor.run(usize::MAX, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let first = label(domain);
        if first == 0 {
            return None;
        }
        let host = &domain.rest()[..first];
        let mut last = host;
        domain = domain.skip(first)?;
        let mut labels = 1;
        while let Some(next) = domain.byte(b".") {
            match label(next) {
                0 => break,
                length => {
                    last = &next.rest()[..length];
                    labels += 1;
                    domain = next.skip(length)?;
                }
            }
        }
        // `Cart@1a2b` is an object in Java, whereas a host has a name.
        let is_identity =
            host.len() <= 16 && host.iter().all(u8::is_ascii_hexdigit) && host.iter().any(u8::is_ascii_digit);
        let is_common = DOMAINS.iter().any(|domain| domain.as_bytes().eq_ignore_ascii_case(last));
        let is_host =
            labels > 1 && last.len() > 1 && last.iter().any(u8::is_ascii_alphabetic) && (!is_identity || is_common);
        (is_host || labels == 1 && last.eq_ignore_ascii_case(b"localhost")).then(|| domain.at())
    }
}

/// Matches `http(s)`, `ws(s)` and `ftp` URLs, up to the next white space.
pub(super) fn url(cursor: Cursor<'_>) -> Match {
    if !matches!(cursor.peek(), Some(b'h' | b'w' | b'f')) {
        return None;
    }
    let rest = cursor.word(&["https", "http", "wss", "ws", "ftp"])?.text("://")?;
    // Checked first, so that a text that is not a URL is not read again from each of its beginnings.
    rest.peek().filter(|byte| !matches!(byte, b'/' | b'$' | b'.' | b'?' | b'#'))?;
    let length = rest.run(usize::MAX, |byte| !byte.is_ascii_whitespace());
    (length > 1).then(|| rest.skip(length)).flatten().map(Cursor::at)
}

/// Matches labels that end in a common top-level domain in one case.
pub(super) fn hostname(cursor: Cursor<'_>) -> Match {
    let (mut next, mut labels, mut found) = (cursor, 0, None);
    loop {
        let length = next.run(64, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
        // A host name has at most 253 bytes. Without a limit a long text would be read again from each of its points.
        if !(1..=63).contains(&length) || next.at() - cursor.at() > 253 {
            break;
        }
        let label = &next.rest()[..length];
        labels += 1;
        next = next.skip(length)?;
        if labels > 1 && next.boundary().is_some() && is_domain(label, labels) {
            found = Some(next.at());
        }
        match next.byte(b".") {
            Some(after) => next = after,
            None => break,
        }
    }
    found
}

fn is_domain(label: &[u8], labels: usize) -> bool {
    let one_case = label.iter().all(u8::is_ascii_lowercase) || label.iter().all(u8::is_ascii_uppercase);
    if !one_case || !(2..=6).contains(&label.len()) {
        return false;
    }
    let mut lower = [0; 6];
    let lower = &mut lower[..label.len()];
    lower.copy_from_slice(label);
    lower.make_ascii_lowercase();
    let is_one_of = |list: &[&str]| list.iter().any(|domain| domain.as_bytes() == lower);
    is_one_of(&DOMAINS) && (labels > 2 || !is_one_of(&WORDS))
}

/// Matches an IP address of either version, optionally with a prefix length.
pub(super) fn ip(cursor: Cursor<'_>) -> Match {
    if cursor.before().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return None;
    }
    let end = v4(cursor).or_else(|| v6(cursor))?;
    let after = cursor.skip(end - cursor.at())?;
    let network = after.byte(b"/").and_then(|slash| slash.digits(1, 3)?.1.boundary());
    network.or(Some(end))
}

fn v4(cursor: Cursor<'_>) -> Match {
    let mut next = cursor;
    for part in 0..4 {
        if part > 0 {
            next = next.byte(b".")?;
        }
        let (number, after) = next.digits(1, 3)?;
        (number <= 255).then_some(())?;
        next = after;
    }
    next.boundary()
}

fn v6(cursor: Cursor<'_>) -> Match {
    // A cheap check first: most words have no colon near their beginning.
    let digits = cursor.run(5, |byte| byte.is_ascii_hexdigit());
    if digits > 4 || cursor.rest().get(digits) != Some(&b':') {
        return None;
    }
    let length = cursor.run(46, |byte| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.');
    let mut text = std::str::from_utf8(&cursor.rest()[..length]).ok()?;
    loop {
        let after = cursor.rest().get(text.len()).copied();
        let has_digit = text.bytes().any(|byte| byte.is_ascii_digit()) || text == "::";
        if has_digit && !after.is_some_and(is_word) && text.parse::<Ipv6Addr>().is_ok() {
            return Some(cursor.at() + text.len());
        }
        // Punctuation after the address does not belong to it.
        text = text.strip_suffix(['.', ':'])?;
    }
}
