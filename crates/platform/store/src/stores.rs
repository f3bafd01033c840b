use std::sync::Arc;

use crate::dynamo::{Directory, ProjectData, Table};
use crate::error::{Kind, Result};
use crate::ports::{
    AnnouncedReleases, Attachments, AuditLog, ClaimChecks, Configs, ErrorCommits, Errors, EventIndex, Failures, Frame,
    FramePlace, History, Invitations, KeyRing, KeyUse, Keys, Links, Merges, Occurrences, Outbox, Projects, Quotas,
    Reference, Releases, SearchIndex, Segments, Sessions, SourceMaps, SymbolFiles, Totals, Usage, UserManagement,
    Users,
};
use crate::s3::Bucket;

/// The ports of the tables and the bucket. The processor, query and notify receive all of them; the IAM policy of each
/// says which of their calls AWS allows.
#[derive(Clone)]
pub struct Stores {
    pub projects: Arc<dyn Projects>,
    pub keys: Arc<dyn Keys>,
    pub key_uses: Arc<dyn KeyUse>,
    pub key_ring: Arc<dyn KeyRing>,
    pub audit_log: Arc<dyn AuditLog>,
    pub users: Arc<dyn Users>,
    pub user_management: Arc<dyn UserManagement>,
    pub invitations: Arc<dyn Invitations>,
    pub sessions: Arc<dyn Sessions>,
    pub configs: Arc<dyn Configs>,
    pub quotas: Arc<dyn Quotas>,
    pub usage: Arc<dyn Usage>,
    pub errors: Arc<dyn Errors>,
    pub error_commits: Arc<dyn ErrorCommits>,
    pub history: Arc<dyn History>,
    pub merges: Arc<dyn Merges>,
    pub links: Arc<dyn Links>,
    pub search_index: Arc<dyn SearchIndex>,
    pub occurrences: Arc<dyn Occurrences>,
    pub event_index: Arc<dyn EventIndex>,
    pub releases: Arc<dyn Releases>,
    pub announced_releases: Arc<dyn AnnouncedReleases>,
    pub totals: Arc<dyn Totals>,
    pub outbox: Arc<dyn Outbox>,
    pub failures: Arc<dyn Failures>,
    pub segments: Arc<dyn Segments>,
    pub claim_checks: Arc<dyn ClaimChecks>,
    pub attachments: Arc<dyn Attachments>,
    pub source_maps: Arc<dyn SourceMaps>,
    pub symbol_files: Arc<dyn SymbolFiles>,
}

impl Stores {
    /// Reads the occurrences that a reference refers to. `None` if their segment expired before the reference.
    pub async fn frame(&self, reference: &Reference) -> Result<Option<Frame>> {
        match &reference.frame {
            FramePlace::Inline(frame) => Ok(Some(Frame::Inline(frame.clone()))),
            FramePlace::Segment { id, range } => match self.segments.frame(id, *range).await {
                Err(error) if error.kind() == Kind::NotFound => Ok(None),
                frame => frame.map(Frame::Segment).map(Some),
            },
        }
    }

    /// The ports of these tables and this bucket.
    pub fn new(directory: &Arc<Directory>, table: &Arc<Table>, bucket: &Arc<Bucket>) -> Self {
        let project_data = Arc::new(ProjectData::new(table, directory));
        Self {
            projects: directory.clone(),
            keys: directory.clone(),
            key_uses: table.clone(),
            key_ring: directory.clone(),
            audit_log: directory.clone(),
            users: directory.clone(),
            user_management: directory.clone(),
            invitations: directory.clone(),
            sessions: directory.clone(),
            configs: project_data.clone(),
            quotas: directory.clone(),
            usage: project_data,
            errors: table.clone(),
            error_commits: table.clone(),
            history: table.clone(),
            merges: table.clone(),
            links: table.clone(),
            search_index: table.clone(),
            occurrences: table.clone(),
            event_index: table.clone(),
            releases: table.clone(),
            announced_releases: directory.clone(),
            totals: table.clone(),
            outbox: table.clone(),
            failures: table.clone(),
            segments: bucket.clone(),
            claim_checks: bucket.clone(),
            attachments: bucket.clone(),
            source_maps: directory.clone(),
            symbol_files: bucket.clone(),
        }
    }
}
