//! Sentences about secrets, which are not secrets.

/// Returns whether a value is a validation message: `This field is required.`, `must be at least 8 characters`.
///
/// A passphrase consists of words, too, but not of these.
pub(super) fn is_sentence(value: &str) -> bool {
    const SAID: &[&str] = &[
        "blank",
        "characters",
        "contain",
        "correct",
        "empty",
        "expired",
        "incorrect",
        "invalid",
        "least",
        "long",
        "match",
        "maximum",
        "minimum",
        "missing",
        "must",
        "mandatory",
        "null",
        "provided",
        "required",
        "short",
        "string",
        "weak",
        "wrong",
    ];
    let is_text = |byte: u8| byte.is_ascii_alphanumeric() || byte >= 0x80 || b" .,:;!'`\"()-_".contains(&byte);
    if value.len() > 200 || !value.bytes().all(is_text) {
        return false;
    }
    let mut words = value.split(' ').map(|word| word.trim_matches(|letter: char| !letter.is_alphanumeric()));
    let count = words.clone().count();
    // `hunter2` is not a word.
    let is_word = |word: &str| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        digits == 0 || digits == word.len() && digits <= 3
    };
    let are_words = words.clone().all(is_word);
    let opens = words.next().is_some_and(is_prose);
    let says = |word: &str| SAID.iter().any(|said| word.eq_ignore_ascii_case(said));
    (3..=30).contains(&count) && are_words && opens && words.any(says)
}

/// Returns whether a word continues a sentence about a secret: `password: must contain …`.
pub(super) fn is_prose(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "a",
        "all",
        "any",
        "array",
        "at",
        "bool",
        "boolean",
        "bytes",
        "couldn",
        "didn",
        "does",
        "doesn",
        "don",
        "int",
        "isn",
        "its",
        "least",
        "str",
        "text",
        "varchar",
        "wasn",
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
        "cannot",
        "change",
        "changed",
        "check",
        "contains",
        "could",
        "decryption",
        "did",
        "do",
        "does",
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
    let word = word.split_once('\'').map_or(word, |(word, _)| word);
    word.len() <= 12 && WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Returns whether the word before `token` is one that parsers use to describe their input, such as `unexpected`.
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
