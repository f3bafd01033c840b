//! The lines of a frame, unpacked as they are asked for. What cannot be read costs itself only: a damaged line is
//! stepped over, a damaged frame ends where the damage is, and one that is gone has no lines. The log tells.

use std::iter::zip;

use axum::body::Bytes;
use formats::segment;
use model::id::OccurrenceId;
use model::json;
use model::occurrence::Occurrence;
use model::outcome::Refusal;
use store::Kind;
use store::ports::Reference;

use crate::Query;

/// A line as it is in the frame: its number, from 0, and its text.
pub(super) type FrameLine = (u32, Vec<u8>);

/// An occurrence, and where it is.
pub(super) struct LocatedOccurrence {
    pub(super) id: OccurrenceId,
    /// The length of its line, in bytes.
    pub(super) length: usize,
    pub(super) occurrence: Occurrence,
}

/// The bytes of a reference's frame; none if it expired before its reference.
pub(super) async fn fetch(query: &Query, reference: &Reference) -> Result<Bytes, Refusal> {
    match query.stores.segments.frame(&reference.segment, reference.frame).await {
        Err(error) if error.kind() == Kind::NotFound => Ok(Bytes::new()),
        frame => Ok(frame?),
    }
}

/// The lines of a frame, newest first, as far as it can be unpacked.
pub(super) fn lines<'a>(reference: &'a Reference, frame: &'a [u8]) -> impl Iterator<Item = FrameLine> + 'a {
    let text = |text: Result<Vec<u8>, segment::BadFrame>| match text {
        Ok(text) => Some(text),
        Err(error) => {
            log_unreadable(reference, &error);
            None
        }
    };
    zip(0u32.., segment::lines(frame).map_while(text))
}

/// The occurrence of a line, if it can be read.
pub(super) fn read(reference: &Reference, (number, text): &FrameLine) -> Option<LocatedOccurrence> {
    match json::parse::<Occurrence>(text) {
        Ok(occurrence) => {
            let id = OccurrenceId::new(occurrence.timestamp, reference.id, *number);
            Some(LocatedOccurrence { id, length: text.len(), occurrence })
        }
        Err(error) => {
            log_unreadable(reference, &error);
            None
        }
    }
}

fn log_unreadable(reference: &Reference, error: &dyn std::fmt::Display) {
    tracing::error!(reference.id = %reference.id, segment.id = %reference.segment, error.message = %error, "a frame cannot be read");
}
