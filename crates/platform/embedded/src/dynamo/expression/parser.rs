//! Splits expressions into tokens, and reads those parts that all kinds of expressions share.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::super::refusal::DynamoRefusal;
use super::super::value::Value;
use super::path::{Path, PathStep};
use super::placeholders::Placeholders;

/// The words that need a placeholder as names of attributes, in upper case.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html>
static RESERVED_WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("reserved_words.txt").lines().collect());

/// The most bytes of an expression.
const MAX_LEN: usize = 4096;
/// The most nested parentheses and `NOT`s, so that no expression exhausts the stack.
const MAX_DEPTH: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Token<'a> {
    /// A name, a keyword, or a placeholder with its `#` or `:`.
    Word(&'a str),
    Symbol(&'a str),
}

/// Reads the tokens of an expression, one after the other.
pub(super) struct Parser<'a> {
    /// The name of the expression's field in the request.
    kind: &'static str,
    tokens: Vec<Token<'a>>,
    at: usize,
    depth: usize,
    placeholders: &'a mut Placeholders,
}

impl<'a> Parser<'a> {
    pub(super) fn new(
        kind: &'static str,
        text: &'a str,
        placeholders: &'a mut Placeholders,
    ) -> Result<Self, DynamoRefusal> {
        let refuse = |reason: String| Err(DynamoRefusal::validation(format!("Invalid {kind}: {reason}")));
        if text.trim().is_empty() {
            return refuse("The expression can not be empty;".to_owned());
        }
        if text.len() > MAX_LEN {
            return refuse(format!(
                "Expression size has exceeded the maximum allowed size; expression size: {}",
                text.len()
            ));
        }
        match split(text) {
            Ok(tokens) => Ok(Self { kind, tokens, at: 0, depth: 0, placeholders }),
            Err(at) => refuse(format!(
                "Syntax error; token: \"{}\", near: \"{text}\"",
                &text[at..].chars().next().unwrap_or_default()
            )),
        }
    }

    pub(super) fn refuse<T>(&self, reason: impl std::fmt::Display) -> Result<T, DynamoRefusal> {
        Err(DynamoRefusal::validation(format!("Invalid {}: {reason}", self.kind)))
    }

    fn syntax_error<T>(&self) -> Result<T, DynamoRefusal> {
        let token = match self.tokens.get(self.at) {
            Some(Token::Word(token) | Token::Symbol(token)) => token,
            None => "<EOF>",
        };
        self.refuse(format_args!("Syntax error; token: \"{token}\""))
    }

    /// Takes the next token if it is this symbol.
    pub(super) fn symbol(&mut self, symbol: &str) -> bool {
        let is_next = self.tokens.get(self.at) == Some(&Token::Symbol(symbol));
        self.at += usize::from(is_next);
        is_next
    }

    pub(super) fn expect(&mut self, symbol: &str) -> Result<(), DynamoRefusal> {
        if self.symbol(symbol) { Ok(()) } else { self.syntax_error() }
    }

    /// Takes the next token if it is this word, in upper or lower case.
    pub(super) fn keyword(&mut self, keyword: &str) -> bool {
        let is_next = matches!(self.tokens.get(self.at), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword));
        self.at += usize::from(is_next);
        is_next
    }

    pub(super) fn expect_keyword(&mut self, keyword: &str) -> Result<(), DynamoRefusal> {
        if self.keyword(keyword) { Ok(()) } else { self.syntax_error() }
    }

    /// Takes the name of a function and its opening parenthesis, if they are next.
    pub(super) fn function(&mut self) -> Option<&'a str> {
        match (self.tokens.get(self.at), self.tokens.get(self.at + 1)) {
            (Some(Token::Word(name)), Some(Token::Symbol("("))) => {
                self.at += 2;
                Some(name)
            }
            _ => None,
        }
    }

    /// The value that the next token stands for, if it is a placeholder of a value.
    pub(super) fn value(&mut self) -> Result<Option<Value>, DynamoRefusal> {
        match self.tokens.get(self.at) {
            Some(Token::Word(word)) if word.starts_with(':') => {
                self.at += 1;
                self.placeholders.value(self.kind, word).map(Some)
            }
            _ => Ok(None),
        }
    }

    pub(super) fn expect_value(&mut self) -> Result<Value, DynamoRefusal> {
        match self.value()? {
            Some(value) => Ok(value),
            None => self.syntax_error(),
        }
    }

    /// A path to an attribute or to a part of one.
    pub(super) fn path(&mut self) -> Result<Path, DynamoRefusal> {
        let mut steps = vec![PathStep::Field(self.field()?)];
        loop {
            if self.symbol(".") {
                steps.push(PathStep::Field(self.field()?));
            } else if self.symbol("[") {
                let index = match self.tokens.get(self.at) {
                    Some(Token::Word(word)) => word.parse().ok(),
                    _ => None,
                };
                let Some(index) = index else { return self.syntax_error() };
                self.at += 1;
                steps.push(PathStep::Index(index));
                self.expect("]")?;
            } else {
                return Ok(Path(steps));
            }
        }
    }

    fn field(&mut self) -> Result<String, DynamoRefusal> {
        let Some(Token::Word(word)) = self.tokens.get(self.at).copied() else { return self.syntax_error() };
        if word.starts_with('#') {
            self.at += 1;
            return self.placeholders.name(self.kind, word);
        }
        if word.starts_with(|first: char| first == ':' || first.is_ascii_digit()) {
            return self.syntax_error();
        }
        if RESERVED_WORDS.contains(word.to_ascii_uppercase().as_str()) {
            return self.refuse(format_args!("Attribute name is a reserved keyword; reserved keyword: {word}"));
        }
        self.at += 1;
        Ok(word.to_owned())
    }

    /// Runs `read` one level deeper.
    pub(super) fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, DynamoRefusal>,
    ) -> Result<T, DynamoRefusal> {
        if self.depth == MAX_DEPTH {
            return self.refuse("The expression is nested too deep");
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.tokens.len()
    }

    pub(super) fn end(&self) -> Result<(), DynamoRefusal> {
        if self.is_at_end() { Ok(()) } else { self.syntax_error() }
    }
}

/// Splits an expression. Fails with the position of a character that no token begins with.
fn split(text: &str) -> Result<Vec<Token<'_>>, usize> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let len = match first {
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            // A minus separates two operands, unless it is within a placeholder.
            '#' | ':' => 1 + rest[1..].find(|c| !is_word(c)).unwrap_or(rest.len() - 1),
            c if c.is_ascii_alphanumeric() || c == '_' => {
                rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len())
            }
            '<' | '>' => {
                let len = 1 + usize::from(rest[1..].starts_with('=') || rest.starts_with("<>"));
                tokens.push(Token::Symbol(&rest[..len]));
                at += len;
                continue;
            }
            '=' | '(' | ')' | '[' | ']' | ',' | '.' | '+' | '-' => {
                tokens.push(Token::Symbol(&rest[..1]));
                at += 1;
                continue;
            }
            _ => return Err(at),
        };
        tokens.push(Token::Word(&rest[..len]));
        at += len;
    }
    Ok(tokens)
}
