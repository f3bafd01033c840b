//! Who sends, and to which project.

use formats::inbox::Addressee;
use futures_util::future::join;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Uri};
use http_common::Caller;
use model::id::{KeyId, ProjectId};
use model::outcome::{Reason, Refusal};
use protocol::sentry::auth::Presented;
use store::ports::Scope;

use crate::Ingest;

impl Ingest {
    /// Where the events of a request go, and by which key: found by its credentials, and the project number in its path
    /// `/api/{id}/…` (in tunnel mode in the envelope's `dsn`, for legacy `/api/store` by the key alone). A page must be of
    /// an origin that the project allows.
    pub(super) async fn authenticate(
        &self,
        headers: &HeaderMap,
        uri: &Uri,
        dsn: Option<&str>,
    ) -> Result<(Addressee, Option<KeyId>), Refusal> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let presented = Presented {
            x_sentry_auth: text("x-sentry-auth"),
            authorization: text(AUTHORIZATION.as_str()),
            query: uri.query(),
            dsn,
        };
        let missing = || {
            let message = "no key: send one in the header X-Sentry-Auth, as ?sentry_key=, or in the envelope's dsn";
            Refusal::new(Reason::KeyMissing, message)
        };
        let mut refused = None;
        for credentials in presented.all() {
            let named = parse_project(uri.path()).map(|project| project.or(credentials.project));
            match self.find_caller(credentials.key.reveal(), named.as_ref().ok().copied().flatten()).await {
                Ok(caller) => {
                    let project = find_addressee(&caller, named?)?;
                    self.check_origin(&project, headers).await?;
                    return Ok((project, caller.key()));
                }
                Err(refusal) => drop(refused.get_or_insert(refusal)),
            }
        }
        Err(refused.unwrap_or_else(missing))
    }

    /// The caller who shows `key`. The limits of the project that is named are read at the same time, so that a first
    /// event waits for one answer of the table and not for two.
    async fn find_caller(&self, key: &str, named: Option<ProjectId>) -> Result<Caller, Refusal> {
        let ahead = async {
            if let Some(project) = named {
                self.limiter.read_quota(&Addressee::Id(project), self.clock.now()).await;
            }
        };
        join(self.authenticator.authenticate_key(key), ahead).await.0
    }
}

/// Where a caller's events go: to the project that is named, else to the one that the key is of.
fn find_addressee(caller: &Caller, named: Option<ProjectId>) -> Result<Addressee, Refusal> {
    match (named, caller.check_poster()?) {
        (Some(project), _) => caller.post_to_id(project),
        (None, Scope::Project(project, _)) => Ok(Addressee::Id(*project)),
        (None, Scope::All) => {
            let message = "no project: this key is of all projects, so it takes a key of one project instead";
            Err(Refusal::new(Reason::KeyProject, message))
        }
    }
}

/// The project number in a path `/api/{id}/…`; `None` for paths that have none.
fn parse_project(path: &str) -> Result<Option<ProjectId>, Refusal> {
    match path.trim_start_matches("/api/").split_once('/') {
        Some((id, _)) if path.starts_with("/api/") => {
            ProjectId::parse(id).map(Some).map_err(|error| Refusal::new(Reason::ProjectUnknown, error.to_string()))
        }
        _ => Ok(None),
    }
}
