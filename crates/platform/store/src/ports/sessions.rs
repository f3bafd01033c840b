use async_trait::async_trait;
use model::id::KeyHash;
use model::time::Timestamp;

use crate::error::Result;

/// Who is signed in to the pages, and who tries to.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Begins a session. `token` is the hash of what the browser shows: like a key, it is stored as a hash only.
    async fn begin(&self, token: &KeyHash, session: &Session) -> Result<()>;

    /// The session of this token, if it has not ended by `now`.
    async fn session(&self, token: &KeyHash, now: Timestamp) -> Result<Option<Session>>;

    /// Ends a session, if it is there.
    async fn end(&self, token: &KeyHash) -> Result<()>;

    /// Counts an attempt to sign in from `source` in the minute of `now`, and returns how many there were in it.
    async fn attempt(&self, source: &str, now: Timestamp) -> Result<u64>;
}

/// Somebody who showed a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The key. Whether it is still good is asked at each request.
    pub key: KeyHash,
    /// When it ends.
    pub ends_at: Timestamp,
}
