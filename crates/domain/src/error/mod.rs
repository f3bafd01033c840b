//! The aggregate of like occurrences: what a list shows without reading any of them.

mod status;

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

    /// Counts one occurrence; `message` is what names the error in lists. An error that was resolved before the
    /// occurrence was received is unresolved again (a regression); one that waited in the inbox while somebody resolved
    /// the error does not undo that.
    pub fn observe(&mut self, occurrence: &Occurrence, message: &str) {
        self.count += 1;
        if occurrence.timestamp < self.first_seen {
            self.first_seen = occurrence.timestamp;
            if let Some(release) = &occurrence.release {
                self.first_release = Some(cut(release, MAX_TEXT));
            }
        }
        if occurrence.timestamp >= self.last_seen {
            self.last_seen = occurrence.timestamp;
            self.kind = cut(&occurrence.kind, MAX_TEXT);
            self.message = cut(message, MAX_MESSAGE);
            self.culprit = occurrence.culprit.as_deref().map(|culprit| cut(culprit, MAX_TEXT));
            self.level = occurrence.level;
            self.platform = cut(&occurrence.platform, MAX_TEXT);
            if let Some(release) = &occurrence.release {
                self.last_release = Some(cut(release, MAX_TEXT));
            }
        }
        if self.status == Status::Resolved && occurrence.received_at > self.status_at {
            self.status = Status::Unresolved;
            self.status_at = occurrence.received_at;
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

    fn at(seconds: i64, release: &str) -> Occurrence {
        let moment = Timestamp::from_seconds(seconds);
        let mut occurrence = Occurrence::new(EventId::from_bytes([0; 16]), Source::V1, moment, moment);
        occurrence.release = Some(release.to_owned());
        occurrence.kind = release.to_owned();
        occurrence
    }

    fn new() -> ErrorAggregate {
        let now = Timestamp::from_seconds(0);
        ErrorAggregate::new(ProjectId::new(1).unwrap(), Fingerprint::of("m", []), ErrorUid::new(now, 1), now)
    }

    #[test]
    fn first_and_last_follow_the_events_own_times_in_whatever_order_they_come() {
        let mut error = new();
        for (seconds, release) in [(20, "b"), (30, "c"), (10, "a")] {
            error.observe(&at(seconds, release), "m");
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
        error.observe(&at(99, "a"), "m");
        assert_eq!(error.status, Status::Resolved, "it was received before somebody resolved the error");
        error.observe(&at(101, "a"), "m");
        assert_eq!(error.status, Status::Unresolved);
    }

    #[test]
    fn texts_are_cut_between_characters() {
        let mut error = new();
        let mut occurrence = at(1, "r");
        occurrence.kind = "é".repeat(500);
        error.observe(&occurrence, &"x".repeat(10_000));
        assert_eq!((error.kind.len(), error.message.len()), (200, 720));
    }
}
