use domain::inbox::{self, Message, Text};

use crate::Digest;
use crate::reason::Reason;

impl Digest {
    /// The accepted request in the text of a queue message. One that lies in S3 is left there, for the bucket's lifecycle
    /// rule: the queue may deliver its message once more.
    pub(crate) async fn open(&self, text: &str) -> Result<Message, Reason> {
        let packed = match inbox::form(text).map_err(Reason::stays)? {
            Text::Inline(body) => inbox::packed(body).map_err(Reason::stays)?.into(),
            Text::Claim(key) => self.claims.get_claim(key).await?,
        };
        Message::unpack(&packed).map_err(Reason::stays)
    }
}
