use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::Response;
use http::request::Parts;
use model::id::ProjectId;
use model::outcome::{Reason, Refusal};
use store::ports::Project;

use crate::Symbols;

/// A caller who may upload to one project.
pub(crate) struct Uploader {
    pub(crate) project: Project,
    /// The name of the key.
    pub(crate) name: String,
}

impl Uploader {
    /// Refuses projects that the key is not for. Uploaders name projects by name or number.
    pub(crate) fn check_projects(&self, named: &[String]) -> Result<(), Refusal> {
        let own = &self.project;
        let is_own = |name: &str| name == own.name.as_str() || name == own.id.to_string();
        match named.iter().find(|name| !is_own(name)) {
            None => Ok(()),
            Some(other) => {
                let other: String = other.chars().take(80).collect();
                let message = format!(
                    "this key may not upload to a project `{other}`: it is for `{0}`, so set SENTRY_PROJECT={0}, or use a key of \
                     that project",
                    own.name
                );
                Err(Refusal::new(Reason::KeyProject, message))
            }
        }
    }
}

impl FromRequestParts<Arc<Symbols>> for Uploader {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, symbols: &Arc<Symbols>) -> Result<Self, Response> {
        authenticate(parts, symbols).await.map_err(|refusal| symbols.refuse(&refusal))
    }
}

async fn authenticate(parts: &Parts, symbols: &Symbols) -> Result<Uploader, Refusal> {
    let caller = symbols.authenticator.authenticate_parts(parts).await?;
    let id: ProjectId = caller.check_uploader()?;
    let project = symbols.stores.projects.by_id(id).await?.filter(|project| !project.deleting);
    let unknown = || Refusal::new(Reason::ProjectUnknown, "the project of this key was deleted");
    Ok(Uploader { project: project.ok_or_else(unknown)?, name: caller.name().to_owned() })
}
