//! The figures of an error in few bytes: each commit pays for the whole item by the kilobyte, twice.

use std::cell::RefCell;

use super::{
    BadHours, BadSeen, BadTags, BadThresholdWindows, BadUsers, ErrorAggregate, Hours, Origins, Seen, Tags,
    ThresholdWindows, Users,
};

/// The version of the form, its first byte. Version 1 has no origins.
const FORM: u8 = 2;
const WITHOUT_ORIGINS: u8 = 1;
/// zstd's default level. A higher one saves about ten bytes and takes several times the CPU time.
const LEVEL: i32 = 3;
/// Maximum size after unpacking, in bytes: many times what an error has, so that only damaged data is refused.
const MAX_UNPACKED: usize = 64 << 10;

thread_local! {
    /// Created once per thread: creating one takes longer than packing an error.
    static PACKER: RefCell<zstd::bulk::Compressor<'static>> =
        RefCell::new(zstd::bulk::Compressor::new(LEVEL).expect("level 3 exists"));
    static UNPACKER: RefCell<zstd::bulk::Decompressor<'static>> =
        RefCell::new(zstd::bulk::Decompressor::new().expect("a context without a dictionary"));
}

/// The bytes are not the packed figures of an error.
#[derive(Debug, thiserror::Error)]
pub enum BadFigures {
    /// The bytes have another form, or are damaged.
    #[error("the packed figures of an error cannot be read: {0}")]
    Packed(String),
    #[error(transparent)]
    ThresholdWindows(#[from] BadThresholdWindows),
    #[error(transparent)]
    Hours(#[from] BadHours),
    #[error(transparent)]
    Seen(#[from] BadSeen),
    #[error(transparent)]
    Tags(#[from] BadTags),
    #[error(transparent)]
    Users(#[from] BadUsers),
}

impl ErrorAggregate {
    /// Packs the error's threshold windows, hours, tags, users and frames, and the origins of all its occurrences and
    /// of its last commit. The result is the version of the form, followed by zstd of one line of text for each, except
    /// the users, whose bytes come last.
    pub fn pack_figures(&self) -> Vec<u8> {
        // As JSON, since function names are a client's text, and only JSON is certain to be on one line.
        let frames = serde_json::to_string(&self.frames).expect("a text is JSON");
        let Self { threshold_windows, hours, seen, tags, origins, .. } = self;
        let mut raw = format!("{threshold_windows}\n{hours}\n{seen}\n{tags}\n{origins}\n{frames}\n").into_bytes();
        if self.users.count() > 0 {
            raw.extend(self.users.to_bytes());
        }
        let packed = PACKER.with_borrow_mut(|packer| packer.compress(&raw));
        [vec![FORM], packed.expect("compressing into memory cannot fail")].concat()
    }

    /// Reads back the figures that [`pack_figures`](Self::pack_figures) packed.
    pub fn unpack_figures(&mut self, packed: &[u8]) -> Result<(), BadFigures> {
        let damaged = |what: &str| BadFigures::Packed(what.to_owned());
        let (form, packed) = match packed.split_first() {
            Some((&form @ (FORM | WITHOUT_ORIGINS), packed)) => (form, packed),
            _ => return Err(damaged("this version reads forms 1 and 2 only")),
        };
        let raw = UNPACKER.with_borrow_mut(|unpacker| unpacker.decompress(packed, MAX_UNPACKED));
        let raw = raw.map_err(|error| BadFigures::Packed(error.to_string()))?;
        let mut parts = raw.splitn(if form == FORM { 7 } else { 6 }, |&byte| byte == b'\n');
        let mut part = || parts.next().ok_or_else(|| damaged("a part is missing"));
        let text = |part| std::str::from_utf8(part).map_err(|error| BadFigures::Packed(error.to_string()));
        self.threshold_windows = ThresholdWindows::parse(text(part()?)?)?;
        self.hours = Hours::parse(text(part()?)?)?;
        self.seen = Seen::parse(text(part()?)?)?;
        self.tags = Tags::parse(text(part()?)?)?;
        self.origins = if form == FORM { Origins::parse(text(part()?)?)? } else { Origins::default() };
        self.frames = serde_json::from_slice(part()?).map_err(|error| BadFigures::Packed(error.to_string()))?;
        let users = part()?;
        self.users = if users.is_empty() { Users::default() } else { Users::parse(users)? };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Sighting;
    use crate::error::tests::{at, new};
    use crate::project::TimeUnit;

    fn seen(times: usize) -> ErrorAggregate {
        let mut error = new();
        let sighting = |time: usize| Sighting {
            tags: vec![("url".to_owned(), format!("/order/{time}\n")), ("host".to_owned(), "web".to_owned())],
            ..at(time as i64 * 100, "r")
        };
        let sightings: Vec<_> = (0..times).map(sighting).collect();
        drop(error.observe(TimeUnit::Minute, &sightings));
        let users = |times: usize| match times {
            0..=48 => (0..times as u32).flat_map(|user| (user * 0x040A_0A0A).to_be_bytes()).collect(),
            _ => vec![10; 256],
        };
        error.users = Users::parse(&users(times)).unwrap();
        error
    }

    #[test]
    fn figures_are_packed_and_taken_back() {
        for times in [0, 1, 40, 400] {
            let mut error = seen(times);
            error.frames = (times > 1).then(|| "total \n shop.cart".to_owned());
            let mut again = new();
            again.unpack_figures(&error.pack_figures()).unwrap();
            let figures = |of: &ErrorAggregate| {
                let tags = (of.tags.clone(), of.users.clone(), of.frames.clone());
                (of.threshold_windows.clone(), of.hours.clone(), of.seen.clone(), of.origins.clone(), tags)
            };
            assert_eq!(figures(&again), figures(&error), "of {times} occurrences");
        }
    }

    #[test]
    fn damaged_figures_are_refused() {
        let good = seen(3).pack_figures();
        let mut later = good.clone();
        later[0] = 3;
        for bad in [&[][..], &[1], &later, &good[..good.len() - 1], b"\x01text"] {
            assert!(seen(1).unpack_figures(bad).is_err(), "{bad:?}");
        }
    }
}
