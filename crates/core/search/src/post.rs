use std::collections::{BTreeMap, BTreeSet};

use super::term::{Term, TermHash, terms};
use model::error::{ErrorAggregate, Indexed, PostingBatch};
use model::id::{Fingerprint, ProjectId};
use model::time::{SECONDS_PER_DAY, Timestamp};

/// Maximum number of errors in a block. Each takes 16 bytes, so that a block is one read unit.
const BLOCK: usize = 250;

/// The context in which postings are written.
#[derive(Clone, Copy, Debug)]
pub struct Postings {
    pub now: Timestamp,
    /// The batch that writes them.
    pub batch: PostingBatch,
}

/// A posting: says that an error may have a term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    pub project: ProjectId,
    pub term: TermHash,
    /// The position of the error in the order, if the term is an order.
    pub order: Option<u32>,
    pub fingerprint: Fingerprint,
    /// When the posting may be removed.
    pub expires_at: Timestamp,
}

impl Postings {
    /// Returns the postings that must be written before `after` replaces `before`, and records them in `after.indexed`.
    /// These are the terms that are new, or all terms if they were last posted too long ago.
    pub fn of(&self, before: Option<&ErrorAggregate>, after: &mut ErrorAggregate) -> Vec<Posting> {
        let last = after.expires_at.seconds();
        let fresh = after.indexed.filter(|indexed| last <= i64::from(indexed.until) * SECONDS_PER_DAY);
        let had = before.filter(|_| fresh.is_some()).map(terms).unwrap_or_default();
        let new: BTreeSet<_> = terms(after).difference(&had).cloned().collect();
        if new.is_empty() {
            return Vec::new();
        }
        let until = u32::try_from(self.expiry(after).seconds() / SECONDS_PER_DAY).unwrap_or(u32::MAX);
        let mut indexed = fresh.unwrap_or(Indexed { until, ..Indexed::default() });
        for term in &new {
            match term {
                Term::FirstSeen(_) => indexed.first_seen = self.batch,
                Term::Count(_) => indexed.count = self.batch,
                Term::Users(_) => indexed.users = self.batch,
                _ => {}
            }
        }
        after.indexed = Some(indexed);
        new.iter().map(|term| self.posting(after, term)).collect()
    }

    /// Creates the posting that `error` has `term`.
    pub fn posting(&self, error: &ErrorAggregate, term: &Term) -> Posting {
        Posting {
            project: error.project,
            term: term.hash(),
            order: term.order(),
            fingerprint: error.fingerprint,
            expires_at: self.expiry(error),
        }
    }

    /// The expiry of a posting: later than the error's, by a third of the error's remaining time and a day. So an error
    /// that lives on is posted again only once in that time.
    fn expiry(&self, error: &ErrorAggregate) -> Timestamp {
        let left = (error.expires_at.seconds() - self.now.seconds()).max(0);
        error.expires_at.plus_seconds(left / 3 + SECONDS_PER_DAY)
    }
}

/// Errors that are posted under one term, at one position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub project: ProjectId,
    pub term: TermHash,
    /// The position of the errors: in the order, if the term is one, else the time at which they got here.
    pub order: u32,
    /// The batch that wrote the block.
    pub batch: PostingBatch,
    /// The number of this block among those that the batch wrote for the same term and position.
    pub chunk: u16,
    pub errors: Vec<Fingerprint>,
    /// When the block may be removed.
    pub expires_at: Timestamp,
}

impl Block {
    /// Splits a block with any number of errors into blocks of the size that is stored.
    pub fn split(self) -> impl Iterator<Item = Self> {
        let chunks: Vec<_> = self.errors.chunks(BLOCK).map(<[_]>::to_vec).collect();
        (0u16..).zip(chunks).map(move |(chunk, errors)| Self { chunk, errors, ..self })
    }
}

/// Returns the blocks of a batch's postings in orders: one for each project, order and position, or more if they are
/// full. Leaves out the other postings.
pub fn blocks<'a>(batch: PostingBatch, postings: impl IntoIterator<Item = &'a Posting>) -> Vec<Block> {
    let mut lists: BTreeMap<_, (Vec<Fingerprint>, Timestamp)> = BTreeMap::new();
    for Posting { project, term, order, fingerprint, expires_at } in postings {
        let Some(order) = order else { continue };
        let (errors, expires) = lists.entry((*project, *term, *order)).or_default();
        errors.push(*fingerprint);
        *expires = (*expires_at).max(*expires);
    }
    let block = |((project, term, order), (errors, expires_at))| {
        Block { project, term, order, batch, chunk: 0, errors, expires_at }.split()
    };
    lists.into_iter().flat_map(block).collect()
}
