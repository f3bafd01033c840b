//! Checks that the page which sends an event has an allowed origin.

use formats::inbox::Addressee;
use http::HeaderMap;
use http::header::ORIGIN;
use model::outcome::{Reason, Refusal};

use crate::Ingest;

/// The most characters of an origin that a refusal shows.
const MAX_SHOWN_CHARACTERS: usize = 80;

impl Ingest {
    /// Refuses a request from a page whose origin the project does not allow. Requests without an origin do not come
    /// from a page and are accepted. If the setting cannot be read, every request is accepted: the setting protects
    /// from noise of other sites, not from anyone who can forge headers, so an outage is not worth losing events.
    pub(crate) async fn check_origin(&self, project: &Addressee, headers: &HeaderMap) -> Result<(), Refusal> {
        let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
        let quota = self.limiter.read_quota(project, self.clock.now()).await;
        let Some(origins) = quota.and_then(|quota| quota.origins) else { return Ok(()) };
        let origin = String::from_utf8_lossy(origin.as_bytes());
        if origins.allow(&origin) {
            return Ok(());
        }
        let shown: String = origin.chars().take(MAX_SHOWN_CHARACTERS).collect();
        let message = format!(
            "this project does not accept events from pages of `{shown}`: add it to `allowedOrigins` with PATCH /projects/{{project}}"
        );
        Err(Refusal::new(Reason::OriginNotAllowed, message))
    }
}
