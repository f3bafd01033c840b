//! A position in a text, and small steps from it.

/// A position in a text. It is copied instead of moved back, so that each alternative starts at its own.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

/// Returns whether a byte belongs to a word. Every byte of a non-ASCII character does.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Skips one byte if it is in `any`.
pub(super) fn optional<'a>(cursor: Cursor<'a>, any: &[u8]) -> Cursor<'a> {
    cursor.byte(any).unwrap_or(cursor)
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a [u8], at: usize) -> Self {
        Self { text, at }
    }

    pub(super) fn at(self) -> usize {
        self.at
    }

    pub(super) fn rest(self) -> &'a [u8] {
        &self.text[self.at..]
    }

    pub(super) fn peek(self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    pub(super) fn before(self) -> Option<u8> {
        self.text.get(self.at.checked_sub(1)?).copied()
    }

    /// Skips `count` bytes, if there are that many.
    pub(super) fn skip(self, count: usize) -> Option<Self> {
        (self.at + count <= self.text.len()).then_some(Self { at: self.at + count, ..self })
    }

    /// Skips one byte that is in `any`.
    pub(super) fn byte(self, any: &[u8]) -> Option<Self> {
        self.peek().filter(|byte| any.contains(byte)).and_then(|_| self.skip(1))
    }

    /// Skips the text `expected`.
    pub(super) fn text(self, expected: &str) -> Option<Self> {
        self.rest().starts_with(expected.as_bytes()).then(|| self.skip(expected.len())).flatten()
    }

    /// Skips the longest of `words` that is here.
    pub(super) fn word(self, words: &[&str]) -> Option<Self> {
        words.iter().filter_map(|word| self.text(word)).max_by_key(|cursor| cursor.at)
    }

    /// Returns how many bytes from here on are `wanted`, but at most `most`.
    pub(super) fn run(self, most: usize, wanted: impl Fn(u8) -> bool) -> usize {
        self.rest().iter().take(most).take_while(|&&byte| wanted(byte)).count()
    }

    /// Skips `least` to `most` decimal digits, as many as there are. Also returns their number.
    pub(super) fn digits(self, least: usize, most: usize) -> Option<(u32, Self)> {
        let count = self.run(most, |byte| byte.is_ascii_digit());
        let number = self.rest()[..count]
            .iter()
            .fold(0u32, |number, digit| number.wrapping_mul(10).wrapping_add(u32::from(digit - b'0')));
        (count >= least).then(|| self.skip(count)).flatten().map(|cursor| (number, cursor))
    }

    /// Skips two decimal digits whose number is at most `most`.
    pub(super) fn two(self, most: u32) -> Option<Self> {
        self.digits(2, 2).filter(|&(number, _)| number <= most).map(|(_, cursor)| cursor)
    }

    /// Skips white space, at least one byte.
    pub(super) fn spaces(self) -> Option<Self> {
        let count = self.run(usize::MAX, |byte| byte.is_ascii_whitespace());
        (count > 0).then(|| self.skip(count)).flatten()
    }

    /// Returns the position, unless a word continues here.
    pub(super) fn boundary(self) -> Option<usize> {
        (!self.peek().is_some_and(is_word)).then_some(self.at)
    }
}
