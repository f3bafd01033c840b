//! From one occurrence of an error to the next: within a frame by lines, across frames by references.

use axum::body::Bytes;
use futures_util::future::try_join;
use model::id::OccurrenceId;
use model::outcome::Refusal;
use store::ports::{Reference, ReferenceRange};

use super::References;
use super::frame::{self, LocatedOccurrence};
use crate::Query;

/// How many frames that cannot be read are stepped over at the most. Frames expire after their references, so only
/// damage, or a deletion that is under way, makes any.
const MAX_UNREADABLE_FRAMES: usize = 50;
/// How many references are asked for when the nearest one leads to nothing.
const REFERENCES_PER_READ: usize = 10;

/// An occurrence, and its neighbours.
pub(super) struct SteppedOccurrence {
    pub(super) found: LocatedOccurrence,
    /// The next one in the direction of now.
    pub(super) newer: Option<OccurrenceId>,
    /// The next one in the direction of the past.
    pub(super) older: Option<OccurrenceId>,
}

/// Which of all occurrences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The first that happened: the oldest.
    First,
    /// The last that happened: the newest.
    Last,
}

/// Where an occurrence is, and the frame that it is in.
struct LinePosition {
    reference: Reference,
    frame: Bytes,
    line: u32,
}

/// The occurrence at a line of a reference's frame, if it is there and can be read. Reads the frame, and a reference and
/// a frame for each side on which the frame ends.
pub(super) async fn read_at(
    query: &Query,
    references: &References<'_>,
    reference: &Reference,
    line: u32,
) -> Result<Option<SteppedOccurrence>, Refusal> {
    let frame = frame::fetch(query, reference).await?;
    read_position(query, references, &LinePosition { reference: reference.clone(), frame, line }, None).await
}

/// The first or the last occurrence of all, with its neighbour. Reads as [`read_at`] does.
pub(super) async fn read_at_end(
    query: &Query,
    references: &References<'_>,
    end: End,
) -> Result<Option<SteppedOccurrence>, Refusal> {
    let range = ReferenceRange { oldest_first: end == End::First, ..ReferenceRange::default() };
    match find_outermost(query, references, range).await? {
        Some((place, _)) => read_position(query, references, &place, Some(end)).await,
        None => Ok(None),
    }
}

/// The newest occurrence of all. Reads one reference and one frame.
pub(super) async fn find_newest(
    query: &Query,
    references: &References<'_>,
) -> Result<Option<LocatedOccurrence>, Refusal> {
    Ok(find_outermost(query, references, ReferenceRange::default()).await?.map(|(_, found)| found))
}

/// What is at a place, and beside it. Behind the `end` of all nothing needs to be looked for.
async fn read_position(
    query: &Query,
    references: &References<'_>,
    LinePosition { reference, frame, line }: &LinePosition,
    end: Option<End>,
) -> Result<Option<SteppedOccurrence>, Refusal> {
    let Some((found, newer, older)) = find_in_frame(reference, frame, *line) else { return Ok(None) };
    let beyond = async |known: Option<OccurrenceId>, range: ReferenceRange, side| match known {
        None if end != Some(side) => {
            let outermost = find_outermost(query, references, range).await?;
            Ok::<_, Refusal>(outermost.map(|(_, found)| found.id))
        }
        known => Ok(known),
    };
    let newer_than = ReferenceRange { newer_than: Some(reference.id), oldest_first: true, ..ReferenceRange::default() };
    let older_than = ReferenceRange { older_than: Some(reference.id), ..ReferenceRange::default() };
    let beside = try_join(beyond(newer, newer_than, End::Last), beyond(older, older_than, End::First));
    let (newer, older) = beside.await?;
    Ok(Some(SteppedOccurrence { found, newer, older }))
}

/// The occurrence that a range begins with, in its own direction, over frames that have none.
async fn find_outermost(
    query: &Query,
    references: &References<'_>,
    mut range: ReferenceRange,
) -> Result<Option<(LinePosition, LocatedOccurrence)>, Refusal> {
    let (mut limit, mut left) = (1, MAX_UNREADABLE_FRAMES);
    while left > 0 {
        let page = references.page(&range, limit.min(left)).await?;
        // A page of nothing but what has expired counts too: what is bounded must end.
        left -= page.items.len().max(1);
        for reference in page.items {
            let frame = frame::fetch(query, &reference).await?;
            let found = find_begin(&reference, &frame, range.oldest_first);
            if let Some(found) = found {
                let line = found.id.line();
                return Ok(Some((LinePosition { reference, frame, line }, found)));
            }
        }
        match page.next {
            Some(next) => range = range.after(next),
            None => return Ok(None),
        }
        limit = REFERENCES_PER_READ;
    }
    tracing::error!(range = ?range, "too many frames in a row cannot be read: stepping ends before them");
    Ok(None)
}

/// The newest occurrence of a frame, or the oldest.
fn find_begin(reference: &Reference, frame: &[u8], oldest_first: bool) -> Option<LocatedOccurrence> {
    let mut lines = frame::lines(reference, frame);
    if !oldest_first {
        return lines.find_map(|line| frame::read(reference, &line));
    }
    let lines: Vec<_> = lines.collect();
    lines.iter().rev().find_map(|line| frame::read(reference, line))
}

type InFrame = (LocatedOccurrence, Option<OccurrenceId>, Option<OccurrenceId>);

/// The occurrence at `line`, and the ones beside it, newer and older, as far as the frame has them.
fn find_in_frame(reference: &Reference, frame: &[u8], line: u32) -> Option<InFrame> {
    let mut lines = frame::lines(reference, frame);
    let before: Vec<_> = lines.by_ref().take(line as usize).collect();
    let found = frame::read(reference, &lines.next()?)?;
    let id = |found: LocatedOccurrence| found.id;
    let newer = before.iter().rev().find_map(|line| frame::read(reference, line)).map(id);
    let older = lines.find_map(|line| frame::read(reference, &line)).map(id);
    Some((found, newer, older))
}
