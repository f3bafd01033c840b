//! The figures of an error in few bytes: each commit pays for the whole item by the kilobyte, twice.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io;

use serde::{Deserialize, Serialize};

use super::{ErrorAggregate, Hours, Indexed, Origins, Posted, Regression, Seen, Tags, ThresholdWindows, Users};

/// The version of the form, its first byte.
const FORM: u8 = 1;
/// zstd's default level. A higher one saves about ten bytes and takes several times the CPU time.
const LEVEL: i32 = 3;
/// Figures as most errors have them, and tags as the usual SDKs send them: the dictionary that figures are compressed with,
/// which halves those of an error with few occurrences. A released dictionary never changes; another one needs another
/// version of the form.
const WORDS: &[u8] = include_bytes!("figures-1.txt");
/// Maximum size after unpacking, in bytes: more than any error has, also if each character of its texts is escaped in
/// JSON. So only damaged data is refused.
const MAX_UNPACKED: usize = 256 << 10;

thread_local! {
    /// Created once per thread: creating one takes longer than packing an error.
    static PACKER: RefCell<zstd::bulk::Compressor<'static>> =
        RefCell::new(zstd::bulk::Compressor::with_dictionary(LEVEL, WORDS).expect("level 3 exists"));
    static UNPACKER: RefCell<zstd::bulk::Decompressor<'static>> =
        RefCell::new(zstd::bulk::Decompressor::with_dictionary(WORDS).expect("any bytes are a dictionary"));
}

/// The bytes are not the packed figures of an error.
#[derive(Debug, thiserror::Error)]
pub enum BadFigures {
    /// They lack even the version.
    #[error("the packed figures of an error are empty")]
    Empty,
    /// A later version of faultline wrote them, or they are something else.
    #[error("the packed figures of an error have form {0}, this version reads form {FORM} only: run a later version")]
    Form(u8),
    #[error("the packed figures of an error cannot be unpacked: {0}")]
    Zstd(io::Error),
    #[error("the packed figures of an error cannot be read: {0}")]
    Json(serde_json::Error),
}

/// The figures of an error: the fields that its item keeps in one packed attribute. The stored form is JSON with keys of
/// one letter. An older version ignores a field that a later one added; a change that it must not ignore needs another
/// version of the form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures<'a> {
    #[serde(rename = "w")]
    pub threshold_windows: Cow<'a, ThresholdWindows>,
    #[serde(rename = "h")]
    pub hours: Cow<'a, Hours>,
    #[serde(rename = "s")]
    pub seen: Cow<'a, Seen>,
    #[serde(rename = "t")]
    pub tags: Cow<'a, Tags>,
    #[serde(rename = "o")]
    pub origins: Cow<'a, Origins>,
    #[serde(rename = "f", skip_serializing_if = "Option::is_none")]
    pub frames: Option<Cow<'a, str>>,
    #[serde(rename = "u")]
    pub users: Cow<'a, Users>,
    #[serde(rename = "r", skip_serializing_if = "Option::is_none")]
    pub regression: Option<Cow<'a, Regression>>,
    #[serde(rename = "p", skip_serializing_if = "Option::is_none")]
    pub posted: Option<Posted>,
    #[serde(rename = "i", skip_serializing_if = "Option::is_none")]
    pub indexed: Option<Indexed>,
}

impl<'a> Figures<'a> {
    /// The figures of `error`.
    pub fn of(error: &'a ErrorAggregate) -> Self {
        Self {
            threshold_windows: Cow::Borrowed(&error.threshold_windows),
            hours: Cow::Borrowed(&error.hours),
            seen: Cow::Borrowed(&error.seen),
            tags: Cow::Borrowed(&error.tags),
            origins: Cow::Borrowed(&error.origins),
            frames: error.frames.as_deref().map(Cow::Borrowed),
            users: Cow::Borrowed(&error.users),
            regression: error.regression.as_ref().map(Cow::Borrowed),
            posted: error.posted,
            indexed: error.indexed,
        }
    }

    /// Packs the figures. The result is the version of the form, followed by zstd of JSON, with a
    /// dictionary.
    pub fn pack(&self) -> Vec<u8> {
        let json = serde_json::to_vec(self).expect("figures have text keys only");
        let packed = PACKER.with_borrow_mut(|packer| packer.compress(&json));
        [vec![FORM], packed.expect("compressing into memory cannot fail")].concat()
    }
}

impl Figures<'static> {
    /// Reads figures that [`pack`](Figures::pack) packed.
    pub fn unpack(packed: &[u8]) -> Result<Self, BadFigures> {
        let packed = match packed.split_first() {
            None => return Err(BadFigures::Empty),
            Some((&FORM, packed)) => packed,
            Some((&form, _)) => return Err(BadFigures::Form(form)),
        };
        let json = UNPACKER.with_borrow_mut(|unpacker| unpacker.decompress(packed, MAX_UNPACKED));
        serde_json::from_slice(&json.map_err(BadFigures::Zstd)?).map_err(BadFigures::Json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::tests::{at, new};
    use crate::error::{PostingBatch, Sighting, UserHash};
    use crate::id::{ConfigId, Fingerprint, OccurrenceId};
    use crate::project::TimeUnit;
    use crate::time::Timestamp;

    fn seen(times: usize) -> ErrorAggregate {
        let mut error = new();
        let sighting = |time: usize| Sighting {
            tags: vec![("url".to_owned(), format!("/order/{time}\n")), ("host".to_owned(), "web".to_owned())],
            user: (times > 1).then(|| user(time)),
            ..at(time as i64 * 100, "r")
        };
        let sightings: Vec<_> = (0..times).map(sighting).collect();
        drop(error.observe(TimeUnit::Minute, &sightings));
        error
    }

    fn user(number: usize) -> UserHash {
        let mut occurrence = crate::error::tests::occurrence(1);
        occurrence.user.insert("id".to_owned(), number.to_string().into());
        UserHash::of(&occurrence).unwrap()
    }

    /// The bytes of figures with this JSON.
    fn packed(json: &serde_json::Value) -> Vec<u8> {
        let packed = PACKER.with_borrow_mut(|packer| packer.compress(json.to_string().as_bytes())).unwrap();
        [vec![FORM], packed].concat()
    }

    /// If this fails, the dictionary was changed: stored figures cannot be read any more.
    #[test]
    fn the_dictionary_stays_as_it_was_released() {
        let words = std::str::from_utf8(WORDS).unwrap();
        assert_eq!(Fingerprint::of("dictionary", [words]).to_string(), "32103f6aba2bd1612c4a4b51e038c555");
    }

    #[test]
    fn figures_are_read_back() {
        for times in [0, 1, 40, 400] {
            let mut error = seen(times);
            if times > 1 {
                error.frames = Some("total \n shop.cart".to_owned());
                let at = Timestamp::from_micros(1_793_577_820_000_001);
                error.regression = Some(Regression { at, release: Some(String::new()), count: 2 });
                let configs = ConfigId::parse("0123456789abcdef0123456789abcdef").unwrap();
                let occurrence = OccurrenceId::parse("9007197776696131-01KGZ3M5V00000000000000007-0").unwrap();
                error.posted = Some(Posted { configs, occurrence });
                let [first_seen, count, users] = [u32::MAX, 16, 0].map(PostingBatch);
                error.indexed = Some(Indexed { until: 20_759, first_seen, count, users });
            }
            let figures = Figures::of(&error);
            assert_eq!(Figures::unpack(&figures.pack()).unwrap(), figures, "of {times} occurrences");
        }
    }

    #[test]
    fn damaged_figures_are_refused() {
        let good = Figures::of(&seen(3)).pack();
        for bad in [&[][..], &[FORM], &good[1..], &good[..good.len() - 1], b"\x01text"] {
            assert!(Figures::unpack(bad).is_err(), "{bad:?}");
        }
        let later = [&[FORM + 1], &good[1..]].concat();
        let refused = Figures::unpack(&later).unwrap_err().to_string();
        assert!(refused.contains("have form 2") && refused.contains("reads form 1 only"), "{refused}");
    }

    /// A missing part is not taken for an empty one.
    #[test]
    fn figures_without_a_part_are_refused() {
        let whole = serde_json::to_value(Figures::of(&new())).unwrap();
        let parts: Vec<_> = whole.as_object().unwrap().keys().cloned().collect();
        assert_eq!(parts, ["h", "o", "s", "t", "u", "w"]);
        for part in parts {
            let mut figures = whole.clone();
            figures.as_object_mut().unwrap().remove(&part);
            let refused = Figures::unpack(&packed(&figures)).unwrap_err().to_string();
            assert!(refused.contains(&format!("missing field `{part}`")), "{refused}");
        }
    }

    #[test]
    fn figures_with_impossible_values_are_refused() {
        for (part, value, expected) in [
            ("w", r#"{"u":"week"}"#, "unknown variant"),
            ("w", r#"{"c":[[1,1],[0,1]]}"#, "steps"),
            ("w", r#"{"c":[[9223372036854775807,1],[1,1]]}"#, "steps"),
            ("w", r#"{"c":[[1,-1]]}"#, "invalid value"),
            ("w", r#"{"c":[[1]]}"#, "invalid length"),
            ("h", r#"{"c":[[4294967296,1]]}"#, "out of range"),
            ("h", r#"{"c":[[-1,1]]}"#, "out of range"),
            ("h", r#"{"f":-1}"#, "invalid value"),
            ("s", r#"[1]"#, "invalid type"),
            ("s", r#"[{"l":"odd"}]"#, "unknown variant"),
            ("t", r#"{"t":{"a":[1,"x",1]}}"#, "invalid type"),
            ("t", r#"{"t":{"a":{"v":["x"]}}}"#, "invalid type"),
            ("t", r#"{"t":{"a":{"v":[["x"]]}}}"#, "invalid length"),
            ("t", r#"{"t":{"a":{"v":[["x",18446744073709551615,1]]}}}"#, "overflow"),
            ("t", r#"{"t":{"a":{"r":18446744073709551615,"v":[["x",1]]}}}"#, "overflow"),
            ("t", r#"{"t":{"a":{"o":"12345"}}}"#, "ten hexadecimal digits"),
            ("t", r#"{"t":{"a":{"o":"123456789x"}}}"#, "ten hexadecimal digits"),
            ("r", r#"{"a":"yesterday","c":1}"#, "yesterday"),
            ("p", r#"{"c":"0123456789abcdef0123456789abcdef"}"#, "missing field"),
            ("i", r#"[1,2,3]"#, "invalid length"),
            ("i", r#"[1,2,3,4294967296]"#, "invalid value"),
            ("h", "{}", "missing field"),
            ("w", "{}", "missing field"),
            ("u", "{}", "expected value"),
        ] {
            let mut figures = serde_json::to_value(Figures::of(&new())).unwrap();
            figures[part] = serde_json::from_str(value).unwrap();
            let refused = Figures::unpack(&packed(&figures)).unwrap_err().to_string();
            assert!(refused.contains(expected), "{part}: {value}: {refused}");
        }
    }

    /// In JSON, a character of a client's text may need six.
    #[test]
    fn figures_full_of_escaped_texts_are_read_back() {
        let text = |number: usize| format!("{number}{}", "\u{1}".repeat(90));
        let mut error = new();
        for number in 0..300 {
            let mut sighting = at(number as i64 * 100, "r");
            sighting.environment = Some(text(number));
            sighting.tags = (0..23).map(|tag| (text(tag)[..30].to_owned(), text(number)[..60].to_owned())).collect();
            drop(error.observe(TimeUnit::Minute, &[sighting]));
        }
        let figures = Figures::of(&error);
        assert_eq!(Figures::unpack(&figures.pack()).unwrap(), figures);
    }
}
