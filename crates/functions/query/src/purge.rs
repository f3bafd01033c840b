//! Purges deleted errors and projects, so that nothing of them can be read any more.

use std::collections::BTreeMap;

use formats::inbox::Addressee;
use formats::segment::{FrameRange, blank};
use model::id::{ErrorUid, ProjectId, SegmentId};
use model::outcome::{Reason, Refusal};
use model::time::Timestamp;
use store::clock::Clock;
use store::ports::{FramePlace, Project, Scope};
use store::{Kind, StoreError};

use crate::Query;

/// How long one request purges, in seconds. Less than API Gateway's limit of 30.
const MAX_PURGE_SECONDS: i64 = 20;
/// The number of references that are removed in one step.
const ITEMS_PER_STEP: usize = 100;
/// How often the rewrite of a segment is tried, if others rewrite it at the same time.
const MAX_REWRITES: usize = 10;

/// The time limit of a purge.
#[derive(Clone, Copy)]
pub(crate) struct Budget(Timestamp);

impl Budget {
    pub(crate) fn new(query: &Query) -> Self {
        Self(query.clock.now().plus_seconds(MAX_PURGE_SECONDS))
    }

    fn is_used_up(self, clock: &dyn Clock) -> bool {
        clock.now() > self.0
    }
}

/// Refuses with 503 because a deletion takes longer than one request.
pub(crate) fn refuse_unfinished() -> Refusal {
    Refusal::new(
        Reason::DeletionUnfinished,
        "deletion is not finished because there is a lot of data: repeat the request to continue",
    )
}

impl Query {
    /// Purges all deleted errors of a project. Returns whether it finished in time.
    pub(crate) async fn purge(&self, project: ProjectId, budget: Budget) -> store::Result<bool> {
        loop {
            let pending = self.stores.errors.pending_purges(project, ITEMS_PER_STEP).await?;
            if pending.is_empty() {
                return Ok(true);
            }
            for uid in pending {
                if !self.purge_error(project, &uid, budget).await? {
                    return Ok(false);
                }
                self.stores.errors.forget(project, &uid).await?;
            }
        }
    }

    /// Purges everything of a project except its name. Returns whether it finished in time.
    pub(crate) async fn purge_project(&self, project: &Project, budget: Budget) -> store::Result<bool> {
        while self.stores.segments.remove_some(project.id).await?
            || self.stores.attachments.remove_some_attachments(project.id).await?
        {
            if budget.is_used_up(&*self.clock) {
                return Ok(false);
            }
        }
        // Waiting messages are dropped by the processor, since the project is being deleted. Their large bodies are
        // removed now.
        for addressee in [Addressee::Id(project.id), Addressee::Name(project.name.clone())] {
            while self.stores.claim_checks.remove_some_claim_checks(&addressee).await? {
                if budget.is_used_up(&*self.clock) {
                    return Ok(false);
                }
            }
        }
        loop {
            // This includes merged errors, which no list shows. They are purged with their target, unless the target is
            // gone.
            let errors = self.stores.errors.stored(project.id, ITEMS_PER_STEP).await?;
            if errors.is_empty() {
                break;
            }
            for error in &errors {
                match self.stores.errors.start_purge(error).await {
                    // The processor counted one more event, or another request was faster: the next page has the
                    // current state.
                    Err(conflict) if conflict.kind() == Kind::Conflict => {}
                    pending => pending?,
                }
            }
            if !self.purge(project.id, budget).await? || budget.is_used_up(&*self.clock) {
                return Ok(false);
            }
        }
        while self.stores.releases.remove_releases(project.id).await?
            || self.stores.totals.remove_totals(project.id).await?
        {
            if budget.is_used_up(&*self.clock) {
                return Ok(false);
            }
        }
        while self.stores.symbol_files.remove_some_symbol_files(project.id).await?
            || self.stores.source_maps.remove_source_maps(project.id).await?
            || self.stores.announced_releases.remove_some_announced(project.id).await?
        {
            if budget.is_used_up(&*self.clock) {
                return Ok(false);
            }
        }
        self.stores.configs.remove_configs(project.id).await?;
        self.remove_keys(project.id).await?;
        self.purge(project.id, budget).await
    }

    /// Reads all keys of the stack, because the index by project is eventually consistent.
    async fn remove_keys(&self, project: ProjectId) -> store::Result<()> {
        let mut after = None;
        loop {
            let page = self.stores.key_ring.list(None, after, ITEMS_PER_STEP).await?;
            for (hash, key) in &page.items {
                if matches!(key.scope, Scope::Project(id, _) if id == project) {
                    self.stores.key_ring.remove(hash).await?;
                    self.stores.key_uses.forget_use(hash.id()).await?;
                    self.authenticator.forget(hash);
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// Blanks the frames of one incarnation of an error and removes its attachments, then removes the references to them,
    /// its timeline and its history. A reference is removed last, so that an interrupted purge can continue.
    async fn purge_error(&self, project: ProjectId, uid: &ErrorUid, budget: Budget) -> store::Result<bool> {
        let mut before = None;
        loop {
            let page = self.stores.occurrences.references(project, uid, before.as_ref(), ITEMS_PER_STEP).await?;
            let mut segments = BTreeMap::<String, (SegmentId, Vec<FrameRange>)>::new();
            for reference in &page.items {
                // A frame in the reference itself is removed with it.
                if let FramePlace::Segment { id, range } = &reference.frame {
                    segments.entry(id.key()).or_insert_with(|| (id.clone(), Vec::new())).1.push(*range);
                }
            }
            for (segment, frames) in segments.values() {
                self.blank_frames(segment, frames).await?;
            }
            let attached: Vec<_> = page.items.iter().flat_map(|reference| reference.attached.iter().cloned()).collect();
            self.stores.attachments.remove_attachments(&attached).await?;
            let ids: Vec<_> = page.items.iter().map(|reference| reference.id).collect();
            self.stores.occurrences.remove_references(project, uid, &ids).await?;
            match page.next {
                Some(_) if budget.is_used_up(&*self.clock) => return Ok(false),
                Some(next) => before = Some(next),
                None => break,
            }
        }
        while self.stores.occurrences.remove_timeline(project, uid).await? {
            if budget.is_used_up(&*self.clock) {
                return Ok(false);
            }
        }
        while self.stores.history.remove_history(project, uid).await? {
            if budget.is_used_up(&*self.clock) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn blank_frames(&self, id: &SegmentId, frames: &[FrameRange]) -> store::Result<()> {
        for _ in 0..MAX_REWRITES {
            let (mut segment, version) = match self.stores.segments.get(id).await {
                // The segment expired, or was removed with its project.
                Err(error) if error.kind() == Kind::NotFound => return Ok(()),
                found => found?,
            };
            for frame in frames {
                let blanked = blank(&mut segment, *frame);
                blanked.map_err(|error| StoreError::new(Kind::Corrupt, "blanking a frame", error.to_string()))?;
            }
            match self.stores.segments.replace(id, segment, &version).await {
                // Another deletion has rewritten the segment: try again with the new version.
                Err(error) if error.kind() == Kind::Conflict => {}
                replaced => return replaced,
            }
        }
        Err(StoreError::new(
            Kind::Conflict,
            "blanking a frame",
            format!("segment {id} keeps being rewritten by others"),
        ))
    }
}
