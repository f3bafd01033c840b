//! Receipt handles. Each names one receive of one message.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::refusal::{Refusal, RefusalKind};

/// One receive of one message. Only the latest receive can delete the message: an earlier one belongs to a consumer
/// that took too long, and another consumer has the message now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Receipt {
    pub(super) queue: i64,
    pub(super) message: i64,
    /// The number of the receive, counted from 1.
    pub(super) receive: u32,
}

impl Receipt {
    pub(super) fn to_handle(self) -> String {
        let mut bytes = [0; 20];
        bytes[..8].copy_from_slice(&self.queue.to_be_bytes());
        bytes[8..16].copy_from_slice(&self.message.to_be_bytes());
        bytes[16..].copy_from_slice(&self.receive.to_be_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Parses a handle for the queue with this number.
    pub(super) fn parse(handle: &str, queue: i64) -> Result<Self, Refusal> {
        Self::read(handle).filter(|receipt| receipt.queue == queue).ok_or_else(|| {
            let message = format!("The input receipt handle \"{handle}\" is not a valid receipt handle.");
            Refusal::new(RefusalKind::ReceiptHandleIsInvalid, message)
        })
    }

    fn read(handle: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(handle).ok()?;
        let (queue, rest) = bytes.split_first_chunk()?;
        let (message, rest) = rest.split_first_chunk()?;
        Some(Self {
            queue: i64::from_be_bytes(*queue),
            message: i64::from_be_bytes(*message),
            receive: u32::from_be_bytes(rest.try_into().ok()?),
        })
    }
}
