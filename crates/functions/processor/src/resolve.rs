use std::sync::Arc;

use formats::inbox::{Addressee, Header, Message};
use model::id::{AttachmentFolder, ConfigId};
use model::time::Timestamp;
use store::Kind;
use store::ports::Project;

use crate::caches::ResolvedProject;
use crate::failure_reason::FailureReason;
use crate::processor::Processor;

/// How long a project that was found is assumed to exist. If it was deleted in the meantime, the events go to an id
/// that is never used again. A missing project is never cached.
const PROJECT_CACHE_SECONDS: i64 = 5;

/// A message whose project exists.
pub(crate) struct ResolvedMessage {
    pub(crate) message: Message,
    pub(crate) project: ResolvedProject,
}

impl ResolvedMessage {
    /// Where the attachments of the message's event are, if any may be stored.
    pub(crate) fn attached(&self) -> Option<AttachmentFolder> {
        let header = &self.message.header;
        let attachments = header.attachments.as_ref().filter(|attachments| attachments.may_be_stored())?;
        let (project, retention) = (self.project.id, attachments.retention);
        Some(AttachmentFolder { project, retention, event: *header.event_ids.first()? })
    }

    /// The id of the notification configs that were posted with the message.
    pub(crate) fn posted_configs(&self) -> Option<ConfigId> {
        self.message.header.notifications.as_ref().map(|posted| posted.id)
    }
}

impl Processor {
    /// Finds the project of a message, and creates it if the message names a new one. Returns `None` if the project is
    /// deleted or being deleted: its events are discarded.
    pub(crate) async fn resolve_project(&self, message: Message) -> Result<Option<ResolvedMessage>, FailureReason> {
        let header = &message.header;
        let now = self.clock.now();
        if let Some(project) = self.caches.projects.get(&header.project, now) {
            return Ok(Some(ResolvedMessage { message, project }));
        }
        let stored = self.find_or_create(&header.project, now).await?;
        let Some(stored) = stored.filter(|project| !project.deleting) else {
            self.remove_attachments(header).await?;
            tracing::warn!(outcome.reason = "project_deleted", events.len = header.event_ids.len(), "discarded");
            return Ok(None);
        };
        let Project { id, scrubbing, time_unit, retention, limits, .. } = stored;
        let project = ResolvedProject { id, scrubbing: Arc::new(scrubbing), time_unit, retention, limits };
        let cached_until = now.plus_seconds(PROJECT_CACHE_SECONDS);
        self.caches.projects.put(header.project.clone(), project.clone(), cached_until);
        Ok(Some(ResolvedMessage { message, project }))
    }

    /// Removes the attachments of a message whose project is deleted: they may have been stored after the deletion removed
    /// those of the project. A message with attachments has the number of its project.
    async fn remove_attachments(&self, header: &Header) -> store::Result<()> {
        let (Some(attachments), Addressee::Id(project)) = (&header.attachments, &header.project) else { return Ok(()) };
        let (project, retention) = (*project, attachments.retention);
        let folders: Vec<_> =
            header.event_ids.iter().map(|event| AttachmentFolder { project, retention, event: *event }).collect();
        self.stores.attachments.remove_attachments(&folders).await
    }

    async fn find_or_create(&self, addressee: &Addressee, now: Timestamp) -> store::Result<Option<Project>> {
        let name = match addressee {
            Addressee::Id(id) => return self.stores.projects.by_id(*id).await,
            Addressee::Name(name) => name,
        };
        if let Some(project) = self.stores.projects.by_name(name).await? {
            return Ok(Some(project));
        }
        match self.stores.projects.create(name, now).await {
            // Another processor created it first.
            Err(error) if error.kind() == Kind::Conflict => self.stores.projects.by_name(name).await,
            created => created.map(Some),
        }
    }
}
