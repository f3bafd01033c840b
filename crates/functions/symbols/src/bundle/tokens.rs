//! Splits a script into tokens. Unlike a parser it does not nest, so no script can use up the stack.

/// A token of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    /// Where it begins, in bytes.
    pub(super) start: usize,
    pub(super) text: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An identifier or a keyword.
    Word,
    /// A string, number, regular expression, or a template up to its next expression.
    Literal,
    /// The beginning of an expression in a template, `${`.
    TemplateExpression,
    Mark,
}

/// Keywords after which a `/` begins a regular expression.
const BEFORE_REGEX: [&str; 14] = [
    "return",
    "typeof",
    "case",
    "in",
    "of",
    "delete",
    "void",
    "throw",
    "new",
    "instanceof",
    "else",
    "do",
    "yield",
    "await",
];
/// Marks of several characters that matter.
const MARKS: [&str; 6] = ["...", "=>", "?.", "??", "==", "++"];

pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
    /// Whether a `/` would begin a regular expression here.
    regex: bool,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, regex: true }
    }

    /// Continues a template after the expression that a `}` ended. Returns whether another expression begins.
    pub(super) fn resume_template(&mut self) -> bool {
        self.regex = false;
        self.template()
    }

    /// A `/` begins a regular expression here, as after `if (…)`.
    pub(super) fn expect_expression(&mut self) {
        self.regex = true;
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.bytes().get(self.at + ahead).copied().unwrap_or_default()
    }

    /// Reads the text of a template to its end or to the next `${`. Returns whether an expression begins.
    fn template(&mut self) -> bool {
        while let Some(&byte) = self.bytes().get(self.at) {
            match byte {
                b'\\' => self.at += 2,
                b'`' => {
                    self.at += 1;
                    return false;
                }
                b'$' if self.byte(1) == b'{' => {
                    self.at += 2;
                    self.regex = true;
                    return true;
                }
                _ => self.at += 1,
            }
        }
        false
    }

    /// Skips white space and comments.
    fn skip(&mut self) {
        loop {
            match (self.byte(0), self.byte(1)) {
                (b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c, _) => self.at += 1,
                (b'/', b'/') => {
                    let rest = &self.bytes()[self.at..];
                    self.at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
                }
                (b'/', b'*') => {
                    let rest = &self.text[self.at + 2..];
                    self.at += 2 + rest.find("*/").map_or(rest.len(), |end| end + 2);
                }
                (0xe2 | 0xc2 | 0xef, _) => match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
                    Some(space) if space.is_whitespace() || space == '\u{feff}' => self.at += space.len_utf8(),
                    Some(_) | None => return,
                },
                _ => return,
            }
        }
    }

    /// Reads up to the quote that ends a string. A string does not go beyond its line.
    fn string(&mut self, quote: u8) {
        self.at += 1;
        while let Some(&byte) = self.bytes().get(self.at) {
            match byte {
                b'\\' => self.at += 2,
                b'\n' => return,
                _ if byte == quote => {
                    self.at += 1;
                    return;
                }
                _ => self.at += 1,
            }
        }
    }

    fn regex(&mut self) {
        let mut in_class = false;
        self.at += 1;
        while let Some(&byte) = self.bytes().get(self.at) {
            match byte {
                b'\\' => self.at += 1,
                b'\n' => return,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => break,
                _ => {}
            }
            self.at += 1;
        }
        self.at += 1;
        while self.byte(0).is_ascii_alphabetic() {
            self.at += 1;
        }
    }

    fn word(&mut self) {
        while let Some(&byte) = self.bytes().get(self.at) {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'$' | b'#' | 0x80.. => self.at += 1,
                // A Unicode escape.
                b'\\' => self.at += 2,
                _ => return,
            }
        }
    }

    fn number(&mut self) {
        while matches!(self.byte(0), b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'.' | b'_') {
            self.at += 1;
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip();
        let start = self.at;
        let first = *self.bytes().get(start)?;
        let kind = match first {
            b'"' | b'\'' => {
                self.string(first);
                Kind::Literal
            }
            b'`' => {
                self.at += 1;
                if self.template() { Kind::TemplateExpression } else { Kind::Literal }
            }
            b'0'..=b'9' => {
                self.number();
                Kind::Literal
            }
            b'.' if self.byte(1).is_ascii_digit() => {
                self.number();
                Kind::Literal
            }
            b'/' if self.regex => {
                self.regex();
                Kind::Literal
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' | b'#' | b'\\' | 0x80.. => {
                self.word();
                Kind::Word
            }
            _ => {
                let rest = &self.bytes()[start..];
                let long = MARKS.iter().find(|mark| rest.starts_with(mark.as_bytes()));
                // `a?.5:b` is a condition.
                let long = long.filter(|mark| **mark != "?." || !self.byte(2).is_ascii_digit());
                self.at += long.map_or(1, |mark| mark.len());
                Kind::Mark
            }
        };
        // An escape may have skipped the end, or have ended within a character.
        self.at = self.at.min(self.text.len());
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
        let text = &self.text[start..self.at];
        self.regex = match kind {
            Kind::Word => BEFORE_REGEX.contains(&text),
            Kind::Literal => false,
            Kind::TemplateExpression => true,
            Kind::Mark => !matches!(text, ")" | "]" | "}" | "++"),
        };
        Some(Token { kind, start, text })
    }
}
