//! Postings: entries of the search index. Orders and common terms have lists; `search_tree` has the others.

use std::collections::{BTreeMap, HashSet};

use async_trait::async_trait;
use futures_util::future::{try_join, try_join_all};
use model::error::PostingBatch;
use model::id::{Fingerprint, ProjectId};
use model::time::Timestamp;
use search::{Block, Posting, TermHash, TermPostings, blocks};

use super::Table;
use super::call::Range;
use super::item::{Attributes, Reader, Writer, bytes};
use super::schema::{SK, block_sk, posting_position, posting_sk, postings_pk};
use super::search_tree::NewPacks;
use crate::error::{Result, StoreError};
use crate::ports::{Page, PostingPosition, SearchIndex, StoredPosting};

const ERRORS: &str = "errors";
/// How many blocks the first call of a list requests, and the factor by which each further call requests more. A block
/// holds 1 to 250 errors, and the number is not known before.
const FIRST: usize = 8;
const GROWTH: usize = 4;

#[async_trait]
impl SearchIndex for Table {
    async fn post(&self, batch: PostingBatch, postings: &[Posting]) -> Result<BTreeMap<ProjectId, usize>> {
        let mut trees: BTreeMap<_, (TermPostings, Timestamp)> = BTreeMap::new();
        for posting in postings.iter().filter(|posting| posting.order.is_none()) {
            let (terms, expires_at) = trees.entry(posting.project).or_default();
            terms.add(posting.term, posting.fingerprint);
            *expires_at = posting.expires_at.max(*expires_at);
        }
        // Orders and packs share calls.
        let mut items: Vec<_> = blocks(batch, postings).iter().map(block_item).collect();
        let (mut grown, mut large) = (BTreeMap::new(), Vec::new());
        for (project, (terms, expires_at)) in trees {
            let new = NewPacks::new(project, batch, terms, expires_at, self.clock.now());
            grown.insert(project, new.size());
            match new.skips_root() {
                true => large.push(self.write_large(new)),
                false => items.extend(new.items()),
            }
        }
        try_join(self.put_all("writing postings", items), try_join_all(large)).await?;
        Ok(grown)
    }

    async fn find(
        &self,
        project: ProjectId,
        terms: &[TermHash],
        limit: usize,
    ) -> Result<Vec<Option<HashSet<Fingerprint>>>> {
        self.find_terms(project, terms, limit).await
    }

    async fn compact(&self, project: ProjectId) -> Result<()> {
        self.compact_tree(project).await
    }

    async fn list(
        &self,
        project: ProjectId,
        order: TermHash,
        after: Option<&PostingPosition>,
        limit: usize,
    ) -> Result<Page<StoredPosting, PostingPosition>> {
        self.list_postings(postings_range(project, order), after, limit).await
    }
}

impl Table {
    /// Returns at most `limit` postings of a list that follow `after`, newest first.
    pub(super) async fn list_postings(
        &self,
        mut range: Range,
        after: Option<&PostingPosition>,
        limit: usize,
    ) -> Result<Page<StoredPosting, PostingPosition>> {
        let doing = "reading postings";
        if let Some(position) = after {
            range.between.1 = posting_sk(position.order, position.batch, position.chunk);
        }
        let (mut items, mut blocks) = (Vec::new(), FIRST);
        loop {
            range.limit = Some(blocks.min(limit.max(FIRST)));
            let (found, next) = self.query(doing, &range).await?;
            for item in &found {
                match decode(doing, item) {
                    Ok(posted) => {
                        items.extend(posted.filter(|posted| after.is_none_or(|after| follows(&posted.position, after))))
                    }
                    // A damaged block affects only its own errors, and those can still be found by their other terms.
                    Err(error) => {
                        tracing::error!(error.message = %error, "failed to decode a block of postings")
                    }
                }
            }
            let more = items.len() > limit || next.is_some();
            if items.len() >= limit || next.is_none() {
                items.truncate(limit);
                let next = items.last().filter(|_| more).map(|posted| posted.position.clone());
                return Ok(Page { items, next });
            }
            range.after = next;
            blocks *= GROWTH;
        }
    }
}

/// All postings of a list, newest first.
pub(super) fn postings_range(project: ProjectId, term: TermHash) -> Range {
    let mut range = Range::of_prefix(postings_pk(project, term), "");
    range.newest_first = true;
    range
}

/// The item of a block.
pub(super) fn block_item(block: &Block) -> Attributes {
    let errors = block.errors.iter().flat_map(Fingerprint::to_bytes).collect();
    Writer::new(postings_pk(block.project, block.term), block_sk(block))
        .with(ERRORS, bytes(errors))
        .expiring(block.expires_at)
        .done()
}

/// Whether a position is outside the part of its block that was already returned.
fn follows(position: &PostingPosition, after: &PostingPosition) -> bool {
    (position.order, position.batch, position.chunk) != (after.order, after.batch, after.chunk)
        || position.at > after.at
}

fn decode(doing: &'static str, item: &Attributes) -> Result<impl Iterator<Item = StoredPosting>> {
    let read = Reader::new(doing, item)?;
    let of_block = read.parsed(SK, |sk| posting_position(sk).ok_or("expected the position of a block"))?;
    let (errors, rest) = read.bytes(ERRORS)?.as_chunks::<16>();
    if !rest.is_empty() {
        return Err(StoreError::corrupt(doing, "the block ends within a fingerprint"));
    }
    let errors: Vec<_> = errors.iter().copied().map(Fingerprint::from_bytes).collect();
    Ok((0u16..).zip(errors).map(move |(at, fingerprint)| StoredPosting {
        fingerprint,
        position: PostingPosition { at, ..of_block.clone() },
    }))
}
