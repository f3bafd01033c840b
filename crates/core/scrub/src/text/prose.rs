//! Values in the place of a secret that are not secrets: placeholders, counts, states, and sentences about secrets.

use super::super::FILTERED;
use super::super::keys::Verdict;
use super::cut;
use super::sentence::is_sentence;

/// Returns whether a value is not a secret, whatever its name: no value, a placeholder, a count, a description of an
/// object.
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

/// Returns whether a value says that there is no secret.
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

/// Returns whether a value is a number under a name that may mean counts: `tokens=17`. A PIN has at least four digits.
fn is_count(value: &str, verdict: Verdict) -> bool {
    let most = match verdict {
        Verdict::SecretText => 5,
        Verdict::Pin => 3,
        _ => 0,
    };
    value.len() <= most && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether `value` at a key with this verdict is harmless, in a text or alone.
pub(crate) fn is_harmless(value: &str, verdict: Verdict) -> bool {
    says_nothing(value, verdict)
        || is_sentence(value)
        || matches!(verdict, Verdict::SecretText | Verdict::Pin) && is_state(value)
}

/// Returns whether a value is a placeholder: `$PASSWORD`, `${DB_PASS}`, `{token}`, `{{ token }}`, `<password>`,
/// `[REDACTED]`, `(null)`, `:password`, `%(pw)s`, `$1`.
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
            .is_some_and(|inner| words(inner) && is_said(inner) || is_object(inner))
    };
    match value.as_bytes().first() {
        Some(b'$') => {
            let name = cut(value, 1..);
            let is_digits = !name.is_empty() && name.len() <= 2 && name.bytes().all(|byte| byte.is_ascii_digit());
            is_digits || is_name_of_secret(name) || between("${", "}") || between("${{", "}}") || between("$(", ")")
        }
        Some(b'{') => between("{", "}") || between("{{", "}}") || value == "{}" || value == "{0}" || value == "{1}",
        Some(b'<') => between("<", ">"),
        Some(b'[') => between("[", "]") || value == "[]",
        Some(b'(') => between("(", ")"),
        Some(b':' | b'@') => is_name_of_secret(cut(value, 1..)),
        Some(b'%') => between("%(", ")s") || between("%", "%"),
        Some(b'#') => value.starts_with("#{") && value.ends_with('}') || value.starts_with("#<"),
        Some(_) | None => false,
    }
}

/// Returns whether the words between brackets name a secret, or say that one was removed.
fn is_said(inner: &str) -> bool {
    const SAID: &[&str] = &[
        "absent",
        "censored",
        "empty",
        "filtered",
        "hidden",
        "masked",
        "missing",
        "nil",
        "none",
        "null",
        "omitted",
        "protected",
        "redacted",
        "removed",
        "scrubbed",
        "sensitive",
        "set",
        "stripped",
        "undefined",
        "unset",
        "value",
    ];
    super::super::keys::Words::of(inner).any(|word| SAID.iter().any(|said| said.as_bytes() == word.as_bytes()))
        || super::super::keys::verdict(inner) != Verdict::Open
}

/// Returns whether this is Python's default description of an object: `Token object at 0x7f00`.
fn is_object(inner: &str) -> bool {
    inner.contains(" at 0x") || inner.contains(" object")
}

/// Returns whether this is a plain name for a secret, as a variable would have.
fn is_name_of_secret(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && super::super::keys::verdict(name) != Verdict::Open
}

/// Returns whether a word is a state or kind of a token, session or cookie. Keys with such names hold these as often as
/// the secret itself.
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
