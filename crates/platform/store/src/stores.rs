use std::sync::Arc;

use crate::dynamo::Table;
use crate::ports::{
    ClaimChecks, Configs, ErrorCommits, Errors, EventIndex, Failures, History, KeyRing, KeyUse, Keys, Links, Merges,
    Occurrences, Outbox, Projects, Quotas, Releases, SearchIndex, Segments, Sessions, Totals, Usage,
};
use crate::s3::Bucket;

/// The ports of the table and the bucket. The processor, query and notify receive all of them; the IAM policy of each
/// says which of their calls AWS allows.
#[derive(Clone)]
pub struct Stores {
    pub projects: Arc<dyn Projects>,
    pub keys: Arc<dyn Keys>,
    pub key_uses: Arc<dyn KeyUse>,
    pub key_ring: Arc<dyn KeyRing>,
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
    pub totals: Arc<dyn Totals>,
    pub outbox: Arc<dyn Outbox>,
    pub failures: Arc<dyn Failures>,
    pub segments: Arc<dyn Segments>,
    pub claim_checks: Arc<dyn ClaimChecks>,
}

impl Stores {
    /// The ports of this table and this bucket.
    pub fn new(table: &Arc<Table>, bucket: &Arc<Bucket>) -> Self {
        Self {
            projects: table.clone(),
            keys: table.clone(),
            key_uses: table.clone(),
            key_ring: table.clone(),
            sessions: table.clone(),
            configs: table.clone(),
            quotas: table.clone(),
            usage: table.clone(),
            errors: table.clone(),
            error_commits: table.clone(),
            history: table.clone(),
            merges: table.clone(),
            links: table.clone(),
            search_index: table.clone(),
            occurrences: table.clone(),
            event_index: table.clone(),
            releases: table.clone(),
            totals: table.clone(),
            outbox: table.clone(),
            failures: table.clone(),
            segments: bucket.clone(),
            claim_checks: bucket.clone(),
        }
    }
}
