//! Numbers and texts of the stored form.

/// A stored map cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the stored source map is damaged: {0}")]
pub struct BadMap(pub(crate) &'static str);

impl BadMap {
    /// Says what is wrong with a map.
    pub fn new(reason: &'static str) -> Self {
        Self(reason)
    }
}

/// Appends an unsigned number, seven bits a byte.
pub(crate) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends a signed number, such that numbers near zero are short.
pub(crate) fn put_signed(out: &mut Vec<u8>, number: i64) {
    put(out, ((number << 1) ^ (number >> 63)) as u64);
}

pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) {
    put(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Reads what the functions above wrote.
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(crate) fn number(&mut self) -> Result<u64, BadMap> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first().ok_or(BadMap("it ends early"))?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(BadMap("a number is too large"))
    }

    pub(crate) fn signed(&mut self) -> Result<i64, BadMap> {
        let number = self.number()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    /// A number of entries. Each entry has at least one byte, so a larger number is a damage.
    pub(crate) fn count(&mut self) -> Result<usize, BadMap> {
        let count = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        if count > self.0.len() { Err(BadMap("a count is larger than what follows")) } else { Ok(count) }
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, BadMap> {
        let length = self.count()?;
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        std::str::from_utf8(text).map_err(|_| BadMap("a text is not UTF-8"))
    }
}
