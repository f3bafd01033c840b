//! Decodes characters that the scanners would not recognise: percent encoding, HTML entities, `\u0022`, full-width
//! digits and non-breaking blanks.

/// Returns whether [`is_folded`] can return true at this byte.
pub(super) const fn opens(byte: u8) -> bool {
    matches!(byte, b'%' | b'&' | b'\\' | 0xc2 | 0xd9 | 0xdb | 0xe2 | 0xef)
}

/// Returns whether an encoded character begins at `at`.
pub(super) fn is_folded(bytes: &[u8], at: usize) -> bool {
    match &bytes[at..] {
        // Paths contain single ones: `C:\new`.
        [b'\\', b'r' | b'n', rest @ ..] => rest.starts_with(b"\\n") || rest.starts_with(b"\\r"),
        rest => opens(bytes[at]) && decode(rest).is_some(),
    }
}

/// Decodes everything in `text` once. Also returns the original position of each byte, and of the end.
pub(super) fn unfold(text: &str) -> (String, Vec<usize>) {
    let bytes = text.as_bytes();
    let (mut out, mut places) = (Vec::with_capacity(bytes.len()), Vec::with_capacity(bytes.len() + 1));
    let mut at = 0;
    while at < bytes.len() {
        let (byte, length) = decode(&bytes[at..]).unwrap_or((bytes[at], 1));
        out.push(byte);
        places.push(at);
        at += length;
    }
    places.push(bytes.len());
    // Only whole characters were replaced by ASCII, so this is still UTF-8.
    (String::from_utf8(out).unwrap_or_default(), places)
}

/// Returns the ASCII character that is encoded at the start of `bytes`, and the length of its encoding.
fn decode(bytes: &[u8]) -> Option<(u8, usize)> {
    let ascii = |high: u8, low: u8| hex(high)?.checked_mul(16)?.checked_add(hex(low)?).filter(u8::is_ascii_graphic);
    match bytes {
        [b'%', high, low, ..] => match (high, low) {
            (b'0', b'a' | b'A') => Some((b'\n', 3)),
            (b'0', b'd' | b'D') => Some((b'\r', 3)),
            (b'2', b'0') => Some((b' ', 3)),
            _ => ascii(*high, *low).map(|byte| (byte, 3)),
        },
        [b'\\', b'u', b'0', b'0', high, low, ..] => ascii(*high, *low).map(|byte| (byte, 6)),
        [b'\\', b'x', high, low, ..] => ascii(*high, *low).map(|byte| (byte, 4)),
        // Line ends in a quoted body.
        [b'\\', b'r', ..] => Some((b'\r', 2)),
        [b'\\', b'n', ..] => Some((b'\n', 2)),
        [b'&', rest @ ..] => ENTITIES
            .iter()
            .find(|(name, _)| rest.starts_with(name.as_bytes()))
            .map(|(name, byte)| (*byte, name.len() + 1)),
        [0xc2, 0xa0, ..] => Some((b' ', 2)),
        // Thin and figure spaces, and a hyphen.
        [0xe2, 0x80, 0x80..=0x8b | 0xaf, ..] => Some((b' ', 3)),
        [0xe2, 0x80, 0x90..=0x95, ..] | [0xe2, 0x88, 0x92, ..] => Some((b'-', 3)),
        // Arabic and Persian digits.
        [0xd9, low @ 0xa0..=0xa9, ..] => Some((low - 0xa0 + b'0', 2)),
        [0xdb, low @ 0xb0..=0xb9, ..] => Some((low - 0xb0 + b'0', 2)),
        // Full-width digits and signs.
        [0xef, 0xbc, low @ 0x81..=0xbf, ..] => Some((low - 0x80 + 0x20, 3)),
        _ => None,
    }
}

const ENTITIES: [(&str, u8); 13] = [
    ("quot;", b'"'),
    ("#34;", b'"'),
    ("#x22;", b'"'),
    ("apos;", b'\''),
    ("#39;", b'\''),
    ("#x27;", b'\''),
    ("#039;", b'\''),
    ("amp;", b'&'),
    ("#38;", b'&'),
    ("lt;", b'<'),
    ("gt;", b'>'),
    ("equals;", b'='),
    ("#61;", b'='),
];

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
