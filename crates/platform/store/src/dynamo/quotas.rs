//! Limits of projects, as ingest reads them.

use std::sync::Arc;

use async_trait::async_trait;
use formats::inbox::Addressee;
use model::id::ProjectId;
use model::project::{Attachments, PostedConfigs};

use super::Directory;
use super::item::{Reader, key};
use super::project_item::{
    ATTACHMENTS, POSTED_CONFIGS, allowed_origins, former_name_key, limits, mark, retention, setting,
};
use super::schema::{PROJECT_IDS, PROJECTS};
use crate::error::{Result, StoreError};
use crate::ports::{Quota, Quotas};

#[async_trait]
impl Quotas for Directory {
    async fn quota(&self, project: &Addressee) -> Result<Option<Quota>> {
        let doing = "reading a project's limits";
        let project = match project {
            Addressee::Id(id) => *id,
            Addressee::Name(name) => {
                let mut item = self.table.get(doing, key(PROJECTS, name.as_str()), false).await?;
                if item.is_none() {
                    item = self.table.get(doing, former_name_key(name), false).await?;
                }
                let Some(item) = item else { return Ok(None) };
                project_id(doing, Reader::new(doing, &item)?.number("id")?)?
            }
        };
        let Some(item) = self.table.get(doing, key(PROJECT_IDS, project.to_string()), false).await? else {
            return Ok(None);
        };
        let read = Reader::new(doing, &item)?;
        let origins = allowed_origins(&read)?.map(Arc::new);
        let posted_configs = setting(&read, POSTED_CONFIGS, PostedConfigs::parse)?;
        Ok(Some(Quota {
            project,
            limits: limits(&read)?,
            mark: mark(doing, &read)?,
            origins,
            posted_configs,
            attachments: setting(&read, ATTACHMENTS, Attachments::parse)?,
            retention: retention(doing, &read)?,
        }))
    }
}

fn project_id(doing: &'static str, number: u64) -> Result<ProjectId> {
    ProjectId::new(number).ok_or_else(|| StoreError::corrupt(doing, "0 is not a project number"))
}
