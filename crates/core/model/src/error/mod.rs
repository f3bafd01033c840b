//! The aggregate of an error's occurrences: everything that a list shows, without reading any occurrence.

mod change;
mod counts;
pub mod history;
mod hours;
mod indexed;
mod link;
mod merge_family;
mod merged;
mod mute;
mod packed;
mod posted;
mod regression;
mod resolution;
mod seen;
mod status;
mod tags;
mod threshold_windows;
mod users;

use std::collections::{BTreeMap, BTreeSet};

pub use change::{ErrorChange, StatusChange};
pub use hours::Hours;
pub use indexed::{Indexed, PostingBatch};
pub use link::Link;
pub use merge_family::{MergeFamily, TooManyMergedErrors};
pub use merged::{BadMergedErrors, MergeRecord, MergedError};
pub use mute::Mute;
pub use packed::{BadFigures, Figures};
pub use posted::Posted;
pub use regression::Regression;
pub use resolution::Resolution;
pub use seen::{Origin, Origins, Seen};
pub use status::{BadStatus, Status};
pub use tags::{Has, Tag, TagValue, Tags};
pub use threshold_windows::ThresholdWindows;
pub use users::{UserHash, Users};

use crate::id::{ErrorUid, Fingerprint, ProjectId, UserId};
use crate::occurrence::{Level, Occurrence};
use crate::project::TimeUnit;
use crate::time::Timestamp;

/// Maximum length of the type and the culprit that an aggregate keeps, in bytes. The item must stay small, because each
/// batch writes it.
const MAX_TEXT: usize = 200;
/// Maximum length of the message that an aggregate keeps, in bytes: that of a v1 error's message after it was cut.
const MAX_MESSAGE: usize = 720;

/// An error: a group of occurrences with the same cause, named by its fingerprint.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorAggregate {
    pub project: ProjectId,
    /// The hash that names it.
    pub fingerprint: Fingerprint,
    /// The id of this incarnation.
    pub uid: ErrorUid,
    /// The number of writes. A write succeeds only if nobody else has written since the error was read.
    pub version: u64,
    /// The type of its newest occurrence, cut to 200 bytes.
    pub kind: String,
    /// The title in lists, at most 720 bytes.
    pub message: String,
    /// The culprit of its newest occurrence, cut to 200 bytes.
    pub culprit: Option<String>,
    /// The level of its newest occurrence.
    pub level: Level,
    /// The platform of its newest occurrence.
    pub platform: String,
    pub status: Status,
    /// When somebody set the status, or when the occurrence was received that changed it (a regression, or the end of a
    /// mute).
    pub status_at: Timestamp,
    /// How long it is muted. Set if, and only if, the status is [`Status::Muted`].
    pub mute: Option<Mute>,
    /// The release after which it is resolved. Set only if the status is [`Status::Resolved`], and only if it is not
    /// resolved in all releases.
    pub resolution: Option<Resolution>,
    /// The last time that it came back after it was resolved.
    pub regression: Option<Regression>,
    /// The assignee: a name or an address, at most 200 bytes.
    pub assignee: Option<String>,
    /// The user who is the assignee. `None`: the assignee is text only.
    pub assignee_user: Option<UserId>,
    /// The number of occurrences, ever.
    pub count: u64,
    /// The time of the earliest occurrence.
    pub first_seen: Timestamp,
    /// The time of the latest occurrence.
    pub last_seen: Timestamp,
    /// The release of the earliest occurrence that names one.
    pub first_release: Option<String>,
    /// The release of the latest occurrence that names one.
    pub last_release: Option<String>,
    /// The environment of its newest occurrence.
    pub environment: Option<String>,
    /// Its counts in the newest units of time, for thresholds.
    pub threshold_windows: ThresholdWindows,
    /// Its counts in the newest hours, for charts in lists.
    pub hours: Hours,
    /// The most frequent tags of its occurrences.
    pub tags: Tags,
    /// The approximate number of users who were affected.
    pub users: Users,
    /// The origins of the occurrences in its last commit.
    pub seen: Seen,
    /// The origins of its occurrences so far.
    pub origins: Origins,
    /// When its mute last ended by itself.
    pub unmuted_at: Option<Timestamp>,
    /// The notification configs that a client posted with the occurrences of its last commit, if it posted any.
    pub posted: Option<Posted>,
    /// When it expires, unless it is seen again. Never before its occurrences do.
    pub expires_at: Timestamp,
    /// Names from the stack frames of its first occurrence, at most 120 bytes. The crate `search` finds it by them.
    pub frames: Option<String>,
    /// The state of its postings in the search index; `None` until its first terms are posted.
    pub indexed: Option<Indexed>,
    /// Its issues in other services, by destination (of `rules::Target`). Only notify writes this.
    pub links: BTreeMap<String, Link>,
    /// The error that it is merged into. Lists do not show a merged error, and a reader that finds one goes on to the
    /// target, if the target [has it as a merged error](Self::has_merged).
    pub merged_into: Option<Fingerprint>,
    /// The record of the errors that are merged into it.
    pub merged: Option<MergeRecord>,
}

impl ErrorAggregate {
    /// Creates an error without occurrences, at version 0, which no stored error has.
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
            mute: None,
            resolution: None,
            regression: None,
            assignee: None,
            assignee_user: None,
            count: 0,
            first_seen: Timestamp::from_micros(i64::MAX),
            last_seen: Timestamp::from_micros(0),
            first_release: None,
            last_release: None,
            environment: None,
            threshold_windows: ThresholdWindows::default(),
            hours: Hours::default(),
            tags: Tags::default(),
            users: Users::default(),
            seen: Seen::default(),
            origins: Origins::default(),
            unmuted_at: None,
            posted: None,
            expires_at: Timestamp::from_micros(0),
            frames: None,
            indexed: None,
            links: BTreeMap::new(),
            merged_into: None,
            merged: None,
        }
    }

    /// Counts the occurrences of one commit, oldest first. Thresholds count them in units of this length.
    ///
    /// If an error was resolved before an occurrence was received, it becomes unresolved again (a regression). An
    /// occurrence that waited in the inbox while somebody resolved the error does not undo that. The same applies to a
    /// mute that is over. Returns the action to record in the error's history, which happened at its `status_at`.
    ///
    /// If others are merged into the error, only its own occurrences determine its type, message and culprit: they stay
    /// what they would be without the others.
    pub fn observe<'a>(
        &mut self,
        unit: TimeUnit,
        commit: impl IntoIterator<Item = &'a Sighting>,
    ) -> Option<history::Action> {
        let commit: Vec<_> = commit.into_iter().collect();
        let ended = self.add(unit, &commit);
        if let Some(MergeRecord { own, .. }) = &mut self.merged {
            own.add(unit, &commit);
            self.kind.clone_from(&own.kind);
            self.message.clone_from(&own.message);
            self.culprit.clone_from(&own.culprit);
        }
        ended
    }

    /// Counts the occurrences of one commit of a merged error, as [`observe`](Self::observe) does.
    pub fn observe_of_merged<'a>(
        &mut self,
        unit: TimeUnit,
        commit: impl IntoIterator<Item = &'a Sighting>,
    ) -> Option<history::Action> {
        let (kind, message, culprit) = (self.kind.clone(), self.message.clone(), self.culprit.clone());
        let ended = self.add(unit, &commit.into_iter().collect::<Vec<_>>());
        (self.kind, self.message, self.culprit) = (kind, message, culprit);
        ended
    }

    fn add(&mut self, unit: TimeUnit, commit: &[&Sighting]) -> Option<history::Action> {
        let mut ended = None;
        self.seen = Seen::default();
        self.threshold_windows.begin(unit, (self.count > 0).then_some(self.last_seen));
        let mut touched = BTreeSet::new();
        for sighting in commit {
            // At most once per commit: afterwards the error is unresolved.
            ended = self.observe_one(sighting).or(ended);
            self.seen.add(sighting);
            let back_at = self.back_at();
            self.origins.add(sighting, back_at);
            touched.extend(self.threshold_windows.add(sighting.timestamp));
            self.hours.add(sighting.timestamp);
            self.tags.add(&sighting.tags);
            if let Some(user) = sighting.user {
                self.users.add(self.project, user);
            }
        }
        self.threshold_windows.prune(&touched);
        self.tags.fit();
        ended
    }

    /// When it last came back by itself, after it was resolved or muted. `None` if somebody has set its status since.
    pub fn back_at(&self) -> Option<Timestamp> {
        (self.status == Status::Unresolved && (self.has_regressed() || self.is_unmuted())).then_some(self.status_at)
    }

    /// Whether it is unresolved because an occurrence came after somebody had resolved it.
    pub fn has_regressed(&self) -> bool {
        let at = self.regression.as_ref().map(|regression| regression.at);
        self.status == Status::Unresolved && at == Some(self.status_at)
    }

    /// Whether it is unresolved because its mute ended by itself.
    pub fn is_unmuted(&self) -> bool {
        self.status == Status::Unresolved && self.unmuted_at == Some(self.status_at)
    }

    fn observe_one(&mut self, seen: &Sighting) -> Option<history::Action> {
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
            self.environment.clone_from(&seen.environment);
            if seen.release.is_some() {
                self.last_release.clone_from(&seen.release);
            }
        }
        self.end(seen)
    }

    /// Ends the resolution or the mute, if this occurrence does so.
    fn end(&mut self, seen: &Sighting) -> Option<history::Action> {
        if seen.received_at <= self.status_at {
            return None;
        }
        let release = seen.release.clone();
        let action = match self.status {
            Status::Unresolved => return None,
            Status::Resolved => {
                let is_old = |resolution: &Resolution| !resolution.is_ended_by(seen, self.status_at);
                if self.resolution.as_ref().is_some_and(is_old) {
                    return None;
                }
                let count = self.regression.as_ref().map_or(0, |regression| regression.count) + 1;
                self.regression = Some(Regression { at: seen.received_at, release: release.clone(), count });
                history::Action::Regressed { release }
            }
            Status::Muted => {
                self.mute.filter(|mute| mute.is_over(seen.received_at, self.count))?;
                self.unmuted_at = Some(seen.received_at);
                history::Action::MuteEnded { release }
            }
        };
        self.status = Status::Unresolved;
        self.status_at = seen.received_at;
        (self.mute, self.resolution) = (None, None);
        Some(action)
    }
}

/// The parts of an occurrence that an aggregate uses. Texts are cut to the lengths that it keeps.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    pub timestamp: Timestamp,
    /// When it was received.
    pub received_at: Timestamp,
    pub kind: String,
    /// The title of the error in lists.
    pub message: String,
    pub culprit: Option<String>,
    pub level: Level,
    pub platform: String,
    pub release: Option<String>,
    pub environment: Option<String>,
    /// When its release was first seen in the project, as far as the processor knows.
    pub release_since: Option<Timestamp>,
    /// The tags that are counted.
    pub tags: Vec<(String, String)>,
    /// The user who was affected.
    pub user: Option<UserHash>,
}

impl Sighting {
    /// Creates the sighting of an occurrence. `message` is the title of its error in lists.
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
            environment: optional(&occurrence.environment),
            release_since: None,
            tags: tags::tagged(occurrence),
            user: UserHash::of(occurrence),
        }
    }
}

/// Whether the stored form of the figures may leave this value out.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn cut(text: &str, limit: usize) -> String {
    text[..text.floor_char_boundary(limit)].to_owned()
}

#[cfg(test)]
mod merge_tests;
#[cfg(test)]
mod tests;
