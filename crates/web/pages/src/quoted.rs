//! Quotes text for the code samples that visitors copy.

/// A literal in double quotes for Python, JavaScript, Go, Java, C# and Rust.
pub(crate) fn double(text: impl AsRef<str>) -> String {
    format!("\"{}\"", escaped(text.as_ref(), &['"', '\\']))
}

/// A literal in single quotes for PHP and Ruby, which do not interpolate in it.
pub(crate) fn single(text: impl AsRef<str>) -> String {
    format!("'{}'", escaped(text.as_ref(), &['\'', '\\']))
}

/// A word of a POSIX shell, quoted only if it has to be.
pub(crate) fn shell(text: impl AsRef<str>) -> String {
    let text = text.as_ref();
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_./:@%+=,".contains(character);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// Escapes `marks`. Drops control characters: a URL has none and a literal must not contain any.
fn escaped(text: &str, marks: &[char]) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars().filter(|character| !character.is_control()) {
        if marks.contains(&character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_ends_where_its_text_ends() {
        assert_eq!(double("https://k@h/1"), r#""https://k@h/1""#);
        assert_eq!(double(r#"a"b\c"#), r#""a\"b\\c""#);
        assert_eq!(single(r"a'b\c"), r"'a\'b\\c'");
        assert_eq!(double("a\nb"), r#""ab""#);
    }

    #[test]
    fn a_shell_reads_a_word_as_text() {
        for (text, expected) in [
            ("http://localhost:8080/projects/shop/errors", "http://localhost:8080/projects/shop/errors"),
            ("x-api-key: k", "'x-api-key: k'"),
            ("x$(id)`id`;&|", "'x$(id)`id`;&|'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("~", "'~'"),
        ] {
            assert_eq!(shell(text), expected);
        }
    }
}
