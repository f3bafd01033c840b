//! Arguments of command lines: `--token x`, `-u user:password`, `-pX` of MySQL.

use std::ops::Range;

use super::super::FILTERED;
use super::super::keys::Verdict;
use super::super::rules::Compiled;
use super::{cut, look, look_back, prose, sentence, value};

/// Finds the secret argument of the option whose dash is at `at`.
pub(super) fn option(text: &str, at: usize, rules: &Compiled) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if at > 0 && !matches!(bytes[at - 1], b' ' | b'"' | b'\'' | b'\n' | b'\t' | b'[') {
        return None;
    }
    let near = look(text, at, 80);
    let dashes = super::run(near, |byte| byte == b'-');
    let name =
        super::run(cut(near, dashes..), |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    let word = cut(near, dashes..dashes + name);
    if !(1..=2).contains(&dashes) || name == 0 {
        return None;
    }
    // A blank, or the comma and quotes of a printed list: `"--token", "x"`.
    let behind = at + dashes + name;
    let gap = gap(look(text, behind, 16));
    let start = behind + gap;
    if dashes == 1 {
        let line = look_back(text, at, 200);
        let runs = |programs: &[&str]| programs.iter().any(|program| line.contains(program));
        // `-p'x'`
        if word == "p" && gap == 0 && runs(&["mysql", "mariadb", "sshpass"]) {
            return value::quoted(text, behind).filter(|range| !cut(text, range.clone()).starts_with(FILTERED));
        }
        // `-uann:x`, `-sSu ann:x`
        if word.starts_with('u') && name > 1 && runs(&["curl"]) && cut(text, behind..).starts_with(':') {
            let end = argument_end(text, behind);
            return (!cut(text, at + 2..).starts_with(FILTERED)).then_some(at + 2..end);
        }
        if word.starts_with('p') && name >= 4 && runs(&["mysql", "mariadb", "sshpass", "7z", "unzip"]) {
            let is_flag = ["port", "protocol", "prompt", "plugin"].iter().any(|flag| word.starts_with(flag));
            return (!is_flag).then(|| at + 2..value::plain_end(text, at + 2, usize::MAX));
        }
        let is_user = (matches!(word, "u" | "user" | "U") || name <= 5 && word.ends_with('u'))
            && runs(&["curl", "http ", "http\"", "https ", "wget", "ab ", "k6"]);
        if is_user && gap > 0 {
            let end = argument_end(text, start);
            let argument = cut(text, start..end);
            let is_pair = argument.split_once(':').is_some_and(|(_, password)| !password.is_empty());
            return (is_pair && !argument.starts_with(FILTERED)).then_some(start..end);
        }
        let is_secret = gap > 0
            && (matches!(word, "a" | "-pass") && runs(&["redis-cli"])
                || word == "p"
                    && runs(&[
                        "docker login",
                        "sshpass",
                        "podman login",
                        "az login",
                        "mongo",
                        "cf login",
                        "\"login\"",
                    ])
                || word == "w" && runs(&["ldap"])
                || word == "P" && runs(&["sqlcmd", "bcp ", "isql", "tsql"])
                || name > 3 && is_secret(rules.verdict(word)));
        let end = argument_end(text, start);
        return (is_secret && is_argument(cut(text, start..end), Verdict::Secret)).then_some(start..end);
    }
    let is_login = matches!(word, "user" | "proxy-user");
    let given = usize::from(is_login && cut(text, behind..).starts_with('='));
    let start = start + given;
    if gap + given == 0 || cut(text, start..).starts_with(FILTERED) {
        return None;
    }
    let verdict = rules.verdict(word);
    if is_login {
        let end = argument_end(text, start);
        let argument = cut(text, start..end);
        return (look_back(text, at, 200).contains("curl") && argument.contains(':') && !argument.ends_with(':'))
            .then_some(start..end);
    }
    if !is_secret(verdict) || word.starts_with("no-") || is_switch(word) {
        return None;
    }
    let end = argument_end(text, start);
    (is_argument(cut(text, start..end), verdict)).then_some(start..end)
}

fn is_secret(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Secret | Verdict::SecretText | Verdict::Pin)
}

/// Returns whether an option with such a name does not take a secret as its argument: `--password-stdin`, `--ask-pass`.
fn is_switch(word: &str) -> bool {
    ["stdin", "prompt", "file", "ask", "env", "command", "from"]
        .iter()
        .any(|part| word.split(['-', '_']).any(|known| known == *part))
}

/// Returns whether the text after an option is its value, and not the next option or the rest of a sentence.
fn is_argument(argument: &str, verdict: Verdict) -> bool {
    !is_placeholder(argument)
        && !argument.starts_with('-')
        && !argument.starts_with('|')
        && !prose::is_harmless(argument, verdict)
        && !sentence::is_prose(argument)
}

/// Returns whether the argument is a placeholder of a usage text, such as `--token TOKEN]`.
fn is_placeholder(argument: &str) -> bool {
    let word = argument.trim_end_matches([']', ')', ',', '.', '>']);
    !word.is_empty()
        && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        && super::super::keys::verdict(word) != Verdict::Open
}

/// Returns the number of bytes between an option and its argument: a blank, or the comma and quotes of a printed list.
fn gap(after: &str) -> usize {
    let unquoted = after.trim_start_matches(['"', '\'', '\\', ',']);
    let quotes = after.len() - unquoted.len();
    let blanks = super::run(unquoted, |byte| byte == b' ');
    if blanks == 0 && !cut(after, ..quotes).contains(',') || blanks > 4 {
        return 0;
    }
    let rest = cut(unquoted, blanks..);
    let opened = rest.len() - rest.trim_start_matches(['"', '\'', '\\']).len();
    quotes + blanks + opened
}

fn argument_end(text: &str, start: usize) -> usize {
    // A quoted argument may contain blanks.
    if let Some(mark @ (b'"' | b'\'')) = start.checked_sub(1).map(|before| text.as_bytes()[before]) {
        return start + super::run(cut(text, start..), |byte| byte != mark && byte != b'\n');
    }
    start + super::run(cut(text, start..), |byte| !byte.is_ascii_whitespace() && !matches!(byte, b'"' | b'\'' | b'`'))
}
