use std::fmt;

use ulid::Ulid;

use super::{ProjectId, shown};
use crate::time::Timestamp;

/// Names a segment: its project, the day it was written and a ULID.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SegmentId {
    project: ProjectId,
    date: String,
    ulid: Ulid,
}

/// The text is not the short form of a segment's name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a segment id: it must be a date, a slash and a ULID")]
pub struct BadSegmentId(String);

impl SegmentId {
    /// A new one, written at `now`, told from others by 80 of the `random` bits.
    pub fn new(project: ProjectId, now: Timestamp, random: u128) -> Self {
        Self { project, date: now.date(), ulid: Ulid::from_parts(now.millis() as u64, random) }
    }

    /// From the short form that [`Display`](fmt::Display) gives, which leaves the project out.
    pub fn parse(project: ProjectId, text: &str) -> Result<Self, BadSegmentId> {
        let parsed = || {
            let (date, ulid) = text.split_once('/')?;
            let is_date = date.len() == 10 && date.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
            Some(Self { project, date: is_date.then(|| date.to_owned())?, ulid: Ulid::from_string(ulid).ok()? })
        };
        parsed().ok_or_else(|| BadSegmentId(shown(text)))
    }

    /// Where all segments of a project lie.
    pub fn prefix(project: ProjectId) -> String {
        format!("segments/v=1/project={project}/")
    }

    /// The key in S3. Its parts are named as Hive does, so that Athena takes them as partitions.
    pub fn key(&self) -> String {
        format!("{}date={}/{}.ndjson.zst", Self::prefix(self.project), self.date, self.ulid)
    }
}

impl fmt::Display for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.date, self.ulid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_partitioned_and_the_short_form_finds_it_again() {
        let project = ProjectId::new(7).unwrap();
        let id = SegmentId::new(project, Timestamp::from_seconds(1_478_044_860), 1);
        assert_eq!(id.key(), "segments/v=1/project=7/date=2016-11-02/01B0H5DFK00000000000000001.ndjson.zst");
        assert_eq!(SegmentId::parse(project, &id.to_string()).unwrap(), id);
        assert!(SegmentId::parse(project, "../x").is_err());
    }
}
