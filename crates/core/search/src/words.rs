use std::borrow::Cow;
use std::collections::BTreeSet;

use grouping::{own_frames, parameterise};
use model::error::ErrorAggregate;
use model::occurrence::Occurrence;

/// Maximum number of words that an error is posted under. Each one is an item that is written for a new error.
const MAX_ERROR_WORDS: usize = 24;
/// How many of them may come from the type, the culprit and the message, so that some are left for the frames.
const OF_TYPE: usize = 4;
const OF_CULPRIT: usize = 5;
const OF_MESSAGE: usize = 10;
/// Maximum length of a word, in bytes.
const LONGEST: usize = 40;
/// Maximum length of the names of frames that an error keeps, in bytes. Each commit pays for it.
const MAX_FRAMES: usize = 120;
/// The number of frames that the names come from.
const FRAMES: usize = 4;
/// A word with more digits than this is probably an id or a number.
const MAX_DIGITS: usize = 4;
/// Words that nearly every error has and nobody searches for: short English words, and file extensions.
const COMMON: [&str; 34] = [
    "an", "and", "are", "as", "at", "be", "by", "for", "from", "has", "in", "is", "it", "of", "on", "or", "that",
    "the", "this", "to", "was", "with", "cs", "go", "java", "js", "jsx", "php", "py", "rb", "rs", "ts", "tsx", "www",
];

/// Returns the words that an error is posted under, at most 24.
pub(super) fn words(error: &ErrorAggregate) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut take = |text: &str, most: usize| {
        let most = MAX_ERROR_WORDS.min(words.len() + most);
        for word in wholes(text).flat_map(|whole| std::iter::once(whole).chain(parts(whole))) {
            let word = word.to_lowercase();
            if words.len() == most {
                break;
            }
            if is_posted(&word) {
                words.insert(word);
            }
        }
    };
    take(&error.kind, OF_TYPE);
    take(error.culprit.as_deref().unwrap_or_default(), OF_CULPRIT);
    take(&without_what_varies(&error.message), OF_MESSAGE);
    take(error.frames.as_deref().unwrap_or_default(), MAX_ERROR_WORDS);
    words
}

/// Returns all words by which an error is found: those that it is posted under, and the others.
pub(super) fn all_words(error: &ErrorAggregate) -> BTreeSet<String> {
    let texts = [Some(&error.kind), Some(&error.message), error.culprit.as_ref(), error.frames.as_ref()];
    let wholes = texts.into_iter().flatten().flat_map(|text| wholes(text));
    let all = wholes.flat_map(|whole| std::iter::once(whole).chain(parts(whole)));
    all.map(str::to_lowercase).filter(|word| is_posted(word)).chain(words(error)).collect()
}

/// Returns the names of functions, modules and files in the frames that raised an occurrence's error, at most 120
/// bytes, as an error keeps them. `None` if there are none.
pub fn frames(occurrence: &Occurrence) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    for frame in own_frames(occurrence).take(FRAMES) {
        let file = frame.filename.as_deref().or(frame.abs_path.as_deref());
        let file = file.and_then(|path| path.rsplit(['/', '\\']).next());
        for name in [frame.function.as_deref(), frame.module.as_deref(), file].into_iter().flatten() {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let mut text = String::new();
    for name in names {
        if !name.is_empty() && text.len() + name.len() < MAX_FRAMES {
            text.push_str(if text.is_empty() { "" } else { " " });
            text.push_str(name);
        }
    }
    (!text.is_empty()).then_some(text)
}

/// Whether an error can be posted under this word. Numbers, ids and the like are not posted, because there would be no
/// end of them.
pub(super) fn is_posted(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let is_hex = word.len() >= 8 && digits > 0 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    (2..=LONGEST).contains(&word.len())
        && digits <= MAX_DIGITS
        && digits < word.len()
        && !is_hex
        && !word.starts_with("0x")
        && !COMMON.contains(&word)
}

/// Splits a text into words, without changing them.
pub(super) fn wholes(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    words.map(|word| word.trim_matches('_')).filter(|word| !word.is_empty())
}

/// Returns the parts of a word in `camelCase` or `snake_case`; nothing if it has only one part.
fn parts(whole: &str) -> Vec<&str> {
    let parts: Vec<_> = whole.split('_').flat_map(humps).filter(|part| !part.is_empty()).collect();
    if parts.len() > 1 { parts } else { Vec::new() }
}

/// Splits `HTTPServer` into `HTTP` and `Server`.
fn humps(word: &str) -> Vec<&str> {
    let letters: Vec<_> = word.char_indices().collect();
    let mut humps = Vec::new();
    let mut start = 0;
    for (index, pair) in letters.windows(2).enumerate() {
        let [(_, before), (at, letter)] = [pair[0], pair[1]];
        let lower_follows = letters.get(index + 2).is_some_and(|(_, next)| next.is_lowercase());
        if letter.is_uppercase() && (!before.is_uppercase() || lower_follows) {
            humps.push(&word[start..at]);
            start = at;
        }
    }
    humps.push(&word[start..]);
    humps
}

/// Removes ids, dates, addresses and numbers from a message, and also the placeholders that grouping puts in their
/// place. So an error whose messages differ only in these has the same words each time.
fn without_what_varies(message: &str) -> Cow<'_, str> {
    let kind = match parameterise(message) {
        Cow::Borrowed(text) => return Cow::Borrowed(text),
        Cow::Owned(kind) => kind,
    };
    let mut left = String::with_capacity(kind.len());
    let mut rest = kind.as_str();
    while let Some(at) = rest.find('<') {
        left.push_str(&rest[..at]);
        let place = rest[at..].find('>').map(|end| &rest[at..=at + end]);
        // A placeholder that was already in the original message is a word of it.
        let placed = place.filter(|place| !message.contains(place));
        left.push_str(if placed.is_some() { " " } else { "<" });
        rest = &rest[at + placed.map_or(1, str::len)..];
    }
    left.push_str(rest);
    Cow::Owned(left)
}
