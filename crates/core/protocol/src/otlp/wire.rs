//! The wire format of protobuf.

use model::outcome::{Reason, Refusal};

/// A field as it is encoded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum WireValue<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(&'a [u8]),
}

/// The fields of a message.
pub(super) struct WireFields<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for WireFields<'a> {
    type Item = Result<(u64, WireValue<'a>), Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field.ok_or_else(refuse))
    }
}

impl<'a> WireFields<'a> {
    fn field(&mut self) -> Option<(u64, WireValue<'a>)> {
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => WireValue::Varint(self.varint()?),
            1 => WireValue::Fixed64(u64::from_le_bytes(self.take(8)?.try_into().ok()?)),
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                WireValue::Bytes(self.take(length)?)
            }
            5 => WireValue::Fixed32(u32::from_le_bytes(self.take(4)?.try_into().ok()?)),
            // Groups are obsolete, and OTLP has none.
            _ => return None,
        };
        (tag >> 3 != 0).then_some((tag >> 3, value))
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.take(1)?.first()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

pub(super) fn refuse() -> Refusal {
    Refusal::new(Reason::BodyInvalid, "the body is not protobuf: send an OTLP request, or JSON with its content type")
}

/// Appends a number in the encoding of protobuf.
pub(super) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a field of bytes.
pub(super) fn put_bytes(out: &mut Vec<u8>, number: u64, bytes: &[u8]) {
    put_varint(out, number << 3 | 2);
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<(u64, WireValue<'_>)>, Refusal> {
        WireFields(bytes).collect()
    }

    #[test]
    fn fields_are_read() {
        let bytes = [8, 0x96, 1, 18, 2, b'h', b'i', 25, 1, 0, 0, 0, 0, 0, 0, 0, 37, 2, 0, 0, 0];
        assert_eq!(
            read(&bytes).unwrap(),
            [
                (1, WireValue::Varint(150)),
                (2, WireValue::Bytes(b"hi")),
                (3, WireValue::Fixed64(1)),
                (4, WireValue::Fixed32(2)),
            ]
        );
        for cut in 1..bytes.len() {
            let whole = [3, 7, 16].contains(&cut);
            assert_eq!(read(&bytes[..cut]).is_ok(), whole, "{cut}");
        }
    }

    #[test]
    fn what_is_not_protobuf_is_refused() {
        for bytes in
            [&[0][..], &[11], &[12], &[0xff; 11], &[18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]]
        {
            assert!(read(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn what_is_written_can_be_read() {
        let mut out = Vec::new();
        put_bytes(&mut out, 2, &[b'x'; 300]);
        assert_eq!(read(&out).unwrap(), [(2, WireValue::Bytes(&[b'x'; 300]))]);
    }
}
