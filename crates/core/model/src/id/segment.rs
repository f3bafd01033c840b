use std::fmt;

use ulid::Ulid;

use super::{ProjectId, kept, shown};
use crate::project::Retention;
use crate::time::Timestamp;

/// The id of a segment: its project, how long it is kept, the day it was written, and a ULID.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SegmentId {
    project: ProjectId,
    retention: Option<Retention>,
    date: String,
    ulid: Ulid,
}

/// The text is not the short form of a segment id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a segment id: it must be a date, a slash and a ULID, after days and a slash if any")]
pub struct BadSegmentId(String);

/// The prefix of the keys of all segments.
const ROOT: &str = "segments/v=1/";

impl SegmentId {
    /// Creates the id of a segment that is written at `now` and kept as long as the stack's default. 80 of the `random`
    /// bits make it unique.
    pub fn new(project: ProjectId, now: Timestamp, random: u128) -> Self {
        let ulid = Ulid::from_parts(now.millis() as u64, random);
        Self { project, retention: None, date: now.date(), ulid }
    }

    /// The same id for a segment that is kept as long as its project's setting says, if it has one.
    #[must_use]
    pub fn kept(self, retention: Option<Retention>) -> Self {
        Self { retention, ..self }
    }

    /// Parses the short form that [`Display`](fmt::Display) writes, which leaves out the project.
    pub fn parse(project: ProjectId, text: &str) -> Result<Self, BadSegmentId> {
        let parsed = || {
            let (rest, ulid) = text.rsplit_once('/')?;
            let (retention, date) = match rest.split_once('/') {
                Some((days, date)) => (Some(Retention::of_days(days.parse().ok()?).ok()?), date),
                None => (None, rest),
            };
            let is_date = date.len() == 10 && date.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
            let date = is_date.then(|| date.to_owned())?;
            Some(Self { project, retention, date, ulid: Ulid::from_string(ulid).ok()? })
        };
        parsed().ok_or_else(|| BadSegmentId(shown(text)))
    }

    /// When the segment was first written, to the millisecond.
    pub fn written_at(&self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(self.ulid.timestamp_ms()).unwrap_or(i64::MAX))
    }

    /// The key prefix of all segments that are kept for the same time, in any project: the prefix of a lifecycle rule
    /// of the bucket.
    pub fn kept_prefix(retention: Option<Retention>) -> String {
        kept::prefix(ROOT, retention)
    }

    /// The key prefixes of a project's segments: one for each retention.
    pub fn prefixes(project: ProjectId) -> impl Iterator<Item = String> {
        kept::classes().map(move |retention| kept::project_prefix(ROOT, project, retention))
    }

    /// The key in S3. Its parts are named in Hive's style, so that Athena reads them as partitions.
    pub fn key(&self) -> String {
        format!(
            "{}date={}/{}.ndjson.zst",
            kept::project_prefix(ROOT, self.project, self.retention),
            self.date,
            self.ulid
        )
    }
}

impl fmt::Display for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(retention) = self.retention {
            write!(f, "{retention}/")?;
        }
        write!(f, "{}/{}", self.date, self.ulid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment() -> SegmentId {
        SegmentId::new(ProjectId::new(7).unwrap(), Timestamp::from_seconds(1_478_044_860), 1)
    }

    #[track_caller]
    fn check(retention: Option<Retention>, text: &str, key: &str) {
        let id = segment().kept(retention);
        assert_eq!((id.to_string().as_str(), id.key().as_str()), (text, key));
        assert_eq!(SegmentId::parse(id.project, text).unwrap(), id);
        assert_eq!(id.written_at(), Timestamp::from_seconds(1_478_044_860));
    }

    #[test]
    fn the_key_is_partitioned_and_the_short_form_finds_it_again() {
        check(
            None,
            "2016-11-02/01B0H5DFK00000000000000001",
            "segments/v=1/project=7/date=2016-11-02/01B0H5DFK00000000000000001.ndjson.zst",
        );
        check(
            Some(Retention::of_days(30).unwrap()),
            "30/2016-11-02/01B0H5DFK00000000000000001",
            "segments/v=1/retention=30/project=7/date=2016-11-02/01B0H5DFK00000000000000001.ndjson.zst",
        );
        let ulid = "01B0H5DFK00000000000000001";
        for bad in ["../x", ulid, &format!("31/2016-11-02/{ulid}"), &format!("30/30/2016-11-02/{ulid}")] {
            assert!(SegmentId::parse(segment().project, bad).is_err(), "{bad}");
        }
    }

    /// A segment is covered by exactly one lifecycle rule, and by exactly one prefix of its project.
    #[test]
    fn prefixes_do_not_overlap() {
        let classes = || [None].into_iter().chain(Retention::ALL.map(Some));
        for retention in classes() {
            let key = segment().kept(retention).key();
            let under: Vec<_> = classes().map(SegmentId::kept_prefix).filter(|rule| key.starts_with(rule)).collect();
            assert_eq!(under, [SegmentId::kept_prefix(retention)], "{key}");
            assert_eq!(SegmentId::prefixes(segment().project).filter(|prefix| key.starts_with(prefix)).count(), 1);
            assert_eq!(
                SegmentId::prefixes(ProjectId::new(70).unwrap()).filter(|other| key.starts_with(other)).count(),
                0
            );
        }
    }
}
