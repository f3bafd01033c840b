//! Translates the search field (words, and filters such as `release:1.2`) into parameters of the API.

/// The filters that can be written before a colon. They have the names of the API's parameters.
const FILTER_NAMES: [&str; 7] =
    ["level", "environment", "release", "platform", "assignee", "firstRelease", "regressedIn"];

/// Parses a search into parameters of the API: filters by their names, everything else as `text`.
pub(super) fn parse_search(search: &str) -> Vec<(String, String)> {
    let (mut parameters, mut words) = (Vec::new(), Vec::new());
    for part in split_words(search) {
        match part.split_once(':') {
            Some(("tag", tag)) => parameters.push(("tag".to_owned(), tag.replacen('=', ":", 1))),
            Some((name, value)) if FILTER_NAMES.contains(&name) && !value.is_empty() => {
                parameters.push((name.to_owned(), value.to_owned()));
            }
            // Words may contain colons: `http://…`, `Shop::Cart`.
            _ => words.push(part),
        }
    }
    if !words.is_empty() {
        parameters.push(("text".to_owned(), words.join(" ")));
    }
    parameters
}

/// Writes a filter as a visitor would type it.
pub(super) fn write_filter(name: &str, value: &str) -> String {
    match value.contains(char::is_whitespace) || value.is_empty() {
        true => format!("{name}:\"{value}\""),
        false => format!("{name}:{value}"),
    }
}

/// Splits a search at white space outside of quotes.
fn split_words(search: &str) -> Vec<String> {
    let (mut parts, mut part, mut is_quoted) = (Vec::new(), String::new(), false);
    for character in search.chars() {
        match character {
            '"' => is_quoted = !is_quoted,
            blank if blank.is_whitespace() && !is_quoted => {
                if !part.is_empty() {
                    parts.push(std::mem::take(&mut part));
                }
            }
            other => part.push(other),
        }
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_filters_and_words() {
        let check = |search: &str, expected: &[(&str, &str)]| {
            let found = parse_search(search);
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
    }

    #[test]
    fn a_written_filter_is_parsed_back() {
        for value in ["1.2", "shop 2.4"] {
            assert_eq!(parse_search(&write_filter("release", value)), [("release".to_owned(), value.to_owned())]);
        }
    }
}
