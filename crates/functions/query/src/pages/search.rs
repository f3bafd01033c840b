//! Translates the search field (words, and filters such as `release:1.2`) into parameters of the API.

use search::Filter;

/// A search as parameters of the API.
#[derive(Debug, Default)]
pub(crate) struct ParsedSearch {
    /// Filters by their names, and all other words as `text`.
    pub(crate) parameters: Vec<(String, String)>,
    /// Explains the parts that look like filters and are none. They are searched as words.
    pub(crate) hint: Option<String>,
}

/// Parses what a visitor typed. Text in quotes is never a filter.
pub(crate) fn parse_search(search: &str) -> ParsedSearch {
    let (mut parameters, mut words, mut hints) = (Vec::new(), Vec::new(), Vec::new());
    for SearchPart { text, colon } in split_words(search) {
        let (name, value) = colon.map_or(("", text.as_str()), |at| (&text[..at], &text[at + 1..]));
        match find_filter(name) {
            Some("tag") if !value.is_empty() => parameters.push(("tag".to_owned(), value.replacen('=', ":", 1))),
            Some(filter) if !value.is_empty() => parameters.push((filter.to_owned(), value.to_owned())),
            Some(filter) => {
                hints.push(format!("`{filter}:` has no value, so it was searched as a word."));
                words.push(text);
            }
            None => {
                hints.extend(looks_like_filter(name, value).then(|| explain_unknown(name, value)));
                words.push(text);
            }
        }
    }
    if !words.is_empty() {
        parameters.push(("text".to_owned(), words.join(" ")));
    }
    let hint = (!hints.is_empty()).then(|| hints.join(" "));
    ParsedSearch { parameters, hint }
}

/// Returns the name of a filter as the API writes it. The status is chosen with the tabs, and words have no name.
fn find_filter(name: &str) -> Option<&'static str> {
    let filters = Filter::NAMES.into_iter().filter(|filter| !["status", "text"].contains(filter));
    filters.into_iter().find(|filter| filter.eq_ignore_ascii_case(name))
}

/// Whether somebody who typed `name:value` meant a filter. Words may contain colons, too: `https://…`, `Shop::Cart`,
/// `C:\x`, `localhost:8080`, `cart.py:42`.
fn looks_like_filter(name: &str, value: &str) -> bool {
    let letters = name.trim_start_matches('!');
    let is_name = letters.len() > 1 && letters.bytes().all(|byte| byte.is_ascii_alphabetic() || b"._-".contains(&byte));
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
    let is_place = is_number && (name.contains('.') || name == "localhost");
    is_name && !value.is_empty() && !value.starts_with([':', '/', '\\']) && !is_place
}

fn explain_unknown(name: &str, value: &str) -> String {
    let instead = match name {
        "is" | "status" => "choose a status with the tabs".to_owned(),
        _ => format!("for a tag, write {}", write_filter("tag", &format!("{name}={value}"))),
    };
    format!(
        "`{name}:` is not a filter, so \"{name}:{value}\" was searched as words. The filters are listed below the search \
         field; {instead}; to search for words with a colon, put them in quotes."
    )
}

/// Writes a filter as a visitor would type it.
pub(super) fn write_filter(name: &str, value: &str) -> String {
    match value.contains(char::is_whitespace) || value.is_empty() {
        true => format!("{name}:\"{value}\""),
        false => format!("{name}:{value}"),
    }
}

/// A part of a search, without its quotes.
#[derive(Default)]
struct SearchPart {
    text: String,
    /// The position of the first colon outside of quotes.
    colon: Option<usize>,
}

/// Splits a search at white space outside of quotes.
fn split_words(search: &str) -> Vec<SearchPart> {
    let (mut words, mut word, mut is_quoted) = (Vec::new(), SearchPart::default(), false);
    for character in search.chars() {
        match character {
            '"' => is_quoted = !is_quoted,
            blank if blank.is_whitespace() && !is_quoted => words.push(std::mem::take(&mut word)),
            other => {
                if other == ':' && !is_quoted && word.colon.is_none() {
                    word.colon = Some(word.text.len());
                }
                word.text.push(other);
            }
        }
    }
    words.push(word);
    words.retain(|word| !word.text.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_filters_and_words() {
        let check = |search: &str, expected: &[(&str, &str)]| {
            let found = parse_search(search).parameters;
            let found: Vec<_> = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(found, expected, "{search}");
        };
        check("", &[]);
        check("cart empty", &[("text", "cart empty")]);
        check("level:error timeout", &[("level", "error"), ("text", "timeout")]);
        check("tag:browser=Firefox", &[("tag", "browser:Firefox")]);
        check("release:\"shop 2.4\" x", &[("release", "shop 2.4"), ("text", "x")]);
        check("http://shop.example Shop::Cart", &[("text", "http://shop.example Shop::Cart")]);
        check("level:", &[("text", "level:")]);
        check(
            "Level:error firstSeenFrom:2026-11-02T00:00:00Z",
            &[("level", "error"), ("firstSeenFrom", "2026-11-02T00:00:00Z")],
        );
        check("\"level:error\" status:muted", &[("text", "level:error status:muted")]);
    }

    /// A misspelt filter must not pass for a search without results.
    #[test]
    fn a_word_that_looks_like_a_filter_is_explained() {
        for (search, part) in [
            ("foo:bar", "for a tag, write tag:foo=bar"),
            ("relase:1.2 cart", "`relase:` is not a filter"),
            ("is:unresolved", "choose a status with the tabs"),
            ("status:muted", "choose a status with the tabs"),
            ("user.email:a@b.example", "tag:user.email=a@b.example"),
            ("customer:7", "tag:customer=7"),
            ("name:\"a b\"", "tag:\"name=a b\""),
            ("level:", "`level:` has no value"),
        ] {
            let hint = parse_search(search).hint.unwrap_or_default();
            assert!(hint.contains(part), "{search}: {hint}");
        }
        for search in [
            "cart empty",
            "level:error release:1.2 tag:a=b",
            "https://shop.example:8080/cart",
            "Shop::Cart std::vec::Vec",
            "TypeError: x",
            "localhost:8080",
            "cart.py:42:7",
            "C:\\shop\\cart.cs",
            "10:30",
            "\"foo:bar\"",
        ] {
            assert_eq!(parse_search(search).hint, None, "{search}");
        }
    }

    #[test]
    fn a_written_filter_is_parsed_back() {
        for value in ["1.2", "shop 2.4"] {
            assert_eq!(
                parse_search(&write_filter("release", value)).parameters,
                [("release".to_owned(), value.to_owned())]
            );
        }
    }
}
