//! A text with marks, which each event replaces by its own values.

use std::ops::Range;

use fastrand::Rng;
use jiff::Timestamp;

/// Encloses the name of a mark. No other text of an event contains it.
const MARK: &str = "@@";

#[derive(Clone, Debug)]
pub(crate) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Id,
    Time,
    /// This many random hexadecimal digits.
    Hex(usize),
    /// This many random decimal digits.
    Digits(usize),
    /// This many random words.
    Words(usize),
    /// A word that is unique for the number of the event.
    Name,
    /// Filling up to the size that all events have. `Same` uses the same words in each event, `Random` random ones.
    Same,
    Random,
}

impl Template {
    /// Parses a text with the marks `@@id@@`, `@@time@@`, `@@hex N@@`, `@@digits N@@`, `@@words N@@`, `@@name@@`,
    /// `@@same@@` and `@@random@@`.
    ///
    /// # Panics If a mark is unknown, since templates are part of this program.
    pub(crate) fn parse(text: &str) -> Self {
        let pieces = text.split(MARK).enumerate().map(|(index, part)| {
            if index % 2 == 0 {
                return Piece::Text(part.to_owned());
            }
            let (name, count) = part.split_once(' ').unwrap_or((part, "0"));
            match (name, count.parse().unwrap_or_default()) {
                ("id", _) => Piece::Id,
                ("time", _) => Piece::Time,
                ("hex", count) => Piece::Hex(count),
                ("digits", count) => Piece::Digits(count),
                ("words", count) => Piece::Words(count),
                ("name", _) => Piece::Name,
                ("same", _) => Piece::Same,
                ("random", _) => Piece::Random,
                _ => panic!("unknown mark `{part}`"),
            }
        });
        Self(pieces.filter(|piece| *piece != Piece::Text(String::new())).collect())
    }

    /// Returns the text of an event, filled up to `bytes` bytes.
    pub(crate) fn fill(&self, values: &mut Values, bytes: usize) -> Vec<u8> {
        let (mut out, mut room) = (Vec::with_capacity(bytes.max(1_024)), None);
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
                Piece::Id => out.extend_from_slice(values.id.as_bytes()),
                Piece::Time => out.extend_from_slice(values.time.as_bytes()),
                Piece::Hex(count) => values.digits(&mut out, *count, 16),
                Piece::Digits(count) => values.digits(&mut out, *count, 10),
                Piece::Words(count) => values.words(&mut out, *count),
                Piece::Name => values.name(&mut out),
                Piece::Same | Piece::Random => room = Some((out.len(), *piece == Piece::Random)),
            }
        }
        if let Some((at, random)) = room {
            let words = if random { values } else { &mut Values::of(0, 0) };
            let filling = words.filling(bytes.saturating_sub(out.len()));
            out.splice(Range { start: at, end: at }, filling);
        }
        out
    }
}

/// The values of one event.
pub(crate) struct Values {
    number: u64,
    /// A random part, then the number, so that no two events have the same id.
    id: String,
    random: Rng,
    time: String,
}

const ONSETS: [&[u8; 2]; 16] =
    [b"ba", b"ce", b"di", b"fo", b"gu", b"ha", b"je", b"ki", b"lo", b"mu", b"na", b"pe", b"ri", b"so", b"tu", b"va"];

impl Values {
    /// Creates the values of an event, which depend only on its number and the seed, except for the time.
    pub(crate) fn of(number: u64, seed: u64) -> Self {
        // With microseconds, as Sentry's SDK for Python writes them.
        let time = format!("{:.6}", Timestamp::now());
        let mut random = Rng::with_seed(seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        Self { number, id: format!("{:016x}{number:016x}", random.u64(..)), random, time }
    }

    fn digits(&mut self, out: &mut Vec<u8>, count: usize, base: u32) {
        out.extend((0..count).map(|_| self.random.digit(base) as u8));
    }

    /// Appends random words, each one of 256, all with four letters so that they take the same space.
    fn words(&mut self, out: &mut Vec<u8>, count: usize) {
        for index in 0..count {
            if index > 0 {
                out.push(b' ');
            }
            let word = self.random.u8(..);
            out.extend_from_slice(ONSETS[usize::from(word >> 4)]);
            out.extend_from_slice(ONSETS[usize::from(word & 15)]);
        }
    }

    /// Appends the number as syllables, because grouping would replace digits. The lowest digit comes first.
    fn name(&self, out: &mut Vec<u8>) {
        (0..6).for_each(|at| out.extend_from_slice(ONSETS[(self.number >> (4 * at)) as usize & 15]));
    }

    fn filling(&mut self, bytes: usize) -> Vec<u8> {
        let mut filling = Vec::with_capacity(bytes + 4);
        self.words(&mut filling, bytes.div_ceil(5));
        filling.resize(bytes, b'.');
        filling
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, number: u64, bytes: usize) -> String {
        String::from_utf8(Template::parse(text).fill(&mut Values::of(number, 1), bytes)).unwrap()
    }

    #[test]
    fn marks_become_values() {
        assert_eq!(filled("no mark", 7, 0), "no mark");
        let text = filled("<@@digits 3@@|@@hex 8@@|@@words 2@@>", 7, 0);
        assert_eq!((text.len(), &text[4..5]), (1 + 3 + 1 + 8 + 1 + 9 + 1, "|"), "{text}");
        assert!(text[5..13].chars().all(|char| char.is_ascii_hexdigit()), "{text}");
        assert_eq!(filled("@@time@@", 7, 0).len(), "2026-11-21T14:00:00.000000000Z".len() - 3);
        assert_eq!(filled("@@digits 9@@", 7, 0), filled("@@digits 9@@", 7, 0), "depends only on the number");
        assert_ne!(filled("@@digits 9@@", 7, 0), filled("@@digits 9@@", 8, 0));
        assert_ne!(filled("@@name@@", 255, 0), filled("@@name@@", 256, 0));
    }

    #[test]
    fn events_are_filled_up_at_the_mark() {
        let same = filled("(@@same@@)", 1, 20);
        assert_eq!((same.len(), filled("(@@same@@)", 2, 20)), (20, same.clone()), "{same}");
        let random = filled("(@@random@@)", 1, 20);
        assert!(
            random.starts_with('(') && random.ends_with(')') && random != filled("(@@random@@)", 2, 20),
            "{random}"
        );
        assert_eq!(filled("too long @@same@@", 1, 3), "too long ");
    }
}
