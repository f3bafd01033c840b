use async_trait::async_trait;
use model::error::history::Actor;
use model::id::{Key, KeyHash, KeyId, UserId};
use model::time::Timestamp;
use model::user::{UserRole, UserRoles};

use super::{Maker, Page};
use crate::error::Result;

/// Finds the users who sign in, and their personal access tokens.
#[async_trait]
pub trait Users: Send + Sync {
    /// Returns a user, who may be disabled.
    async fn user(&self, id: UserId) -> Result<Option<UserRecord>>;

    /// Like [`user`](Self::user), but with a consistent read: sees every change that completed before.
    async fn user_consistently(&self, id: UserId) -> Result<Option<UserRecord>>;

    /// Returns the token with this hash. It may have ended: see [`TokenRecord::is_good`].
    async fn token(&self, hash: &KeyHash) -> Result<Option<TokenRecord>>;

    /// Like [`token`](Self::token), but with a consistent read: sees every removal that completed before.
    async fn token_consistently(&self, hash: &KeyHash) -> Result<Option<TokenRecord>>;
}

/// User management: lists, changes and removes users, and their tokens.
#[async_trait]
pub trait UserManagement: Send + Sync {
    /// Returns at most `limit` users that follow `after`, ordered by id. A consistent read.
    async fn users(&self, after: Option<UserId>, limit: usize) -> Result<Page<UserRecord, UserId>>;

    /// Replaces a user that was read with the revision `user.revision`, and returns the user with the next one. Returns
    /// a [`Conflict`](crate::Kind::Conflict) if the user was changed or removed in the meantime.
    async fn replace_user(&self, user: &UserRecord) -> Result<UserRecord>;

    /// Removes a user if it exists. The user's tokens are removed by [`remove_tokens`](Self::remove_tokens); without
    /// their user, they are not valid.
    async fn remove_user(&self, id: UserId) -> Result<()>;

    /// Adds a token. Returns a [`Conflict`](crate::Kind::Conflict) if its user does not exist or is disabled.
    async fn add_token(&self, hash: &KeyHash, token: &TokenRecord) -> Result<()>;

    /// Returns the tokens of a user, ordered by their hashes. Finds at most [`MAX_TOKENS`]. By the index, which is
    /// eventually consistent.
    async fn tokens(&self, user: UserId) -> Result<Vec<(KeyHash, TokenRecord)>>;

    /// Removes a token of this user, and returns its hash. `None`: the user has no such token.
    async fn remove_token(&self, user: UserId, id: KeyId) -> Result<Option<KeyHash>>;

    /// Removes all tokens of a user.
    async fn remove_tokens(&self, user: UserId) -> Result<()>;
}

/// Links that work once: they create a user, or sign one in.
#[async_trait]
pub trait Invitations: Send + Sync {
    /// Adds an invitation, if `maker` is still valid; otherwise returns a [`Conflict`](crate::Kind::Conflict).
    /// `hash` is that of the token in the link.
    async fn invite(&self, maker: Option<&Maker>, hash: &KeyHash, invitation: &Invitation) -> Result<()>;

    /// Returns the invitation with this hash, if it has not ended by `now`. A consistent read.
    async fn invitation(&self, hash: &KeyHash, now: Timestamp) -> Result<Option<Invitation>>;

    /// Returns the invitation with this id. A consistent read.
    async fn invitation_with_id(&self, id: KeyId) -> Result<Option<(KeyHash, Invitation)>>;

    /// Returns at most `limit` invitations that follow `after`, ordered by id. A consistent read.
    async fn invitations(&self, after: Option<KeyId>, limit: usize) -> Result<Page<(KeyHash, Invitation), KeyId>>;

    /// Removes an invitation if it exists.
    async fn withdraw(&self, hash: &KeyHash) -> Result<()>;

    /// Uses an invitation up and adds the user, in one transaction. Returns a [`Conflict`](crate::Kind::Conflict) if the
    /// invitation was used, was withdrawn or has ended, or if the user exists.
    async fn accept_as_new(&self, hash: &KeyHash, user: &UserRecord, now: Timestamp) -> Result<()>;

    /// Uses an invitation up and replaces the user, as [`UserManagement::replace_user`] does, in one transaction. Returns
    /// a [`Conflict`](crate::Kind::Conflict) if the invitation was used, was withdrawn or has ended, or if the user was
    /// changed or removed.
    async fn accept_as(&self, hash: &KeyHash, user: &UserRecord, now: Timestamp) -> Result<UserRecord>;
}

/// The most tokens of a user.
pub const MAX_TOKENS: usize = 50;

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRecord {
    pub id: UserId,
    /// The name that others see.
    pub name: String,
    /// Only shown: nobody is identified by it.
    pub email: Option<String>,
    pub roles: UserRoles,
    /// A disabled user has no valid session and no valid token.
    pub disabled: bool,
    pub created_at: Timestamp,
    /// The hash of the key with which the user signs in to the pages. `None`: only an identity provider or a link signs
    /// the user in.
    pub sign_in_key: Option<KeyHash>,
    /// Sessions that began with a lower number are over.
    pub session_epoch: u64,
    /// Grows by one with each change.
    pub revision: u64,
}

impl UserRecord {
    /// A new user.
    pub fn new(id: UserId, name: impl Into<String>, roles: UserRoles, created_at: Timestamp) -> Self {
        let (name, disabled) = (name.into(), false);
        Self { id, name, email: None, roles, disabled, created_at, sign_in_key: None, session_epoch: 0, revision: 0 }
    }
}

/// A personal access token: what it allows, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRecord {
    /// The user who acts with it.
    pub user: UserId,
    /// The highest role that it allows. The user's own roles count if they are lower.
    pub role: UserRole,
    /// A name that its owner chose.
    pub name: String,
    /// The first characters of its secret part, see [`Key::hint`].
    pub hint: Option<String>,
    pub created_at: Timestamp,
    /// When it stops being valid. `None`: it does not end.
    pub ends_at: Option<Timestamp>,
}

impl TokenRecord {
    /// The record of a new token.
    pub fn new(token: &Key, user: UserId, role: UserRole, name: impl Into<String>, created_at: Timestamp) -> Self {
        let (name, hint) = (name.into(), token.hint().map(str::to_owned));
        Self { user, role, name, hint, created_at, ends_at: None }
    }

    /// Whether the token has not ended at `now`.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.ends_at.is_none_or(|end| now < end)
    }
}

/// A link that works once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    pub kind: InvitationKind,
    /// Who created it.
    pub by: Actor,
    pub created_at: Timestamp,
    pub ends_at: Timestamp,
}

/// What a link that works once does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvitationKind {
    /// It creates a user with these roles, or adds them to the user who follows it.
    Join {
        /// The roles.
        roles: UserRoles,
        /// For whom it is: a note of its creator, may be empty.
        note: String,
    },
    /// It signs this user in.
    SignIn(UserId),
}
