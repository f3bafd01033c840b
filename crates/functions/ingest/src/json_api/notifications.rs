//! Sealing the notification configs of a post, before anything of them rests.

use formats::inbox::{Addressee, Notifications};
use model::id::{ConfigId, ProjectName};
use model::outcome::{Reason, Refusal};
use model::project::PostedConfigs;
use rules::posted::PostedConfig;
use serde_json::Value;

use crate::Ingest;

impl Ingest {
    /// Those configs that the project uses; the others are refused by name. While the setting cannot be read all are
    /// taken: notify asks again before it uses them.
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
                    "this project uses sealed notifications only: send what `POST /encrypt` answered"
                }
                PostedConfigs::Any | PostedConfigs::Off => {
                    "this project uses no notifications that are posted: set rules, or change `postedConfigs`"
                }
            };
            refused.push(Refusal::new(Reason::NotificationsNotAllowed, message).at(["notifications"]));
        }
        allowed
    }

    /// The configs of a post to `project`, sealed; `None` if there are none.
    ///
    /// What cannot be sealed is left out, and said beside the success: the event matters more than who is told of it. A
    /// client that is refused would not come again (most of v1's do not), so the event would be lost; the config comes
    /// with the next post.
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
            tracing::error!(error.kind = ?error.kind(), error.message = %error, "a post's notifications cannot be sealed");
            refuse_unsealed("the notifications of this post cannot be sealed now: they are taken with the next one")
        })?;
        Ok(Some(Notifications { id: ConfigId::of(project, &plaintext), sealed }))
    }
}

fn refuse_unsealed(message: &str) -> Refusal {
    Refusal::new(Reason::NotificationsNotSealed, message).at(["notifications"])
}
