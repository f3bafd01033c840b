use std::sync::Arc;

use super::{Faults, Faulty};
use crate::Stores;
use crate::dynamo::{Directory, ProjectData, Table};
use crate::s3::Bucket;

impl Stores {
    /// The ports of these tables and this bucket; those of the processor and of notify have faults.
    pub fn faulty(directory: &Arc<Directory>, table: &Arc<Table>, bucket: &Arc<Bucket>, faults: &Faults) -> Self {
        let good = Self::new(directory, table, bucket);
        let project_data = Arc::new(Faulty::new(ProjectData::new(table, directory), faults.clone()));
        let directory = Arc::new(Faulty::new(Directory::clone(directory), faults.clone()));
        let table = Arc::new(Faulty::new(Table::clone(table), faults.clone()));
        let bucket = Arc::new(Faulty::new(Bucket::clone(bucket), faults.clone()));
        Self {
            projects: directory,
            key_uses: table.clone(),
            configs: project_data.clone(),
            usage: project_data,
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
            claim_checks: bucket.clone(),
            attachments: bucket,
            ..good
        }
    }
}
