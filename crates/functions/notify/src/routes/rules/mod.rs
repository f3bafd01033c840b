//! `/projects/{project}/rules`.

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

/// Describes what all these operations share: the project, and the refusal if there is no sealing key.
fn sealed(operation: Operation<'_>) -> Operation<'_> {
    operation.project().error(Reason::SealingKeyMissing, "the stack has no key to seal rules with")
}

/// The stored document of a project's rules, with its secrets.
struct Document {
    /// Version of the document; 0 if the project has none yet.
    version: u64,
    /// The document; `None` if it cannot be read.
    value: Option<Value>,
}

impl Routes {
    async fn load_document(&self, project: &Project) -> Result<Document, Refusal> {
        let sealer = self.sealer()?;
        let stored = self.notify.stores.configs.rules(project.id).await?;
        let Some(stored) = stored else { return Ok(Document { version: 0, value: Some(json!({ "rules": [] })) }) };
        let version = stored.version;
        match sealer.open_for(project, &stored.document).await {
            // Drop the parser's error: it would quote the document.
            Ok(opened) => Ok(Document { version, value: serde_json::from_slice(&opened).ok() }),
            Err(error) if error.kind() == Kind::Corrupt => Ok(Document { version, value: None }),
            Err(error) => Err(error.into()),
        }
    }
}

impl Document {
    fn value(&self) -> Result<&Value, Refusal> {
        self.value.as_ref().ok_or_else(|| {
            let message =
                "the rules of this project cannot be read: were they sealed with another key? replace them with PUT";
            Refusal::new(Reason::Internal, message)
        })
    }

    /// Returns the answer with the document without its secrets. `ETag` is its version.
    fn answer(&self) -> Answer {
        let mut response = http_common::data(Rules::redacted(self.value()?))?;
        if let Ok(version) = HeaderValue::try_from(format!("\"{}\"", self.version)) {
            response.headers_mut().insert(ETAG, version);
        }
        Ok(response)
    }
}
