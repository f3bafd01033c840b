//! Steps from one occurrence of an error to the next: by lines within a frame, by references across frames.

use futures_util::future::try_join;
use model::id::OccurrenceId;
use model::outcome::Refusal;
use store::ports::{Frame, Reference, ReferenceRange};

use super::References;
use super::frame::{self, LocatedOccurrence};
use crate::Query;

/// The most unreadable frames that are skipped. Frames expire after their references, so a frame is unreadable only if
/// it is damaged or being deleted.
const MAX_UNREADABLE_FRAMES: usize = 50;
/// The number of references that are read at once if the frame of the nearest one has no readable occurrence.
const REFERENCES_PER_READ: usize = 10;

/// An occurrence, and the ids of its neighbours.
pub(super) struct SteppedOccurrence {
    pub(super) found: LocatedOccurrence,
    /// The next newer occurrence.
    pub(super) newer: Option<OccurrenceId>,
    /// The next older occurrence.
    pub(super) older: Option<OccurrenceId>,
}

/// The first or the last of all occurrences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    First,
    Last,
}

/// The position of an occurrence, and the frame that it is in.
struct LinePosition {
    reference: Reference,
    frame: Option<Frame>,
    line: u32,
}

/// Reads the occurrence at a line of a reference's frame, if it exists and is readable. Reads the frame, and one more
/// reference and frame for each neighbour that is not in this frame.
pub(super) async fn read_at(
    query: &Query,
    references: &References<'_>,
    reference: &Reference,
    line: u32,
) -> Result<Option<SteppedOccurrence>, Refusal> {
    let frame = frame::fetch(query, reference).await?;
    read_position(query, references, &LinePosition { reference: reference.clone(), frame, line }, None).await
}

/// Reads the first or the last of all occurrences, with its neighbour. Costs the same reads as [`read_at`].
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

/// Finds the newest of all occurrences. Reads one reference and one frame.
pub(super) async fn find_newest(
    query: &Query,
    references: &References<'_>,
) -> Result<Option<LocatedOccurrence>, Refusal> {
    Ok(find_outermost(query, references, ReferenceRange::default()).await?.map(|(_, found)| found))
}

/// Reads the occurrence at a position, and its neighbours. `end` says that there is no neighbour on that side.
async fn read_position(
    query: &Query,
    references: &References<'_>,
    LinePosition { reference, frame, line }: &LinePosition,
    end: Option<End>,
) -> Result<Option<SteppedOccurrence>, Refusal> {
    let Some((found, newer, older)) = find_in_frame(reference, frame.as_ref(), *line) else { return Ok(None) };
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

/// Finds the first occurrence of a range, in its direction. Skips frames without readable occurrences.
async fn find_outermost(
    query: &Query,
    references: &References<'_>,
    mut range: ReferenceRange,
) -> Result<Option<(LinePosition, LocatedOccurrence)>, Refusal> {
    let (mut limit, mut left) = (1, MAX_UNREADABLE_FRAMES);
    while left > 0 {
        let page = references.page(&range, limit.min(left)).await?;
        // A page of expired references counts as well, so that the loop ends.
        left -= page.items.len().max(1);
        for reference in page.items {
            let frame = frame::fetch(query, &reference).await?;
            let found = find_begin(&reference, frame.as_ref(), range.oldest_first);
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
    tracing::error!(range = ?range, "failed to step over unreadable frames: too many in a row");
    Ok(None)
}

/// Finds the newest occurrence of a frame, or the oldest.
fn find_begin(reference: &Reference, frame: Option<&Frame>, oldest_first: bool) -> Option<LocatedOccurrence> {
    let mut lines = frame::lines(reference, frame);
    if !oldest_first {
        return lines.find_map(|line| frame::read(reference, &line));
    }
    let lines: Vec<_> = lines.collect();
    lines.iter().rev().find_map(|line| frame::read(reference, line))
}

type InFrame = (LocatedOccurrence, Option<OccurrenceId>, Option<OccurrenceId>);

/// Finds the occurrence at `line`, and its newer and older neighbours if they are in the same frame.
fn find_in_frame(reference: &Reference, frame: Option<&Frame>, line: u32) -> Option<InFrame> {
    let mut lines = frame::lines(reference, frame);
    let before: Vec<_> = lines.by_ref().take(line as usize).collect();
    let found = frame::read(reference, &lines.next()?)?;
    let id = |found: LocatedOccurrence| found.id;
    let newer = before.iter().rev().find_map(|line| frame::read(reference, line)).map(id);
    let older = lines.find_map(|line| frame::read(reference, &line)).map(id);
    Some((found, newer, older))
}
