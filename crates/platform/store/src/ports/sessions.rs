use async_trait::async_trait;
use model::id::{KeyHash, UserId};
use model::time::Timestamp;

use crate::error::Result;

/// Sessions of the web UI, and a count of failed attempts to sign in.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Begins a session. `token` is the hash of the token that the browser has: like a key, it is stored only as a
    /// hash.
    async fn begin(&self, token: &KeyHash, session: &Session) -> Result<()>;

    /// Returns the session with this token, if it has not ended by `now`.
    async fn session(&self, token: &KeyHash, now: Timestamp) -> Result<Option<Session>>;

    /// Ends a session, if it exists.
    async fn end(&self, token: &KeyHash) -> Result<()>;

    /// Counts a failed attempt to sign in from `source`, unless there were already `most` in the minute of `now`. Returns
    /// whether it was counted.
    async fn count_failure(&self, source: &str, most: u64, now: Timestamp) -> Result<bool>;
}

/// A browser that is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub holder: SessionHolder,
    pub ends_at: Timestamp,
}

/// Whoever is signed in. Each request checks whether it still may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionHolder {
    /// The holder of a key.
    Key(KeyHash),
    /// A user. The session is over when the user's epoch is higher.
    User {
        /// The user.
        id: UserId,
        /// The user's epoch when the session began.
        epoch: u64,
    },
}
