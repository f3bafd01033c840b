//! Whose pages may send.

use formats::inbox::Addressee;
use http::HeaderMap;
use http::header::ORIGIN;
use model::outcome::{Reason, Refusal};

use crate::Ingest;

/// The longest origin that a refusal shows, in characters.
const MAX_SHOWN_CHARACTERS: usize = 80;

impl Ingest {
    /// Refuses what comes from a page whose origin the project does not allow. What has no origin comes from no page, and
    /// is taken. So is all while the setting cannot be read: it protects from other sites' noise, and not from anybody who
    /// writes headers by himself, so an outage is no reason to lose events.
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
            "this project takes nothing from pages of `{shown}`: add it to `allowedOrigins` by PATCH /projects/{{project}}"
        );
        Err(Refusal::new(Reason::OriginNotAllowed, message))
    }
}
