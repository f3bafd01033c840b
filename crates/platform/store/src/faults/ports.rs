use std::collections::{BTreeMap, HashMap, HashSet};
use std::future::Future;
use std::ops::{Range, RangeInclusive};

use async_trait::async_trait;
use bytes::Bytes;
use formats::event_index::{self, BlockId, Bucket, Entries};
use formats::inbox::Addressee;
use formats::segment::FrameRange;
use model::error::{ErrorAggregate, PostingBatch};
use model::id::{
    AttachmentFolder, ConfigId, ErrorKey, ErrorUid, EventHash, Fingerprint, KeyId, ProjectId, ProjectName, SegmentId,
};
use model::project::Mark;
use model::sealed::Sealed;
use model::time::Timestamp;
use model::timeline::{Hour, Minute, Timeline};
use search::{Posting, TermHash};

use super::{Fault, Faults};
use crate::error::{Kind, Result, StoreError};
use crate::ports::{
    Attachments, ClaimChecks, Commit, Configs, ETag, Entered, ErrorCommits, EventIndex, Failures, Inbox, KeyUse, Noted,
    Page, PostingPosition, Project, ProjectChange, Projects, Quota, Quotas, Release, ReleaseCursor, Releases, Sealer,
    SearchIndex, Segments, StoredPosting, StoredRules, Totals, TotalsScope, Usage, Used,
};

/// A port with faults, for the ports of ingest, the processor and notify.
#[derive(Clone, Debug)]
pub struct Faulty<P> {
    faults: Faults,
    pub(super) port: P,
}

impl<P> Faulty<P> {
    pub fn new(port: P, faults: Faults) -> Self {
        Self { faults, port }
    }

    pub(super) async fn call<T, F: Future<Output = Result<T>>>(&self, name: &str, call: impl Fn() -> F) -> Result<T> {
        let failure = |fault| {
            let kind = match fault {
                Fault::Throttle | Fault::Partly => Kind::Throttled,
                Fault::Reject => Kind::Rejected,
                _ => Kind::Unavailable,
            };
            StoreError::new(kind, "testing", format!("{name}: {fault:?}"))
        };
        self.faults.over(name, call, failure).await
    }
}

#[async_trait]
impl<P: Inbox> Inbox for Faulty<P> {
    async fn send(&self, text: String) -> Result<()> {
        self.call("Inbox::send", || self.port.send(text.clone())).await
    }
}

#[async_trait]
impl<P: ClaimChecks> ClaimChecks for Faulty<P> {
    async fn put_claim_check(&self, key: &str, packed: Vec<u8>) -> Result<()> {
        self.call("ClaimChecks::put_claim_check", || self.port.put_claim_check(key, packed.clone())).await
    }

    async fn get_claim_check(&self, key: &str) -> Result<Bytes> {
        self.call("ClaimChecks::get_claim_check", || self.port.get_claim_check(key)).await
    }

    async fn remove_claim_check(&self, key: &str) -> Result<()> {
        self.call("ClaimChecks::remove_claim_check", || self.port.remove_claim_check(key)).await
    }

    async fn remove_some_claim_checks(&self, project: &Addressee) -> Result<bool> {
        self.call("ClaimChecks::remove_some_claim_checks", || self.port.remove_some_claim_checks(project)).await
    }
}

#[async_trait]
impl<P: Attachments> Attachments for Faulty<P> {
    async fn put_attachment(&self, folder: &AttachmentFolder, number: usize, content: Bytes) -> Result<()> {
        let put = || self.port.put_attachment(folder, number, content.clone());
        self.call("Attachments::put_attachment", put).await
    }

    async fn attachment(
        &self,
        folder: &AttachmentFolder,
        number: usize,
        length: Option<usize>,
    ) -> Result<Option<Bytes>> {
        self.call("Attachments::attachment", || self.port.attachment(folder, number, length)).await
    }

    async fn remove_attachments(&self, folders: &[AttachmentFolder]) -> Result<()> {
        self.call("Attachments::remove_attachments", || self.port.remove_attachments(folders)).await
    }

    async fn remove_some_attachments(&self, project: ProjectId) -> Result<bool> {
        self.call("Attachments::remove_some_attachments", || self.port.remove_some_attachments(project)).await
    }
}

#[async_trait]
impl<P: Segments> Segments for Faulty<P> {
    async fn put(&self, id: &SegmentId, segment: Vec<u8>) -> Result<()> {
        self.call("Segments::put", || self.port.put(id, segment.clone())).await
    }

    async fn frame(&self, id: &SegmentId, frame: FrameRange) -> Result<Bytes> {
        self.call("Segments::frame", || self.port.frame(id, frame)).await
    }

    async fn get(&self, id: &SegmentId) -> Result<(Vec<u8>, ETag)> {
        self.call("Segments::get", || self.port.get(id)).await
    }

    async fn replace(&self, id: &SegmentId, segment: Vec<u8>, version: &ETag) -> Result<()> {
        self.call("Segments::replace", || self.port.replace(id, segment.clone(), version)).await
    }

    async fn remove_some(&self, project: ProjectId) -> Result<bool> {
        self.call("Segments::remove_some", || self.port.remove_some(project)).await
    }
}

#[async_trait]
impl<P: ErrorCommits> ErrorCommits for Faulty<P> {
    async fn load(&self, errors: &[ErrorKey]) -> Result<HashMap<ErrorKey, ErrorAggregate>> {
        self.call("ErrorCommits::load", || self.port.load(errors)).await
    }

    async fn owners(&self, hashes: &[ErrorKey]) -> Result<HashMap<ErrorKey, Fingerprint>> {
        self.call("ErrorCommits::owners", || self.port.owners(hashes)).await
    }

    async fn counted(
        &self,
        project: ProjectId,
        uid: &ErrorUid,
        minutes: RangeInclusive<Minute>,
    ) -> Result<HashSet<EventHash>> {
        self.call("ErrorCommits::counted", || self.port.counted(project, uid, minutes.clone())).await
    }

    async fn keep_merged(&self, whole: &ErrorAggregate, expires_at: Timestamp) -> Result<()> {
        self.call("ErrorCommits::keep_merged", || self.port.keep_merged(whole, expires_at)).await
    }

    async fn commit(&self, commits: &[Commit]) -> Vec<Result<()>> {
        match self.call("ErrorCommits::commit", || async { Ok(self.port.commit(commits).await) }).await {
            Ok(results) => results,
            Err(error) => commits.iter().map(|_| Err(error.clone())).collect(),
        }
    }
}

#[async_trait]
impl<P: EventIndex> EventIndex for Faulty<P> {
    async fn enter(&self, project: ProjectId, entries: &Entries, entered: Entered) -> Result<()> {
        self.call("EventIndex::enter", || self.port.enter(project, entries, entered)).await
    }

    async fn locations(
        &self,
        project: ProjectId,
        event: EventHash,
        limit: usize,
    ) -> Result<Vec<event_index::EventLocation>> {
        self.call("EventIndex::locations", || self.port.locations(project, event, limit)).await
    }

    async fn locations_in(
        &self,
        project: ProjectId,
        event: EventHash,
        bucket: Bucket,
        before: Option<BlockId>,
        limit: usize,
    ) -> Result<Page<event_index::EventLocation, BlockId>> {
        self.call("EventIndex::locations_in", || self.port.locations_in(project, event, bucket, before, limit)).await
    }
}

#[async_trait]
impl<P: Projects> Projects for Faulty<P> {
    async fn create(&self, name: &ProjectName, now: Timestamp) -> Result<Project> {
        self.call("Projects::create", || self.port.create(name, now)).await
    }

    async fn by_name(&self, name: &ProjectName) -> Result<Option<Project>> {
        self.call("Projects::by_name", || self.port.by_name(name)).await
    }

    async fn by_id(&self, id: ProjectId) -> Result<Option<Project>> {
        self.call("Projects::by_id", || self.port.by_id(id)).await
    }

    async fn list(&self, after: Option<&ProjectName>, limit: usize) -> Result<Page<Project, ProjectName>> {
        self.call("Projects::list", || self.port.list(after, limit)).await
    }

    async fn update(&self, project: &Project, change: &ProjectChange) -> Result<()> {
        self.call("Projects::update", || self.port.update(project, change)).await
    }

    async fn rename(&self, project: &Project, name: &ProjectName) -> Result<Project> {
        self.call("Projects::rename", || self.port.rename(project, name)).await
    }

    async fn mark_deleting(&self, project: &Project) -> Result<()> {
        self.call("Projects::mark_deleting", || self.port.mark_deleting(project)).await
    }

    async fn remove(&self, project: &Project) -> Result<()> {
        self.call("Projects::remove", || self.port.remove(project)).await
    }
}

#[async_trait]
impl<P: Sealer> Sealer for Faulty<P> {
    async fn seal(&self, project: &ProjectName, plaintext: &[u8]) -> Result<Sealed> {
        self.call("Sealer::seal", || self.port.seal(project, plaintext)).await
    }

    async fn open(&self, project: &ProjectName, sealed: &Sealed) -> Result<Vec<u8>> {
        self.call("Sealer::open", || self.port.open(project, sealed)).await
    }

    async fn encrypt_foreign(&self, plaintext: &[u8]) -> Result<String> {
        self.call("Sealer::encrypt_foreign", || self.port.encrypt_foreign(plaintext)).await
    }

    async fn open_foreign(&self, ciphertext: &str) -> Result<Vec<u8>> {
        self.call("Sealer::open_foreign", || self.port.open_foreign(ciphertext)).await
    }
}

#[async_trait]
impl<P: Quotas> Quotas for Faulty<P> {
    async fn quota(&self, project: &Addressee) -> Result<Option<Quota>> {
        self.call("Quotas::quota", || self.port.quota(project)).await
    }
}

#[async_trait]
impl<P: KeyUse> KeyUse for Faulty<P> {
    async fn note_use(&self, id: KeyId, at: Timestamp) -> Result<()> {
        self.call("KeyUse::note_use", || self.port.note_use(id, at)).await
    }

    async fn last_uses(&self, ids: &[KeyId]) -> Result<HashMap<KeyId, Timestamp>> {
        self.call("KeyUse::last_uses", || self.port.last_uses(ids)).await
    }

    async fn forget_use(&self, id: KeyId) -> Result<()> {
        self.call("KeyUse::forget_use", || self.port.forget_use(id)).await
    }
}

#[async_trait]
impl<P: Usage> Usage for Faulty<P> {
    async fn count(&self, project: ProjectId, new: Used, now: Timestamp) -> Result<Used> {
        self.call("Usage::count", || self.port.count(project, new, now)).await
    }

    async fn mark(&self, project: ProjectId, mark: Mark) -> Result<()> {
        self.call("Usage::mark", || self.port.mark(project, mark)).await
    }
}

#[async_trait]
impl<P: Configs> Configs for Faulty<P> {
    async fn put_posted(&self, project: ProjectId, id: ConfigId, sealed: &Sealed, expires_at: Timestamp) -> Result<()> {
        self.call("Configs::put_posted", || self.port.put_posted(project, id, sealed, expires_at)).await
    }

    async fn issue_key(&self, project: ProjectId, fresh: Option<&Sealed>) -> Result<Option<Sealed>> {
        self.call("Configs::issue_key", || self.port.issue_key(project, fresh)).await
    }

    async fn posted(&self, project: ProjectId, id: ConfigId) -> Result<Option<Sealed>> {
        self.call("Configs::posted", || self.port.posted(project, id)).await
    }

    async fn rules(&self, project: ProjectId) -> Result<Option<StoredRules>> {
        self.call("Configs::rules", || self.port.rules(project)).await
    }

    async fn set_rules(&self, project: &Project, version: u64, document: &Sealed) -> Result<u64> {
        self.call("Configs::set_rules", || self.port.set_rules(project, version, document)).await
    }

    async fn remove_configs(&self, project: ProjectId) -> Result<()> {
        self.call("Configs::remove_configs", || self.port.remove_configs(project)).await
    }
}

#[async_trait]
impl<P: Failures> Failures for Faulty<P> {
    async fn note_failure(&self, message: &str, noted: &Noted, expires_at: Timestamp) -> Result<()> {
        self.call("Failures::note_failure", || self.port.note_failure(message, noted, expires_at)).await
    }

    async fn failures(&self, messages: &[String]) -> Result<HashMap<String, Noted>> {
        self.call("Failures::failures", || self.port.failures(messages)).await
    }
}

#[async_trait]
impl<P: Releases> Releases for Faulty<P> {
    async fn note(&self, project: ProjectId, seen: &Release, expires_at: Timestamp) -> Result<Release> {
        self.call("Releases::note", || self.port.note(project, seen, expires_at)).await
    }

    async fn release(&self, project: ProjectId, name: &str) -> Result<Option<Release>> {
        self.call("Releases::release", || self.port.release(project, name)).await
    }

    async fn releases(
        &self,
        project: ProjectId,
        first_seen: Range<Timestamp>,
        after: Option<&ReleaseCursor>,
        limit: usize,
    ) -> Result<Page<Release, ReleaseCursor>> {
        self.call("Releases::releases", || self.port.releases(project, first_seen.clone(), after, limit)).await
    }

    async fn remove_releases(&self, project: ProjectId) -> Result<bool> {
        self.call("Releases::remove_releases", || self.port.remove_releases(project)).await
    }
}

#[async_trait]
impl<P: Totals> Totals for Faulty<P> {
    async fn add_totals(
        &self,
        of: TotalsScope,
        new: &Timeline,
        received_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()> {
        self.call("Totals::add_totals", || self.port.add_totals(of, new, received_at, expires_at)).await
    }

    async fn counted_up_to(&self, of: TotalsScope) -> Result<Option<Timestamp>> {
        self.call("Totals::counted_up_to", || self.port.counted_up_to(of)).await
    }

    async fn totals(&self, of: TotalsScope, hours: RangeInclusive<Hour>) -> Result<Timeline> {
        self.call("Totals::totals", || self.port.totals(of, hours.clone())).await
    }

    async fn remove_totals(&self, project: ProjectId) -> Result<bool> {
        self.call("Totals::remove_totals", || self.port.remove_totals(project)).await
    }
}

#[async_trait]
impl<P: SearchIndex> SearchIndex for Faulty<P> {
    async fn post(&self, batch: PostingBatch, postings: &[Posting]) -> Result<BTreeMap<ProjectId, usize>> {
        self.call("SearchIndex::post", || self.port.post(batch, postings)).await
    }

    async fn list(
        &self,
        project: ProjectId,
        order: TermHash,
        after: Option<&PostingPosition>,
        limit: usize,
    ) -> Result<Page<StoredPosting, PostingPosition>> {
        self.call("SearchIndex::list", || self.port.list(project, order, after, limit)).await
    }

    async fn find(
        &self,
        project: ProjectId,
        terms: &[TermHash],
        limit: usize,
    ) -> Result<Vec<Option<HashSet<Fingerprint>>>> {
        self.call("SearchIndex::find", || self.port.find(project, terms, limit)).await
    }

    async fn compact(&self, project: ProjectId) -> Result<()> {
        self.call("SearchIndex::compact", || self.port.compact(project)).await
    }
}
