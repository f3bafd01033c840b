//! The aggregate of like occurrences: what a list shows without reading any of them.

mod change;
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
pub use hours::{BadHours, Hours};
pub use indexed::{BadIndexed, Indexed, PostingBatch};
pub use link::Link;
pub use merge_family::{MergeFamily, TooManyMergedErrors};
pub use merged::{BadMergedErrors, MergeRecord, MergedError};
pub use mute::Mute;
pub use packed::BadFigures;
pub use posted::Posted;
pub use regression::{BadRegression, Regression};
pub use resolution::Resolution;
pub use seen::{BadSeen, Origin, Origins, Seen};
pub use status::{BadStatus, Status};
pub use tags::{BadTags, Has, Tag, TagValue, Tags};
pub use threshold_windows::{BadThresholdWindows, ThresholdWindows};
pub use users::{BadUsers, UserHash, Users};

use crate::id::{ErrorUid, Fingerprint, ProjectId};
use crate::occurrence::{Level, Occurrence};
use crate::project::TimeUnit;
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
    /// This incarnation of the error.
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
    /// When somebody set the status, or when the occurrence was received that ended it (a regression, or a mute's end).
    pub status_at: Timestamp,
    /// Until when it tells nothing; there if, and only if, the status is [`Status::Muted`].
    pub mute: Option<Mute>,
    /// From which release on it is resolved; only of one that is [`Status::Resolved`], and not in all releases.
    pub resolution: Option<Resolution>,
    /// When it last came back after it was resolved.
    pub regression: Option<Regression>,
    /// Who is to look after it: a name or an address, at most 200 bytes.
    pub assignee: Option<String>,
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
    /// The environment of its newest occurrence.
    pub environment: Option<String>,
    /// How often it was seen in the newest units of time.
    pub threshold_windows: ThresholdWindows,
    /// How often it was seen in the newest hours.
    pub hours: Hours,
    /// The tags of its occurrences.
    pub tags: Tags,
    /// How many users it had.
    pub users: Users,
    /// What its last commit brought.
    pub seen: Seen,
    /// Where it was seen so far.
    pub origins: Origins,
    /// When its mute ended by itself, the last time.
    pub unmuted_at: Option<Timestamp>,
    /// The notification configs that a client posted with the occurrences of its last commit, if it posted any.
    pub posted: Option<Posted>,
    /// When it goes unless it is seen again: never before its occurrences.
    pub expires_at: Timestamp,
    /// The names in the frames that raised it when it was new, at most 120 bytes: the crate `search` finds it by them.
    pub frames: Option<String>,
    /// What is posted of it, to find it by; `None` if an older version wrote it.
    pub indexed: Option<Indexed>,
    /// Its issues elsewhere, by the destination (of `rules::Target`). Written by notify alone.
    pub links: BTreeMap<String, Link>,
    /// The error that it is merged into: lists do not show it, and who comes upon it goes on to that one, if that one
    /// [has it as a merged error](Self::has_merged).
    pub merged_into: Option<Fingerprint>,
    /// What is merged into it.
    pub merged: Option<MergeRecord>,
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
            mute: None,
            resolution: None,
            regression: None,
            assignee: None,
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

    /// Counts the occurrences of one commit, the oldest first; thresholds count them in units of this length.
    ///
    /// An error that was resolved before an occurrence was received is unresolved again (a regression); one that waited
    /// in the inbox while somebody resolved the error does not undo that. The same holds of a mute that is over. Returns
    /// what there is to write into the error's history, which happened at its `status_at`.
    ///
    /// An error that others are merged into is named by its own occurrences only: type, message and culprit stay what
    /// they would be without the others.
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
        let last_seen = (self.count > 0).then_some(self.last_seen);
        self.threshold_windows.begin(unit, last_seen);
        self.hours.begin(last_seen);
        let mut touched = BTreeSet::new();
        for sighting in commit {
            // Once at most: what has ended is unresolved.
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

    /// When it last came back by itself, after it was resolved or muted; `None` if somebody set its status since.
    pub fn back_at(&self) -> Option<Timestamp> {
        (self.status == Status::Unresolved && (self.has_regressed() || self.is_unmuted())).then_some(self.status_at)
    }

    /// Whether it is unresolved since an occurrence came after somebody resolved it.
    pub fn has_regressed(&self) -> bool {
        let at = self.regression.as_ref().map(|regression| regression.at);
        self.status == Status::Unresolved && at == Some(self.status_at)
    }

    /// Whether it is unresolved since its mute ended by itself.
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

    /// Ends the resolution or the mute, if this occurrence does.
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
    /// The environment.
    pub environment: Option<String>,
    /// When its release was first seen in the project, as far as the processor knows.
    pub release_since: Option<Timestamp>,
    /// Its tags that are counted.
    pub tags: Vec<(String, String)>,
    /// Who it happened to.
    pub user: Option<UserHash>,
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
            environment: optional(&occurrence.environment),
            release_since: None,
            tags: tags::tagged(occurrence),
            user: UserHash::of(occurrence),
        }
    }
}

fn cut(text: &str, limit: usize) -> String {
    text[..text.floor_char_boundary(limit)].to_owned()
}

#[cfg(test)]
mod merge_tests;
#[cfg(test)]
mod tests;
