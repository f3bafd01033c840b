//! `/projects/{project}/rules`

mod replace;
mod show;
mod test;

use std::sync::Arc;

use axum::Router;
use http::HeaderValue;
use http::header::ETAG;
use http_common::Answer;
use http_common::describe::{Description, Operation};
use model::outcome::{Reason, Refusal};
use rules::Rules;
use serde_json::{Value, json};
use store::Kind;
use store::ports::Project;

use super::Routes;

pub(super) fn routes() -> Router<Arc<Routes>> {
    Router::new().merge(show::route()).merge(replace::route()).merge(test::route())
}

pub(super) fn describe(api: &mut Description) {
    api.tag("notifications");
    show::describe(api);
    replace::describe(api);
    test::describe(api);
}

/// What concerns all of them: the project, and the key that rules are sealed by.
fn sealed(operation: Operation<'_>) -> Operation<'_> {
    operation.project().error(Reason::SealingKeyMissing, "the stack has no key to seal rules with")
}

/// The document of a project's rules as it is kept: with its secrets.
struct Document {
    /// 0 if the project has none yet.
    version: u64,
    /// `None` if it cannot be read.
    value: Option<Value>,
}

impl Routes {
    async fn load_document(&self, project: &Project) -> Result<Document, Refusal> {
        let sealer = self.sealer()?;
        let stored = self.notify.stores.configs.rules(project.id).await?;
        let Some(stored) = stored else { return Ok(Document { version: 0, value: Some(json!({ "rules": [] })) }) };
        let version = stored.version;
        match sealer.open_for(project, &stored.document).await {
            // An error of the parser would quote what it cannot read.
            Ok(opened) => Ok(Document { version, value: serde_json::from_slice(&opened).ok() }),
            Err(error) if error.kind() == Kind::Corrupt => Ok(Document { version, value: None }),
            Err(error) => Err(error.into()),
        }
    }
}

impl Document {
    /// What is in it.
    fn value(&self) -> Result<&Value, Refusal> {
        self.value.as_ref().ok_or_else(|| {
            let message =
                "the rules of this project cannot be read: were they sealed by another key? replace them by PUT";
            Refusal::new(Reason::Internal, message)
        })
    }

    /// The answer that shows it, without its secrets. The version is its `ETag`.
    fn answer(&self) -> Answer {
        let mut response = http_common::data(Rules::redacted(self.value()?))?;
        if let Ok(version) = HeaderValue::try_from(format!("\"{}\"", self.version)) {
            response.headers_mut().insert(ETAG, version);
        }
        Ok(response)
    }
}
