//! Finds where the payload of an item ends.

/// Where the payload of an item ends, according to the item's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// The payload has `payload` bytes, and the next item begins at `next`.
    Whole { payload: usize, next: usize },
    /// The payload does not end where the header says.
    Wrong,
    /// More bytes are needed to decide.
    Unknown,
}

impl Framing {
    /// Frames a payload whose length is in the header: after it comes a line end, or the end of the envelope.
    pub(super) fn by_length(bytes: &[u8], length: usize, ended: bool) -> Self {
        if bytes.len() < length {
            return if ended { Self::Wrong } else { Self::Unknown };
        }
        let whole = |line_end: usize| Self::Whole { payload: length, next: length + line_end };
        match &bytes[length..] {
            [] | [b'\r'] if !ended => Self::Unknown,
            [] => whole(0),
            [b'\n', ..] | [b'\r'] => whole(1),
            [b'\r', b'\n', ..] => whole(2),
            _ => Self::Wrong,
        }
    }

    /// Frames a payload without a length, which is one line. It ends at `line_end`, if that is known.
    pub(super) fn by_line(bytes: &[u8], line_end: Option<usize>, ended: bool) -> Self {
        match line_end {
            Some(end) => Self::Whole { payload: end, next: end + 1 },
            None if ended => Self::Whole { payload: bytes.len(), next: bytes.len() },
            None => Self::Unknown,
        }
    }
}

/// Returns the length of the JSON object at the start of `bytes`, found by its quotes and brackets only. `None` if
/// there is no object, or its end is missing. Strings may contain line ends, since some clients do not escape them.
pub(super) fn object_length(bytes: &[u8]) -> Option<usize> {
    let start = bytes.iter().position(|&byte| byte == b'{')?;
    if !bytes[..start].iter().all(|byte| byte.is_ascii_whitespace() || matches!(byte, 0xef | 0xbb | 0xbf)) {
        return None;
    }
    let (mut depth, mut in_text, mut at) = (0_usize, false, start);
    while let Some(&byte) = bytes.get(at) {
        match (in_text, byte) {
            (true, b'\\') => at += 1,
            (_, b'"') => in_text = !in_text,
            (false, b'{' | b'[') => depth += 1,
            (false, b'}' | b']') => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_ends_with_its_bracket() {
        for (text, length) in [
            ("{}", Some(2)),
            ("{\"a\":[{}]}\n{}", Some(10)),
            (" \n{\"}\\\"\n\":1}x", Some(12)),
            ("\u{feff}{}", Some(5)),
            ("{\"a\":{}", None),
            ("{\"a\":\"}", None),
            ("[]", None),
            ("x{}", None),
            ("", None),
        ] {
            assert_eq!(object_length(text.as_bytes()), length, "{text}");
        }
    }
}
