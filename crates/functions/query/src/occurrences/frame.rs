//! Reads the lines of a frame, decompressing them on demand. Damage affects only what is damaged: a damaged line is
//! skipped, a damaged frame ends at the damage, and a missing frame has no lines. Damage is logged.

use std::iter::zip;

use formats::segment;
use model::id::{AttachmentFolder, OccurrenceId};
use model::json;
use model::occurrence::Occurrence;
use model::outcome::Refusal;
use store::ports::{Frame, FramePlace, Reference};

use crate::Query;

/// A line as it is in the frame: its number, from 0, and its text.
pub(super) type FrameLine = (u32, Vec<u8>);

/// An occurrence with its id.
pub(crate) struct LocatedOccurrence {
    pub(crate) id: OccurrenceId,
    /// The length of its line, in bytes.
    pub(super) length: usize,
    pub(crate) occurrence: Occurrence,
    /// Where its attachments are, if it has any.
    pub(super) folder: Option<AttachmentFolder>,
}

/// Reads the frame of a reference. `None` if the frame expired before its reference.
pub(super) async fn fetch(query: &Query, reference: &Reference) -> Result<Option<Frame>, Refusal> {
    Ok(query.stores.frame(reference).await?)
}

/// Returns the lines of a frame, newest first, as far as it can be decompressed.
pub(super) fn lines<'a>(reference: &'a Reference, frame: Option<&'a Frame>) -> impl Iterator<Item = FrameLine> + 'a {
    let text = |text: Result<Vec<u8>, segment::BadFrame>| match text {
        Ok(text) => Some(text),
        Err(error) => {
            log_unreadable(reference, &error);
            None
        }
    };
    zip(0u32.., frame.into_iter().flat_map(Frame::lines).map_while(text))
}

/// Parses the occurrence of a line. Returns `None` and logs an error if it cannot be read.
pub(super) fn read(reference: &Reference, (number, text): &FrameLine) -> Option<LocatedOccurrence> {
    match json::parse::<Occurrence>(text) {
        Ok(occurrence) => {
            let id = OccurrenceId::new(occurrence.timestamp, reference.id, *number);
            let folder = reference.attached.iter().find(|folder| folder.event == occurrence.event_id).cloned();
            Some(LocatedOccurrence { id, length: text.len(), occurrence, folder })
        }
        Err(error) => {
            log_unreadable(reference, &error);
            None
        }
    }
}

fn log_unreadable(reference: &Reference, error: &dyn std::fmt::Display) {
    let segment = match &reference.frame {
        FramePlace::Segment { id, .. } => id.to_string(),
        FramePlace::Inline(_) => "none".to_owned(),
    };
    tracing::error!(reference.id = %reference.id, segment.id = segment, error.message = %error, "failed to read a frame");
}
