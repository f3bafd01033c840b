use domain::inbox::{self, Message, Text};

use crate::{Batch, Digest};

impl Digest {
    /// The accepted request in the text of a queue message; beside it the key of the S3 object that it lay in, if it
    /// was too large for the queue.
    pub(crate) async fn open(&self, text: &str) -> Result<(Message, Option<String>), String> {
        let (packed, claim) = match inbox::form(text).map_err(|error| error.to_string())? {
            Text::Inline(body) => (inbox::packed(body).map_err(|error| error.to_string())?.into(), None),
            Text::Claim(key) => {
                let packed = self.claims.get_claim(key).await.map_err(|error| error.to_string())?;
                (packed, Some(key.to_owned()))
            }
        };
        Message::unpack(&packed).map(|message| (message, claim)).map_err(|error| error.to_string())
    }

    /// Removes the large messages that are digested. One that stays behind (a crash, a failure here) is removed by the
    /// bucket's lifecycle rule; it cannot be digested again, since its queue message is gone.
    pub(crate) async fn drop_claims(&self, batch: &Batch) {
        for (source, key) in &batch.claims {
            if !batch.failed.contains_key(source)
                && let Err(error) = self.claims.remove_claim(key).await
            {
                tracing::warn!(error.message = %error, "a large message stays behind until it expires");
            }
        }
    }
}
