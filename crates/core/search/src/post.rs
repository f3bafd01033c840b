use std::collections::{BTreeMap, BTreeSet};

use super::term::{Term, TermHash, slot, terms};
use model::error::{ErrorAggregate, Indexed, PostingBatch};
use model::id::{Fingerprint, ProjectId};
use model::time::{SECONDS_PER_DAY, Timestamp};

/// How many errors a block holds: 16 bytes each, in all what one unit of a read returns.
const BLOCK: usize = 250;

/// How postings are made.
#[derive(Clone, Copy, Debug)]
pub struct Postings {
    /// Now.
    pub now: Timestamp,
    /// Their batch.
    pub batch: PostingBatch,
}

/// That an error may have a term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// The project of the error.
    pub project: ProjectId,
    /// The term.
    pub term: TermHash,
    /// Where the error stands among those with the term: by its place if the term is an order, else by the time of the
    /// posting.
    pub order: u32,
    /// The error.
    pub fingerprint: Fingerprint,
    /// When the posting may be removed.
    pub expires_at: Timestamp,
}

impl Postings {
    /// What must be posted before `after` is written in the place of `before`, and notes in it that it was: the terms that
    /// the error newly has, or all if they were last posted too long ago.
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

    /// That `error` has `term`, which is no order.
    pub fn posting(&self, error: &ErrorAggregate, term: &Term) -> Posting {
        Posting {
            project: error.project,
            term: term.hash(),
            order: term.order().unwrap_or_else(|| slot(self.now.seconds())),
            fingerprint: error.fingerprint,
            expires_at: self.expiry(error),
        }
    }

    /// A third of an error's time later than the error: so an error that lives on is posted anew once in that time.
    fn expiry(&self, error: &ErrorAggregate) -> Timestamp {
        let left = (error.expires_at.seconds() - self.now.seconds()).max(0);
        error.expires_at.plus_seconds(left / 3 + SECONDS_PER_DAY)
    }
}

/// Postings of one term, as they are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The project of the errors.
    pub project: ProjectId,
    /// The term.
    pub term: TermHash,
    /// Where the errors stand among those with the term.
    pub order: u32,
    /// Who made it.
    pub batch: PostingBatch,
    /// Which of the blocks it is that the batch made of this term and order.
    pub chunk: u16,
    /// The errors.
    pub errors: Vec<Fingerprint>,
    /// When it may be removed.
    pub expires_at: Timestamp,
}

/// The blocks of a batch: one for each project and term, and more where a block is full.
pub fn blocks(batch: PostingBatch, postings: impl IntoIterator<Item = Posting>) -> Vec<Block> {
    let mut lists: BTreeMap<_, (Vec<Fingerprint>, Timestamp)> = BTreeMap::new();
    for Posting { project, term, order, fingerprint, expires_at } in postings {
        let (errors, expires) = lists.entry((project, term, order)).or_default();
        errors.push(fingerprint);
        *expires = expires_at.max(*expires);
    }
    let block = |((project, term, order), (errors, expires_at)): ((_, _, _), (Vec<Fingerprint>, _))| {
        let chunks: Vec<_> = errors.chunks(BLOCK).map(<[_]>::to_vec).collect();
        (0u16..).zip(chunks).map(move |(chunk, errors)| Block {
            project,
            term,
            order,
            batch,
            chunk,
            errors,
            expires_at,
        })
    };
    lists.into_iter().flat_map(block).collect()
}
