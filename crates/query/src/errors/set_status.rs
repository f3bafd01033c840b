//! `PATCH /projects/{project}/errors/{message}`

use axum::body::Body;
use domain::error::{ErrorAggregate, Mute, Status};
use domain::outcome::{Reason, Refusal};
use domain::time::Timestamp;
use domain::v1;
use gate::{Answer, storage_failed};
use http::Request;
use serde::Deserialize;
use serde_json::json;
use store::ports::Project;

use super::{named, unknown};
use crate::Query;
use crate::projects::parse_body;

#[derive(Deserialize)]
struct Change {
    status: String,
    /// How long a mute is: until a moment, or for this many more occurrences, whichever is first; for ever without.
    until: Option<String>,
    occurrences: Option<u64>,
}

const FORM: &str = "an object with `status`: `resolved`, `unresolved` or `muted`; a mute may have `until`: a time, and \
                    `occurrences`: a number";

pub(super) async fn set(query: &Query, project: &Project, message: &str, request: Request<Body>) -> Answer {
    let change: Change = parse_body(request, FORM).await?;
    let status = Status::parse(&change.status).map_err(|error| invalid("status", error.to_string()))?;
    let error = named(query, project, message).await?;
    let (now, fingerprint) = (query.clock.now(), &error.fingerprint);
    let set = match change.mute(status, &error)? {
        Some(mute) => query.errors.mute(project.id, fingerprint, mute, now).await,
        None => query.errors.set_status(project.id, fingerprint, status, now).await,
    };
    let error = set.map_err(|error| storage_failed(&error))?.ok_or_else(|| unknown(project, message))?;
    gate::data(json!({ "error": v1::error_entry(&project.name, &error) }))
}

impl Change {
    /// The mute that it asks for, if `status` is that.
    fn mute(&self, status: Status, error: &ErrorAggregate) -> Result<Option<Mute>, Refusal> {
        let limits = [("until", self.until.is_some()), ("occurrences", self.occurrences.is_some())];
        if status != Status::Muted {
            let given = limits.into_iter().find(|(_, given)| *given);
            return match given {
                Some((key, _)) => Err(invalid(key, format!("`{key}` goes with `muted` only: leave it out"))),
                None => Ok(None),
            };
        }
        let until = self.until.as_deref().map(Timestamp::parse).transpose();
        let until = until.map_err(|error| invalid("until", error.to_string()))?;
        if self.occurrences == Some(0) {
            return Err(invalid(
                "occurrences",
                "`occurrences` is 0: send how many more are no news, at least 1".to_owned(),
            ));
        }
        Ok(Some(Mute { until, until_count: self.occurrences.map(|more| error.count.saturating_add(more)) }))
    }
}

fn invalid(key: &str, message: String) -> Refusal {
    Refusal::new(Reason::BodyInvalid, message).at([key])
}
