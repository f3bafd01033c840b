use std::sync::Arc;

use formats::inbox::{Addressee, Header};
use model::id::ProjectId;
use model::project::{Limits, Retention, TimeUnit};
use model::time::Timestamp;
use scrub::Rules;
use store::ports::Project;
use store::{Kind, Recent};

use crate::Processor;
use crate::reason::Reason;

/// For how long a project that was found is trusted to be there, in seconds. What is processed into a project that was
/// deleted meanwhile is under a number that is never used again. That there is none is never remembered.
const FOUND: i64 = 5;
/// How many addressees are remembered.
const REMEMBERED: usize = 10_000;

/// The projects that were found lately.
pub(crate) type Addresses = Recent<Addressee, Addressed, REMEMBERED>;

/// The project of a message's events, and what it has to say about them.
#[derive(Clone, Debug)]
pub(crate) struct Addressed {
    pub(crate) project: ProjectId,
    pub(crate) scrubbing: Arc<Rules>,
    /// In which occurrences are counted for thresholds.
    pub(crate) time_unit: TimeUnit,
    /// For how long it is kept, if not as long as the stack says.
    pub(crate) retention: Option<Retention>,
    pub(crate) limits: Limits,
}

impl Processor {
    /// The project that a message's events belong to, which is made if the message names one that there is not. `None`
    /// if it is gone or going: who deletes a project wants no more of it.
    pub(crate) async fn address(&self, header: &Header) -> Result<Option<Addressed>, Reason> {
        let now = self.clock.now();
        if let Some(project) = self.addresses.get(&header.project, now) {
            return Ok(Some(project));
        }
        let project = self.find(&header.project, now).await?;
        let Some(project) = project.filter(|project| !project.deleting) else {
            tracing::warn!(outcome.reason = "project_deleted", events.len = header.event_ids.len(), "discarded");
            return Ok(None);
        };
        let Project { id: project, scrubbing, time_unit, retention, limits, .. } = project;
        let project = Addressed { project, scrubbing: Arc::new(scrubbing), time_unit, retention, limits };
        self.addresses.put(header.project.clone(), project.clone(), now.plus_seconds(FOUND));
        Ok(Some(project))
    }

    async fn find(&self, addressee: &Addressee, now: Timestamp) -> store::Result<Option<Project>> {
        let name = match addressee {
            Addressee::Id(id) => return self.projects.by_id(*id).await,
            Addressee::Name(name) => name,
        };
        if let Some(project) = self.projects.by_name(name).await? {
            return Ok(Some(project));
        }
        match self.projects.create(name, now).await {
            // Another processor was faster.
            Err(error) if error.kind() == Kind::Conflict => self.projects.by_name(name).await,
            created => created.map(Some),
        }
    }
}
