//! What stands where a secret would and is none: placeholders, counts, states, and sentences about secrets.

use super::super::FILTERED;
use super::super::keys::Verdict;

/// Values that are no secrets, of whatever name: none, a placeholder, a count, an object's description.
pub(super) fn says_nothing(value: &str, verdict: Verdict) -> bool {
    super::work::count(value.len());
    value.is_empty()
        || value.starts_with(FILTERED)
        || is_none(value)
        || is_count(value, verdict)
        || is_placeholder(value)
        || value.bytes().all(|byte| {
            matches!(byte, b'*' | b'.' | b'-' | b'=' | b'>' | b'<' | b'|' | b'!' | b'+' | b'/' | b'\\' | b':')
        })
}

/// Words that say there is no secret.
fn is_none(value: &str) -> bool {
    matches!(
        value,
        "None"
            | "null"
            | "NULL"
            | "nil"
            | "undefined"
            | "true"
            | "false"
            | "True"
            | "False"
            | "TRUE"
            | "FALSE"
            | "YES"
            | "NO"
            | "yes"
            | "no"
            | "Yes"
            | "No"
            | "?"
            | "%s"
            | "%r"
            | "%d"
            | "%v"
            | "%q"
            | "[Filtered"
            | "Nothing"
            | "NaN"
            | "N/A"
            | "n/a"
            | "include"
            | "omit"
            | "same-origin"
            | "''"
            | "\"\""
    )
}

/// Numbers under a name that may speak of many: `tokens=17`. A PIN has four digits.
fn is_count(value: &str, verdict: Verdict) -> bool {
    let most = match verdict {
        Verdict::SecretText => 5,
        Verdict::Pin => 3,
        _ => 0,
    };
    value.len() <= most && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `value` at a key of this kind is harmless, be it in a text or alone.
pub(in crate::scrub) fn is_harmless(value: &str, verdict: Verdict) -> bool {
    says_nothing(value, verdict) || matches!(verdict, Verdict::SecretText | Verdict::Pin) && is_state(value)
}

/// `$PASSWORD`, `${DB_PASS}`, `{token}`, `{{ token }}`, `<password>`, `[REDACTED]`, `(null)`, `:password`, `%(pw)s`, `$1`: what
/// something else is put in for.
pub(super) fn is_placeholder(value: &str) -> bool {
    let words = |inner: &str| {
        inner.len() <= 40
            && inner.bytes().any(|byte| byte.is_ascii_alphabetic())
            && inner.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b' ' | b'_' | b'-' | b'.'))
    };
    let between = |open: &str, close: &str| {
        value
            .strip_prefix(open)
            .and_then(|inner| inner.strip_suffix(close))
            .is_some_and(|inner| words(inner) || is_object(inner))
    };
    match value.as_bytes().first() {
        Some(b'$') => {
            let name = &value[1..];
            let is_digits = !name.is_empty() && name.len() <= 2 && name.bytes().all(|byte| byte.is_ascii_digit());
            let is_constant = name.len() >= 3
                && name.bytes().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'0'..=b'9'));
            is_digits
                || is_constant
                || is_name_of_secret(name)
                || between("${", "}")
                || between("${{", "}}")
                || between("$(", ")")
        }
        Some(b'{') => between("{", "}") || between("{{", "}}") || value == "{}" || value == "{0}" || value == "{1}",
        Some(b'<') => between("<", ">"),
        Some(b'[') => between("[", "]") || value == "[]",
        Some(b'(') => between("(", ")"),
        Some(b':' | b'@') => is_name_of_secret(&value[1..]),
        Some(b'%') => between("%(", ")s") || between("%", "%"),
        Some(b'#') => value.starts_with("#{") && value.ends_with('}') || value.starts_with("#<"),
        Some(_) | None => false,
    }
}

/// `Token object at 0x7f00`: what Python says of an object that does not say anything.
fn is_object(inner: &str) -> bool {
    inner.contains(" at 0x") || inner.contains(" object")
}

/// A plain name that names a secret, as variables of one are called.
fn is_name_of_secret(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && super::super::keys::verdict(name) != Verdict::Open
}

/// Words for the state or kind of a token, session or cookie, which such names hold as often as the thing itself.
fn is_state(value: &str) -> bool {
    const STATES: &[&str] = &[
        "accepted",
        "active",
        "all",
        "allowed",
        "anonymous",
        "basic",
        "bearer",
        "cached",
        "closed",
        "cookie",
        "default",
        "denied",
        "digest",
        "disabled",
        "enabled",
        "ended",
        "eof",
        "eol",
        "error",
        "expired",
        "failed",
        "failure",
        "found",
        "guest",
        "idle",
        "inactive",
        "include",
        "invalid",
        "jwt",
        "ldap",
        "local",
        "missing",
        "necessary",
        "new",
        "none",
        "oauth",
        "oauth2",
        "off",
        "ok",
        "omit",
        "on",
        "open",
        "optional",
        "partial",
        "password",
        "pending",
        "rejected",
        "required",
        "revoked",
        "same-origin",
        "saml",
        "sso",
        "started",
        "success",
        "token",
        "unknown",
        "valid",
        "declined",
        "identifier",
        "keyword",
        "operator",
        "string",
        "number",
        "punctuator",
        "passed",
        "pass",
        "fail",
        "skipped",
        "off-session",
        "on-session",
        "essential",
    ];
    value.len() <= 12 && STATES.iter().any(|state| value.eq_ignore_ascii_case(state))
}

/// Words that go on a sentence about a secret: `password: must contain …`.
pub(super) fn is_prose(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "a",
        "all",
        "already",
        "an",
        "and",
        "any",
        "are",
        "at",
        "bad",
        "be",
        "because",
        "blank",
        "but",
        "can",
        "can't",
        "cannot",
        "change",
        "changed",
        "check",
        "contains",
        "could",
        "couldn't",
        "decryption",
        "did",
        "didn't",
        "do",
        "does",
        "doesn't",
        "empty",
        "ensure",
        "enter",
        "error",
        "expected",
        "expired",
        "failed",
        "field",
        "for",
        "found",
        "from",
        "got",
        "had",
        "has",
        "hash",
        "have",
        "if",
        "in",
        "incorrect",
        "input",
        "invalid",
        "is",
        "it",
        "length",
        "malformed",
        "may",
        "minimum",
        "mismatch",
        "missing",
        "must",
        "need",
        "needs",
        "new",
        "no",
        "not",
        "of",
        "on",
        "only",
        "or",
        "passwords",
        "please",
        "provided",
        "received",
        "required",
        "requires",
        "rejected",
        "expects",
        "option",
        "argument",
        "should",
        "string",
        "still",
        "that",
        "the",
        "there",
        "they",
        "this",
        "to",
        "token",
        "too",
        "unable",
        "unauthorized",
        "unexpected",
        "unknown",
        "unsupported",
        "use",
        "user",
        "value",
        "was",
        "we",
        "weak",
        "were",
        "when",
        "will",
        "with",
        "without",
        "wrong",
        "you",
        "your",
        "yes",
        "doit",
        "requis",
        "muss",
        "darf",
        "ist",
        "zu",
        "debe",
        "deve",
        "le",
        "la",
        "el",
    ];
    let word = word.trim_end_matches(['.', '!', '?', ':', ',']);
    word.len() <= 12 && WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Words before `token` and its like with which a parser says what it met.
pub(super) fn is_met(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '"', '\'', '`']);
    let word = super::tail(before, |byte| byte.is_ascii_alphabetic());
    [
        "unexpected",
        "expected",
        "illegal",
        "stray",
        "next",
        "current",
        "lookahead",
        "unrecognized",
        "unrecognised",
        "reserved",
    ]
    .iter()
    .any(|known| word.eq_ignore_ascii_case(known))
}
