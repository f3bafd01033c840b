//! Finds out who sends, and to which project.

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
    /// Returns where to send the events of a request, and the key that they were sent with. The project is the number
    /// in the path `/api/{id}/…`; in tunnel mode it is in the envelope's `dsn`, and for legacy `/api/store` it is the
    /// project of the key. A page must have an origin that the project allows.
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

    /// Returns the caller who sent `key`. The limits of the project in the path are read at the same time, so that a
    /// first event waits for one round trip to the directory, not two.
    async fn find_caller(&self, key: &str, named: Option<ProjectId>) -> Result<Caller, Refusal> {
        let ahead = async {
            if let Some(project) = named.filter(|_| self.authenticator.may_read_for(key)) {
                self.limiter.read_quota(&Addressee::Id(project), self.clock.now()).await;
            }
        };
        join(self.authenticator.authenticate_key(key), ahead).await.0
    }
}

/// Returns the project in the path, or else the project of the key.
fn find_addressee(caller: &Caller, named: Option<ProjectId>) -> Result<Addressee, Refusal> {
    match (named, caller.check_poster()?) {
        (Some(project), _) => caller.post_to_id(project),
        (None, Scope::Project(project, _)) => Ok(Addressee::Id(*project)),
        (None, Scope::All) => {
            let message =
                "no project: this key is for all projects, so name one in the path, or use a key for one project";
            Err(Refusal::new(Reason::KeyProject, message))
        }
    }
}

/// Returns the project number in a path `/api/{id}/…`, or `None` for other paths.
fn parse_project(path: &str) -> Result<Option<ProjectId>, Refusal> {
    match path.trim_start_matches("/api/").split_once('/') {
        Some((id, _)) if path.starts_with("/api/") => {
            ProjectId::parse(id).map(Some).map_err(|error| Refusal::new(Reason::ProjectUnknown, error.to_string()))
        }
        _ => Ok(None),
    }
}
