//! Walks over the occurrences of an error in one direction, until enough matches are found or a limit is reached.

use std::collections::VecDeque;
use std::iter::zip;

use futures_util::future::try_join_all;
use model::id::{OccurrenceId, ReferenceId};
use model::occurrence::Filter;
use model::outcome::Refusal;
use model::timeline::Minute;
use store::ports::{Frame, Reference, ReferenceRange};

use super::References;
use super::frame::{self, LocatedOccurrence};
use crate::Query;

/// A page of occurrences ends at this many bytes, whatever its `limit`, because the answer of a Lambda function has at
/// most 6 MB. Each occurrence counts twice: it is shown with v1's keys, and whole.
const MAX_ANSWERED: usize = 3 << 20;
/// The most frames that are read if their contents decide what matches.
pub(super) const MAX_FRAMES: usize = 20;
/// The most bytes of lines that are examined. The last line may exceed it.
const MAX_EXAMINED: usize = 8 << 20;
/// The most frames, and bytes of frames, that are read at once. They limit memory. A single larger frame is still read.
const FRAMES_AT_ONCE: usize = 8;
const MAX_BYTES_AT_ONCE: u64 = 8 << 20;
/// The number of references that are read at once.
const REFERENCES_PER_READ: usize = 20;

/// Where a walk starts, and in which direction it goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum WalkStart {
    /// From the newest occurrence, towards the past.
    Now,
    /// After this occurrence, towards the past.
    After(OccurrenceId),
    /// Before this occurrence, towards the present.
    Before(OccurrenceId),
}

/// The result of a walk.
#[derive(Default)]
pub(super) struct Walked {
    /// The matches, in the direction of the walk.
    pub(super) found: Vec<LocatedOccurrence>,
    /// The number of occurrences that were examined.
    pub(super) examined: usize,
    /// Where the next walk continues; `None` if nothing is left.
    pub(super) next: Option<OccurrenceId>,
}

/// A walk in progress.
pub(super) struct Walk<'a> {
    query: &'a Query,
    references: &'a References<'a>,
    filter: &'a Filter,
    limit: usize,
    towards_now: bool,
    /// The references after those in `waiting`; `None` if there are no more.
    range: Option<ReferenceRange>,
    /// The references to read next: from this line on, or the whole frame.
    waiting: VecDeque<(Reference, Option<u32>)>,
    frames: usize,
    examined_bytes: usize,
    answered_bytes: usize,
    walked: Walked,
}

impl<'a> Walk<'a> {
    /// Starts a walk over `references` that finds up to `limit` occurrences that match `filter`.
    pub(super) async fn begin(
        query: &'a Query,
        references: &'a References<'a>,
        filter: &'a Filter,
        limit: usize,
        start: WalkStart,
    ) -> Result<Self, Refusal> {
        let towards_now = matches!(start, WalkStart::Before(_));
        let mut walk = Self {
            query,
            references,
            filter,
            limit,
            towards_now,
            range: Some(ReferenceRange { oldest_first: towards_now, ..range(filter) }),
            waiting: VecDeque::new(),
            // If only the time is filtered, each frame has matches, except for unreadable frames.
            frames: if filter.is_of_time() { limit + MAX_FRAMES } else { MAX_FRAMES },
            examined_bytes: 0,
            answered_bytes: 0,
            walked: Walked::default(),
        };
        let (id, line) = match start {
            WalkStart::Now => return Ok(walk),
            WalkStart::After(id) => (id, id.line().saturating_add(1)),
            WalkStart::Before(id) => (id, id.line()),
        };
        walk.range = walk.range.map(|range| range.after(id.reference()));
        if !(towards_now && line == 0) {
            let reference = references.find(&id.reference()).await?;
            let is_left = |one: &Reference| towards_now || (line as usize) < one.events.len();
            let reference = reference.filter(|one| is_left(one) && walk.may_have_any(one));
            walk.waiting.extend(reference.map(|one| (one, Some(line))));
        }
        Ok(walk)
    }

    /// Walks until enough matches are found, a limit is reached, or nothing is left.
    pub(super) async fn go(mut self) -> Result<Walked, Refusal> {
        while self.frames > 0 {
            if self.waiting.is_empty() {
                let Some(range) = self.range else { return Ok(self.walked_to(None)) };
                self.look_ahead(range).await?;
                continue;
            }
            let wave = self.wave();
            let fetched = wave.iter().map(|(reference, _)| frame::fetch(self.query, reference));
            let frames: Vec<Option<Frame>> = try_join_all(fetched).await?;
            let mut left = wave.len();
            for ((reference, line), frame) in zip(wave, frames) {
                left -= 1;
                self.frames -= 1;
                let stopped_at = self.go_over(&reference, line, frame.as_ref());
                if let Some((at, is_last)) = stopped_at {
                    let is_end = is_last && left == 0 && self.waiting.is_empty() && self.range.is_none();
                    return Ok(self.walked_to((!is_end).then_some(at)));
                }
            }
        }
        let next = self.walked.next;
        Ok(self.walked_to(next))
    }

    fn walked_to(self, next: Option<OccurrenceId>) -> Walked {
        Walked { next, ..self.walked }
    }

    /// Reads the next references.
    async fn look_ahead(&mut self, range: ReferenceRange) -> Result<(), Refusal> {
        let page = self.references.page(&range, REFERENCES_PER_READ).await?;
        self.range = page.next.map(|next| range.after(next));
        if page.items.is_empty()
            && let Some(next) = page.next
        {
            // All have expired. This counts as one frame, so that the walk ends.
            self.frames -= 1;
            self.walked.next = Some(self.end_of(next, 0, model::time::Timestamp::default()));
        }
        let wanted: Vec<_> = page.items.into_iter().filter(|reference| self.may_have_any(reference)).collect();
        self.waiting.extend(wanted.into_iter().map(|reference| (reference, None)));
        Ok(())
    }

    /// Whether any of a reference's occurrences may be in the filter's time range.
    fn may_have_any(&self, Reference { first, last, .. }: &Reference) -> bool {
        self.filter.start.is_none_or(|start| *last >= start) && self.filter.end.is_none_or(|end| *first < end)
    }

    /// Takes the references whose frames are read next, concurrently.
    fn wave(&mut self) -> Vec<(Reference, Option<u32>)> {
        let wanted = self.limit - self.walked.found.len();
        let (mut wave, mut bytes, mut lines) = (Vec::new(), 0, 0);
        while wave.len() < FRAMES_AT_ONCE.min(self.frames) {
            let Some((next, _)) = self.waiting.front() else { break };
            bytes += next.frame.length();
            let is_enough = bytes > MAX_BYTES_AT_ONCE || (self.filter.is_of_time() && lines >= wanted);
            if is_enough && !wave.is_empty() {
                break;
            }
            lines += next.events.len();
            wave.extend(self.waiting.pop_front());
        }
        wave
    }

    /// Examines the lines of a frame. If it stops because it has enough, returns the position, and whether that was the
    /// last line.
    fn go_over(
        &mut self,
        reference: &Reference,
        line: Option<u32>,
        frame: Option<&Frame>,
    ) -> Option<(OccurrenceId, bool)> {
        let lines = frame::lines(reference, frame);
        let mut lines: Box<dyn Iterator<Item = frame::FrameLine>> = if self.towards_now {
            let before: Vec<_> = lines.take(line.map_or(usize::MAX, |line| line as usize)).collect();
            Box::new(before.into_iter().rev())
        } else {
            Box::new(lines.skip(line.unwrap_or_default() as usize))
        };
        while let Some(line) = lines.next() {
            self.walked.examined += 1;
            self.examined_bytes += line.1.len();
            let mut at = OccurrenceId::new(reference.last, reference.id, line.0);
            let found = frame::read(reference, &line).filter(|found| self.filter.matches(&found.occurrence));
            if let Some(found) = found {
                at = found.id;
                self.answered_bytes += 2 * found.length;
                self.walked.found.push(found);
            }
            let is_full = self.walked.found.len() == self.limit;
            if is_full || self.answered_bytes >= MAX_ANSWERED || self.examined_bytes >= MAX_EXAMINED {
                return Some((at, lines.next().is_none()));
            }
        }
        self.walked.next = Some(self.end_of(reference.id, reference.events.len(), reference.last));
        None
    }

    /// The position after all lines of a frame.
    fn end_of(&self, id: ReferenceId, lines: usize, last: model::time::Timestamp) -> OccurrenceId {
        let line = if self.towards_now { 0 } else { u32::try_from(lines).unwrap_or(u32::MAX) };
        OccurrenceId::new(last, id, line)
    }
}

/// The range of references that may have occurrences in a filter's time range. Each covers one minute, and its id has
/// the time of its newest occurrence.
fn range(filter: &Filter) -> ReferenceRange {
    let end = filter.end.map(|end| match Minute::of(end) {
        minute if minute.start() == end => end,
        minute => minute.next().start(),
    });
    ReferenceRange {
        newer_than: filter.start.and_then(|start| ReferenceId::floor(start).previous()),
        older_than: end.map(ReferenceId::floor),
        oldest_first: false,
    }
}
