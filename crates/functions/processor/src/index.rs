//! What errors can be found by is posted before they are committed. So what is committed can be found; a processor that dies
//! in between leaves postings that lead to nothing, which is seen by whoever follows them.

use model::error::PostingBatch;
use model::occurrence::Occurrence;
use search::{self, Postings};
use store::ports::Commit;

use crate::Processor;
use crate::commit::Undone;
use crate::group::Unit;
use crate::known::Read;

impl Processor {
    /// The commits of what is read, with all that they newly can be found by posted; and the units of which it could not
    /// be. A unit whose error has nothing new needs nothing, and fails with nothing.
    pub(crate) async fn post_terms(&self, work: Vec<(Unit, Read)>) -> (Vec<Unit>, Vec<Commit>, Vec<Undone>) {
        let batch = PostingBatch::of_random(self.clock.random());
        let postings = Postings { now: self.clock.now(), batch };
        let (mut posted, mut commits) = (Vec::new(), Vec::with_capacity(work.len()));
        for (unit, read) in work {
            let mut commit = self.commit_of(&unit, &read);
            if commit.error.indexed.is_none() {
                commit.error.frames = frames(&unit);
            }
            let mut new = postings.of(read.error.as_ref(), &mut commit.error);
            if let Some(whole) = &mut commit.target {
                // A part is in no list while it is one, and must be in all of them when it is taken out again.
                new.extend(postings.of(read.whole.as_ref(), whole));
            }
            commits.push((unit, commit, !new.is_empty()));
            posted.extend(new);
        }
        let blocks = search::blocks(batch, posted);
        let failed = if blocks.is_empty() { None } else { self.index.post(&blocks).await.err() };
        let (mut ready, mut writes, mut undone) = (Vec::new(), Vec::new(), Vec::new());
        for (unit, commit, has_new) in commits {
            match &failed {
                Some(error) if has_new => undone.push(Undone { unit, error: error.clone() }),
                _ => {
                    ready.push(unit);
                    writes.push(commit);
                }
            }
        }
        (ready, writes, undone)
    }
}

/// The names in the frames of a unit's newest occurrence. Only a new error asks for them: reading a line again costs less
/// than keeping the names of every occurrence.
fn frames(unit: &Unit) -> Option<String> {
    let newest: Occurrence = serde_json::from_slice(&unit.entries.first()?.line).ok()?;
    search::frames(&newest)
}
