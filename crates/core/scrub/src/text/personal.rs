//! Personal data that a project wants replaced. It is recognised by its form only.

use std::net::IpAddr;
use std::ops::Range;

use super::super::rules::Personal;
use super::{cut, look, run};

/// Adds the ranges in `text` that contain data of these `kinds`.
pub(super) fn find(text: &str, kinds: &[Personal], found: &mut Vec<Range<usize>>) {
    for kind in kinds {
        match kind {
            Personal::Email => emails(text, found),
            Personal::Ip => {
                words(text, 45, |byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':'), address, found)
            }
            Personal::Iban => ibans(text, found),
            Personal::Phone => phones(text, found),
            Personal::Ssn => words(text, 11, |byte| byte.is_ascii_digit() || byte == b'-', ssn, found),
        }
    }
}

/// Adds the ranges that `part` finds in words of at most `most` bytes that are all `inner`.
fn words(
    text: &str,
    most: usize,
    inner: impl Fn(u8) -> bool,
    part: impl Fn(&str) -> Option<Range<usize>>,
    found: &mut Vec<Range<usize>>,
) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let length = run(text.get(at..).unwrap_or_default(), &inner);
        // As a part of a longer word it means something else.
        let alone = (at == 0 || !is_word(bytes[at - 1])) && bytes.get(at + length).is_none_or(|&byte| !is_word(byte));
        // The word may be followed by a port or the end of a sentence.
        if length > 0
            && length <= most + 7
            && alone
            && let Some(range) = part(cut(text, at..at + length))
        {
            found.push(at + range.start..at + range.end);
        }
        at += length.max(1);
        while !text.is_char_boundary(at) {
            at += 1;
        }
    }
}

fn is_word(byte: u8) -> bool {
    super::is_word(byte) || byte >= 0x80
}

fn address(word: &str) -> Option<Range<usize>> {
    let start = word.len() - word.trim_start_matches('.').len();
    let word = cut(word, start..).trim_end_matches('.');
    let is_address =
        |part: &str| part.parse::<IpAddr>().is_ok_and(|address| !address.is_unspecified() && !address.is_loopback());
    let ends = [Some(word.len()), word.strip_suffix(':').map(str::len), word.rfind(':')];
    let end = ends.into_iter().flatten().find(|&end| is_address(cut(word, ..end)))?;
    Some(start..start + end)
}

fn ssn(word: &str) -> Option<Range<usize>> {
    let parts: Vec<&str> = word.split('-').collect();
    let [area, group, serial] = parts.as_slice() else { return None };
    let lengths = (area.len(), group.len(), serial.len()) == (3, 2, 4);
    // Numbers that are never issued are excluded.
    let given = *area != "000" && *area != "666" && !area.starts_with('9') && *group != "00" && *serial != "0000";
    (lengths && given).then_some(0..word.len())
}

fn emails(text: &str, found: &mut Vec<Range<usize>>) {
    let local = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-' | b'\'') || byte >= 0x80
    };
    for (at, _) in text.match_indices('@') {
        let before = super::look_back(text, at, 64);
        let name = before.bytes().rev().take_while(|&byte| local(byte)).count();
        let after = look(text, at + 1, 253);
        let host = run(after, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-') || byte >= 0x80);
        let host = cut(after, ..host).trim_end_matches(['.', '-']);
        let last = host.rsplit('.').next().unwrap_or_default();
        let is_host = host.contains('.') && last.len() >= 2 && !last.bytes().any(|byte| byte.is_ascii_digit());
        if name > 0 && is_host {
            let mut start = at - name;
            while !text.is_char_boundary(start) {
                start += 1;
            }
            found.push(start..at + 1 + host.len());
        }
    }
}

fn ibans(text: &str, found: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    for at in 0..bytes.len().saturating_sub(14) {
        let begins = bytes[at].is_ascii_uppercase()
            && bytes[at + 1].is_ascii_uppercase()
            && bytes[at + 2].is_ascii_digit()
            && bytes[at + 3].is_ascii_digit()
            && (at == 0 || !is_word(bytes[at - 1]));
        if begins && let Some(length) = iban(look(text, at, 48)) {
            found.push(at..at + length);
        }
    }
}

/// Returns the length of the account number at the start of `text`, with or without blanks between groups of four.
fn iban(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut letters = Vec::new();
    let mut longest = None;
    for (index, &byte) in bytes.iter().enumerate() {
        match byte {
            b'A'..=b'Z' | b'0'..=b'9' => letters.push(byte),
            b' ' | b'-' if letters.len() % 4 == 0 => continue,
            _ => break,
        }
        let ends = bytes.get(index + 1).is_none_or(|byte| !byte.is_ascii_alphanumeric());
        if ends && (15..=34).contains(&letters.len()) && is_right(&letters) {
            longest = Some(index + 1);
        }
    }
    longest
}

/// Checks the digits by ISO 7064, modulo 97, with the first four moved to the end.
fn is_right(letters: &[u8]) -> bool {
    let rest = letters[4..].iter().chain(&letters[..4]).fold(0u32, |rest, &letter| {
        let digit = char::from(letter).to_digit(36).unwrap_or_default();
        (rest * if digit > 9 { 100 } else { 10 } + digit) % 97
    });
    rest == 1
}

fn phones(text: &str, found: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let begins = bytes[at] == b'+' || bytes[at..].starts_with(b"00");
        if !begins || at > 0 && (is_word(bytes[at - 1]) || matches!(bytes[at - 1], b'.' | b'-' | b'+')) {
            at += 1;
            continue;
        }
        let near = look(text, at + 1, 24);
        let inner = |byte: u8| byte.is_ascii_digit() || matches!(byte, b' ' | b'-' | b'/' | b'(' | b')' | b'.');
        let number = cut(near, ..run(near, inner)).trim_end_matches(|letter: char| !letter.is_ascii_digit());
        let digits = number.bytes().filter(u8::is_ascii_digit).count();
        let ends = bytes.get(at + 1 + number.len()).is_none_or(|&byte| !is_word(byte));
        // Excludes the offset of a time zone, and numbers padded with zeros.
        if ends
            && (8..=16).contains(&digits)
            && number.starts_with(|first: char| matches!(first, '0'..='9' | '('))
            && !(bytes[at] == b'0' && number.starts_with("00"))
        {
            found.push(at..at + 1 + number.len());
            at += number.len();
        }
        at += 1;
    }
}
