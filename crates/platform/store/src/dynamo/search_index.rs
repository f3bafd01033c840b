//! Postings: what errors can be found by.

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
/// How many blocks the first call of a list asks for, and how much more each further one: a block holds from 1 to 250
/// errors, and nobody knows before.
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
        self.put_all("posting what errors are found by", items.collect()).await
    }

    async fn list(
        &self,
        project: ProjectId,
        term: TermHash,
        after: Option<&PostingPosition>,
        limit: usize,
    ) -> Result<Page<StoredPosting, PostingPosition>> {
        let doing = "looking for errors";
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
                    // It concerns its own errors only, and they are found by their other terms.
                    Err(error) => tracing::error!(error.message = %error, "a block of postings cannot be read"),
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

/// Whether a position is not in the part of its block that was seen.
fn follows(position: &PostingPosition, after: &PostingPosition) -> bool {
    (position.order, position.batch, position.chunk) != (after.order, after.batch, after.chunk)
        || position.at > after.at
}

fn decode(doing: &'static str, item: &Attributes) -> Result<impl Iterator<Item = StoredPosting>> {
    let read = Reader::new(doing, item)?;
    let of_block = read.parsed(SK, |sk| posting_position(sk).ok_or("no place of a block"))?;
    let (errors, rest) = read.bytes(ERRORS)?.as_chunks::<16>();
    if !rest.is_empty() {
        return Err(StoreError::corrupt(doing, "a block that ends within a fingerprint"));
    }
    let errors: Vec<_> = errors.iter().copied().map(Fingerprint::from_bytes).collect();
    Ok((0u16..).zip(errors).map(move |(at, fingerprint)| StoredPosting {
        fingerprint,
        position: PostingPosition { at, ..of_block.clone() },
    }))
}
