use formats::inbox::{self, Message, Text};
use store::Kind;

use crate::reason::Reason;
use crate::{Batch, Processor};

impl Processor {
    /// The accepted request in the text of a queue message. `None` if its body was in S3, and is gone since the message was
    /// processed before.
    pub(crate) async fn open(&self, batch: &mut Batch, source: usize, text: &str) -> Result<Option<Message>, Reason> {
        let packed = match inbox::form(text).map_err(Reason::stays)? {
            Text::Inline(body) => inbox::packed(body).map_err(Reason::stays)?.into(),
            Text::ClaimCheck(key) => match self.claims.get_claim_check(key).await {
                Err(error) if error.kind() == Kind::NotFound && self.is_done(key).await? => return Ok(None),
                body => {
                    batch.claims.push((source, key.to_owned()));
                    body?
                }
            },
        };
        Message::unpack(&packed).map(Some).map_err(Reason::stays)
    }
}
