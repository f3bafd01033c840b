use formats::inbox::{self, Message, Text};
use store::Kind;

use crate::failure_reason::FailureReason;
use crate::processor::Processor;

/// An accepted request, as it was unpacked from a queue message.
pub(crate) struct OpenedMessage {
    pub(crate) message: Message,
    /// The S3 key of its body, if the body is in S3.
    pub(crate) claim: Option<String>,
}

impl Processor {
    /// Opens a queue message. Returns `None` if its body was in S3 and is gone because the message was processed
    /// before, or because its project was deleted.
    pub(crate) async fn open(&self, text: &str) -> Result<Option<OpenedMessage>, FailureReason> {
        let (packed, claim) = match inbox::form(text).map_err(FailureReason::permanent)? {
            Text::Inline(body) => (inbox::packed(body).map_err(FailureReason::permanent)?.into(), None),
            Text::ClaimCheck(key) => match self.stores.claim_checks.get_claim_check(key).await {
                Err(error) if error.kind() == Kind::NotFound && self.is_processed(key).await? => return Ok(None),
                body => (body?, Some(key.to_owned())),
            },
        };
        let message = Message::unpack(&packed).map_err(FailureReason::permanent)?;
        Ok(Some(OpenedMessage { message, claim }))
    }
}
