//! Postings: entries of the search index.

use async_trait::async_trait;
use model::id::{Fingerprint, ProjectId};
use search::{Block, TermHash};

use super::Table;
use super::call::Range;
use super::item::{Attributes, Reader, Writer, bytes};
use super::schema::{SK, block_sk, posting_position, posting_sk, postings_pk};
use crate::error::{Result, StoreError};
use crate::ports::{Page, PostingPosition, SearchIndex, StoredPosting};

const ERRORS: &str = "errors";
/// How many blocks the first call of a list requests, and the factor by which each further call requests more. A block
/// holds 1 to 250 errors, and the number is not known before.
const FIRST: usize = 8;
const GROWTH: usize = 4;

#[async_trait]
impl SearchIndex for Table {
    async fn post(&self, blocks: &[Block]) -> Result<()> {
        let items = blocks.iter().map(|block| {
            let errors = block.errors.iter().flat_map(Fingerprint::to_bytes).collect();
            Writer::new(postings_pk(block.project, block.term), block_sk(block))
                .with(ERRORS, bytes(errors))
                .expiring(block.expires_at)
                .done()
        });
        self.put_all("writing postings", items.collect()).await
    }

    async fn list(
        &self,
        project: ProjectId,
        term: TermHash,
        after: Option<&PostingPosition>,
        limit: usize,
    ) -> Result<Page<StoredPosting, PostingPosition>> {
        let doing = "reading postings";
        let mut range = Range::of_prefix(postings_pk(project, term), "");
        if let Some(position) = after {
            range.between.1 = posting_sk(position.order, position.batch, position.chunk);
        }
        range.newest_first = true;
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
