//! Which keys the requests of a batch were sent with.
//!
//! ingest may not write into the table, so it says in the message which key it saw, and the processor notes it: once a day for
//! each key and process, and the table refuses all but the first. It is no part of what is promised to be exact.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use formats::inbox::Header;
use futures_util::StreamExt;
use model::id::KeyId;
use model::project::TimeUnit;
use model::time::Timestamp;

use crate::{Deadline, Processor};

/// How many keys are noted at once.
const CONCURRENT: usize = 8;
/// How many keys are remembered; beyond it all are forgotten, and noted once more.
const REMEMBERED: usize = 10_000;

/// The keys of a batch, and when each was last used in it.
#[derive(Default)]
pub(crate) struct Used(HashMap<KeyId, Timestamp>);

impl Used {
    /// Adds the key of a message, if it has one.
    pub(crate) fn add(&mut self, header: &Header) {
        let Some(key) = header.key else { return };
        let last = self.0.entry(key).or_insert(header.received_at);
        *last = header.received_at.max(*last);
    }
}

/// The newest day that was noted of each key.
#[derive(Debug, Default)]
pub(crate) struct Noted(Mutex<HashMap<KeyId, Timestamp>>);

impl Noted {
    fn has(&self, key: KeyId, day: Timestamp) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).is_some_and(|noted| *noted >= day)
    }

    fn add(&self, key: KeyId, day: Timestamp) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() >= REMEMBERED {
            noted.clear();
        }
        noted.insert(key, day);
    }
}

impl Processor {
    /// Notes which keys were used. What fails is logged, and fails nothing: the events are stored.
    pub(crate) async fn note_used(&self, used: Used, deadline: Deadline) {
        let noted = used.0.into_iter().map(|(key, at)| async move {
            let day = TimeUnit::Day.start(at);
            if self.noted.has(key, day) {
                return;
            }
            let noted = deadline.bounds(self.keys.note_use(key, at)).await;
            match noted.and_then(|noted| noted.map_err(Into::into)) {
                Ok(()) => self.noted.add(key, day),
                Err(error) => {
                    tracing::warn!(key.id = %key, error.message = %error, "that a key was used is not noted");
                }
            }
        });
        futures_util::stream::iter(noted).buffer_unordered(CONCURRENT).collect::<()>().await;
    }
}
