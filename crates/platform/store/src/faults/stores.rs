use std::sync::Arc;

use super::{Faults, Faulty};
use crate::Stores;
use crate::dynamo::Table;
use crate::s3::Bucket;

impl Stores {
    /// The ports of this table and this bucket; those of the processor and of notify have faults.
    pub fn faulty(table: &Arc<Table>, bucket: &Arc<Bucket>, faults: &Faults) -> Self {
        let good = Self::new(table, bucket);
        let table = Arc::new(Faulty::new(Table::clone(table), faults.clone()));
        let bucket = Arc::new(Faulty::new(Bucket::clone(bucket), faults.clone()));
        Self {
            projects: table.clone(),
            key_uses: table.clone(),
            configs: table.clone(),
            usage: table.clone(),
            errors: table.clone(),
            error_commits: table.clone(),
            links: table.clone(),
            search_index: table.clone(),
            occurrences: table.clone(),
            event_index: table.clone(),
            releases: table.clone(),
            totals: table.clone(),
            outbox: table.clone(),
            failures: table,
            segments: bucket.clone(),
            claim_checks: bucket,
            ..good
        }
    }
}
