//! Records which keys the messages of a batch were sent with.
//!
//! Ingest is not allowed to write into the table. Its messages name the key, and the processor records its use, once a
//! day for each key and process. The table rejects all but the first write of a day. The record is best effort, not
//! exact.

use std::collections::BTreeMap;

use formats::inbox::Header;
use model::id::KeyId;
use model::project::TimeUnit;
use model::time::Timestamp;

use crate::processor::Processor;

/// The keys of a batch, and when each was last used in it.
#[derive(Default)]
pub(crate) struct KeyUses(BTreeMap<KeyId, Timestamp>);

impl KeyUses {
    /// Adds the key of a message, if the message names one.
    pub(crate) fn add(&mut self, header: &Header) {
        let Some(key) = header.key else { return };
        let last = self.0.entry(key).or_insert(header.received_at);
        *last = header.received_at.max(*last);
    }

    pub(crate) fn into_keys(self) -> impl Iterator<Item = (KeyId, Timestamp)> {
        self.0.into_iter()
    }
}

impl Processor {
    pub(crate) async fn record_key_use(&self, key: KeyId, at: Timestamp) -> store::Result<()> {
        let day = TimeUnit::Day.start(at);
        if self.caches.key_uses.contains(key, day) {
            return Ok(());
        }
        self.stores.key_uses.note_use(key, at).await?;
        self.caches.key_uses.insert(key, day);
        Ok(())
    }
}
