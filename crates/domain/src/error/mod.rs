//! The aggregate of like occurrences: what a list shows without reading any of them.

mod link;
mod status;

pub use link::Link;
pub use status::{BadStatus, Status};

use crate::id::{ErrorUid, Fingerprint, ProjectId};
use crate::occurrence::{Level, Occurrence};
use crate::time::Timestamp;

/// The longest `type` and culprit that an aggregate keeps, in bytes: the item must stay small, as each batch writes it.
const MAX_TEXT: usize = 200;
/// The longest message that an aggregate keeps, in bytes: that of a v1 error after it was cut.
const MAX_MESSAGE: usize = 720;

/// An error: a group of like occurrences, named by its fingerprint.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorAggregate {
    /// The project it belongs to.
    pub project: ProjectId,
    /// What its occurrences have in common.
    pub fingerprint: Fingerprint,
    /// This life of the error.
    pub uid: ErrorUid,
    /// Counts the writes: each write is on condition that nobody else wrote since it was read.
    pub version: u64,
    /// The type of its newest occurrence, cut to 200 bytes.
    pub kind: String,
    /// The message that names it in lists, at most 720 bytes.
    pub message: String,
    /// Where it goes wrong, cut to 200 bytes.
    pub culprit: Option<String>,
    /// The level of its newest occurrence.
    pub level: Level,
    /// The platform of its newest occurrence.
    pub platform: String,
    /// Whether it still matters.
    pub status: Status,
    /// When somebody, or a regression, set the status.
    pub status_at: Timestamp,
    /// How many occurrences there were, ever.
    pub count: u64,
    /// The time of the earliest occurrence.
    pub first_seen: Timestamp,
    /// The time of the latest occurrence.
    pub last_seen: Timestamp,
    /// The release of the earliest occurrence that names one.
    pub first_release: Option<String>,
    /// The release of the latest occurrence that names one.
    pub last_release: Option<String>,
}

impl ErrorAggregate {
    /// A new error without occurrences yet, at version 0, which no stored one has.
    pub fn new(project: ProjectId, fingerprint: Fingerprint, uid: ErrorUid, now: Timestamp) -> Self {
        Self {
            project,
            fingerprint,
            uid,
            version: 0,
            kind: String::new(),
            message: String::new(),
            culprit: None,
            level: Level::Error,
            platform: "other".to_owned(),
            status: Status::Unresolved,
            status_at: now,
            count: 0,
            first_seen: Timestamp::from_micros(i64::MAX),
            last_seen: Timestamp::from_micros(0),
            first_release: None,
            last_release: None,
        }
    }

    /// Counts one occurrence. An error that was resolved before the occurrence was received is unresolved again (a
    /// regression); one that waited in the inbox while somebody resolved the error does not undo that.
    pub fn observe(&mut self, seen: &Sighting) {
        self.count += 1;
        if seen.timestamp < self.first_seen {
            self.first_seen = seen.timestamp;
            if seen.release.is_some() {
                self.first_release.clone_from(&seen.release);
            }
        }
        if seen.timestamp >= self.last_seen {
            self.last_seen = seen.timestamp;
            self.kind.clone_from(&seen.kind);
            self.message.clone_from(&seen.message);
            self.culprit.clone_from(&seen.culprit);
            self.level = seen.level;
            self.platform.clone_from(&seen.platform);
            if seen.release.is_some() {
                self.last_release.clone_from(&seen.release);
            }
        }
        if self.status == Status::Resolved && seen.received_at > self.status_at {
            self.status = Status::Unresolved;
            self.status_at = seen.received_at;
        }
    }
}

/// What an aggregate takes from one occurrence; texts are cut to what it keeps.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    /// When it happened.
    pub timestamp: Timestamp,
    /// When it was received.
    pub received_at: Timestamp,
    /// Its type.
    pub kind: String,
    /// What names the error in lists.
    pub message: String,
    /// Where it went wrong.
    pub culprit: Option<String>,
    /// How bad it is.
    pub level: Level,
    /// The platform.
    pub platform: String,
    /// The release.
    pub release: Option<String>,
}

impl Sighting {
    /// Of an occurrence of an error that lists name by `message`.
    pub fn of(occurrence: &Occurrence, message: &str) -> Self {
        let optional = |text: &Option<String>| text.as_deref().map(|text| cut(text, MAX_TEXT));
        Self {
            timestamp: occurrence.timestamp,
            received_at: occurrence.received_at,
            kind: cut(&occurrence.kind, MAX_TEXT),
            message: cut(message, MAX_MESSAGE),
            culprit: optional(&occurrence.culprit),
            level: occurrence.level,
            platform: cut(&occurrence.platform, MAX_TEXT),
            release: optional(&occurrence.release),
        }
    }
}

fn cut(text: &str, limit: usize) -> String {
    text[..text.floor_char_boundary(limit)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::EventId;
    use crate::occurrence::Source;

    fn at(seconds: i64, release: &str) -> Sighting {
        let moment = Timestamp::from_seconds(seconds);
        let mut occurrence = Occurrence::new(EventId::from_bytes([0; 16]), Source::V1, moment, moment);
        occurrence.release = Some(release.to_owned());
        occurrence.kind = release.to_owned();
        Sighting::of(&occurrence, "m")
    }

    fn new() -> ErrorAggregate {
        let now = Timestamp::from_seconds(0);
        ErrorAggregate::new(ProjectId::new(1).unwrap(), Fingerprint::of("m", []), ErrorUid::new(now, 1), now)
    }

    #[test]
    fn first_and_last_follow_the_events_own_times_in_whatever_order_they_come() {
        let mut error = new();
        for (seconds, release) in [(20, "b"), (30, "c"), (10, "a")] {
            error.observe(&at(seconds, release));
        }
        assert_eq!(error.count, 3);
        assert_eq!((error.first_seen.seconds(), error.last_seen.seconds()), (10, 30));
        assert_eq!((error.first_release.as_deref(), error.last_release.as_deref()), (Some("a"), Some("c")));
        assert_eq!(error.kind, "c");
    }

    #[test]
    fn a_resolved_error_that_is_seen_again_is_unresolved() {
        let mut error = new();
        error.status = Status::Resolved;
        error.status_at = Timestamp::from_seconds(100);
        error.observe(&at(99, "a"));
        assert_eq!(error.status, Status::Resolved, "it was received before somebody resolved the error");
        error.observe(&at(101, "a"));
        assert_eq!(error.status, Status::Unresolved);
    }

    #[test]
    fn texts_are_cut_between_characters() {
        let moment = Timestamp::from_seconds(1);
        let mut occurrence = Occurrence::new(EventId::from_bytes([0; 16]), Source::V1, moment, moment);
        occurrence.kind = "é".repeat(500);
        let mut error = new();
        error.observe(&Sighting::of(&occurrence, &"x".repeat(10_000)));
        assert_eq!((error.kind.len(), error.message.len()), (200, 720));
    }
}
