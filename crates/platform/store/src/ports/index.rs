use std::fmt;

use async_trait::async_trait;
use model::error::Batch;
use model::id::{Fingerprint, ProjectId};
use search::{Block, TermHash};

use super::Page;
use crate::error::Result;

/// By which terms errors can be found. What it says of an error was so when it was posted: whoever reads it asks the
/// error itself.
#[async_trait]
pub trait Index: Send + Sync {
    /// Writes these blocks; when this returns they are found. Repeating it changes nothing.
    async fn post(&self, blocks: &[Block]) -> Result<()>;

    /// At most `limit` postings of a term that follow `after`: the highest order first, those of one order by their
    /// batches. An error that was posted several times is there several times.
    async fn list(
        &self,
        project: ProjectId,
        term: TermHash,
        after: Option<&Place>,
        limit: usize,
    ) -> Result<Page<Posted, Place>>;
}

/// A posting, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The error.
    pub fingerprint: Fingerprint,
    /// Its place in the term's list.
    pub place: Place,
}

/// A place in the list of a term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where the error stands among those with the term.
    pub order: u32,
    /// Who posted it.
    pub batch: Batch,
    pub(crate) chunk: u16,
    pub(crate) at: u16,
}

/// The text is not a place.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a place in a list: it must be an order, a batch, a block and a number")]
pub struct BadPlace(String);

impl Place {
    /// Before all postings of this order, and behind all of a higher one.
    pub fn above(order: u32) -> Self {
        // No batch is 0.
        Self { order: order.saturating_add(1), batch: Batch(0), chunk: 0, at: u16::MAX }
    }

    /// From the text form.
    pub fn parse(text: &str) -> std::result::Result<Self, BadPlace> {
        let parsed = || {
            let mut parts = text.split('-');
            let place = Self {
                order: parts.next()?.parse().ok()?,
                batch: Batch(u32::from_str_radix(parts.next()?, 16).ok()?),
                chunk: u16::from_str_radix(parts.next()?, 16).ok()?,
                at: parts.next()?.parse().ok()?,
            };
            parts.next().is_none().then_some(place)
        };
        parsed().ok_or_else(|| BadPlace(text.chars().take(80).collect()))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { order, batch: Batch(batch), chunk, at } = self;
        write!(f, "{order}-{batch:x}-{chunk:x}-{at}")
    }
}
