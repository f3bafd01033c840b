//! Seals the notification configs of a post, before any part of them is stored.

use formats::inbox::{Addressee, Notifications};
use model::id::{ConfigId, ProjectName};
use model::outcome::{Reason, Refusal};
use model::project::PostedConfigs;
use rules::posted::PostedConfig;
use serde_json::Value;

use crate::Ingest;

impl Ingest {
    /// Returns the configs that the project's setting allows, and adds a refusal for the others. If the setting cannot
    /// be read, all are allowed: notify checks again before it uses them.
    pub(super) async fn drop_unused(
        &self,
        project: &Addressee,
        configs: Vec<PostedConfig>,
        refused: &mut Vec<Refusal>,
    ) -> Vec<PostedConfig> {
        if configs.is_empty() {
            return configs;
        }
        let quota = self.limiter.read_quota(project, self.clock.now()).await;
        let which = quota.map(|quota| quota.posted_configs).unwrap_or_default();
        let count = configs.len();
        let allowed: Vec<_> = configs.into_iter().filter(|config| config.is_allowed(which)).collect();
        if allowed.len() < count {
            let message = match which {
                PostedConfigs::Sealed => {
                    "this project accepts only sealed notifications: send the answer of `POST /encrypt`"
                }
                PostedConfigs::Any | PostedConfigs::Off => {
                    "this project does not accept posted notifications: set rules, or change `postedConfigs`"
                }
            };
            refused.push(Refusal::new(Reason::NotificationsNotAllowed, message).at(["notifications"]));
        }
        allowed
    }

    /// Seals the configs of a post to `project`. Returns `None` if there are none.
    ///
    /// If they cannot be sealed, the post is accepted without them and the answer says so: the event matters more than
    /// its notification. Most v1 clients would not retry a refused post, so the event would be lost, whereas the
    /// configs are sent again with the next post.
    pub(super) async fn seal(
        &self,
        project: &ProjectName,
        configs: &[PostedConfig],
    ) -> Result<Option<Notifications>, Refusal> {
        if configs.is_empty() {
            return Ok(None);
        }
        let Some(sealer) = &self.sealer else {
            let how = "this stack has no key to seal notifications with: deploy it with SealingKey=create";
            return Err(refuse_unsealed(how));
        };
        let configs: Value = configs
            .iter()
            .map(|config| match config {
                PostedConfig::Plain(config) => config.clone(),
                PostedConfig::Sealed(ciphertext) => Value::String(ciphertext.clone()),
            })
            .collect();
        let plaintext = configs.to_string().into_bytes();
        let sealed = sealer.seal(project, &plaintext).await.map_err(|error| {
            tracing::error!(error.kind = ?error.kind(), error.message = %error, "failed to seal the notifications of a post");
            refuse_unsealed("the notifications of this post could not be sealed: send them again with the next post")
        })?;
        Ok(Some(Notifications { id: ConfigId::of(project, &plaintext), sealed }))
    }
}

fn refuse_unsealed(message: &str) -> Refusal {
    Refusal::new(Reason::NotificationsNotSealed, message).at(["notifications"])
}
