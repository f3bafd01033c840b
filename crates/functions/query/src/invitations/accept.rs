//! `POST /invitations/accept`: creates the user that an invitation is for.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::{Extensions, Request};
use http_common::describe::Description;
use http_common::{Answer, Trust};
use model::audit::AuditAction;
use model::error::history::Actor;
use model::id::{Key, KeyHash, UserId};
use model::outcome::{Reason, Refusal};
use model::user::{MAX_EMAIL, MAX_USER_NAME};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Kind;
use store::ports::{Invitation, InvitationKind, SessionHolder, UserRecord};

use super::check_manages;
use crate::Query;
use crate::body::parse_body;
use crate::users::{EMAIL_PATTERN, USER_NAME_PATTERN, UserEntry, check_email, check_user_name};

const FORM: &str = "an object with `token`: the last part of the link, `name`, and optionally `email`";

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/invitations/accept", post(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("post", "/invitations/accept", "acceptInvitation", "Creates the user that an invitation is for")
        .description("Needs no key: the token of the invitation counts, once. The page behind the link does the same.")
        .open()
        .body::<Acceptance>(json!({ "token": "3f9a17c40b5e62d83f9a17c40b5e62d8", "name": "Ada" }))
        .data::<AcceptedInvitation>(201, "the user, and the key to sign in with, which is shown only in this answer")
        .error(Reason::InvitationUnknown, "the invitation was used or withdrawn, or has ended")
        .error(Reason::KeyGuessesLimited, "too many unknown tokens are being sent");
}

/// What a person enters who follows the link.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Acceptance {
    /// The last part of the link.
    token: String,
    /// The name that others will see.
    #[schemars(length(min = 1, max = MAX_USER_NAME), regex(pattern = USER_NAME_PATTERN))]
    name: String,
    /// Nobody is identified by it.
    #[schemars(length(max = MAX_EMAIL), regex(pattern = EMAIL_PATTERN))]
    email: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
struct AcceptedInvitation {
    user: UserEntry,
    /// The key for the sign-in page.
    sign_in_key: String,
}

/// A link that is being followed: its hash, and what it does.
pub(crate) struct Joining {
    hash: KeyHash,
    pub(crate) invitation: Invitation,
}

async fn handle(State(query): State<Arc<Query>>, request: Request<Body>) -> Response {
    query.answer(accept(&query, request)).await
}

async fn accept(query: &Query, request: Request<Body>) -> Answer {
    let extensions = request.extensions().clone();
    let Acceptance { token, name, email } = parse_body(request, FORM).await?;
    check_user_name(&name)?;
    email.as_deref().map_or(Ok(()), check_email)?;
    let joining = query.find_joining(&token).await?;
    let (user, key) = query.join_as_new(joining, name, email, &extensions).await?;
    let names = query.project_names([&user.roles]).await?;
    let user = UserEntry::whole(&user, &names);
    http_common::created_data(AcceptedInvitation { user, sign_in_key: key.reveal().to_owned() })
}

fn refuse_used() -> Refusal {
    let message = "this link was used or withdrawn, or has ended: ask whoever gave it to you for another one";
    Refusal::new(Reason::InvitationUnknown, message)
}

impl Query {
    /// Finds the invitation with this token. Made-up tokens cause a bounded number of reads.
    pub(crate) async fn find_joining(&self, token: &str) -> Result<Joining, Refusal> {
        let hash = Key::parse(token).map_err(|_| refuse_used())?.hash();
        let guess = self.authenticator.begin_guess()?;
        let found = self.stores.invitations.invitation(&hash, self.clock.now()).await?;
        let invitation = found.ok_or_else(refuse_used)?;
        guess.was_right();
        self.check_creator(&invitation).await?;
        Ok(Joining { hash, invitation })
    }

    /// Refuses an invitation whose creator may not give its roles any more: whoever loses rights must not keep them by a
    /// link.
    async fn check_creator(&self, invitation: &Invitation) -> Result<(), Refusal> {
        let creator = match &invitation.by {
            Actor::User { id, .. } => {
                let holder = SessionHolder::User { id: *id, epoch: u64::MAX };
                self.authenticator.authenticate_session(holder, Trust::Nothing).await
            }
            Actor::Key { id, .. } => match self.stores.key_ring.with_id(*id).await? {
                Some((hash, _)) => self.authenticator.authenticate_hash(hash, Trust::Nothing).await,
                None => return Err(refuse_used()),
            },
            _ => return Ok(()),
        };
        match creator.and_then(|creator| check_manages(&creator, &invitation.kind)) {
            Err(refusal) if refusal.reason == Reason::Unavailable => Err(refusal),
            Err(_) => Err(refuse_used()),
            Ok(()) => Ok(()),
        }
    }

    /// Uses an invitation up and creates its user, with a key to sign in.
    pub(crate) async fn join_as_new(
        &self,
        joining: Joining,
        name: String,
        email: Option<String>,
        extensions: &Extensions,
    ) -> Result<(UserRecord, Key), Refusal> {
        let InvitationKind::Join { roles, .. } = joining.invitation.kind else {
            let message = "this link signs an existing user in: open it in a browser";
            return Err(Refusal::new(Reason::BodyInvalid, message).at(["token"]));
        };
        let (id, now) = (UserId::from_random(self.clock.random()), self.clock.now());
        let key = Key::sign_in_key(id, self.clock.random().to_be_bytes());
        let user = UserRecord { email, sign_in_key: Some(key.hash()), ..UserRecord::new(id, name, roles, now) };
        used(self.stores.invitations.accept_as_new(&joining.hash, &user, now).await)?;
        self.record_joining(None, &user, extensions).await?;
        Ok((user, key))
    }

    /// Uses an invitation up, and adds its roles to an existing user.
    pub(crate) async fn join_as(
        &self,
        joining: Joining,
        id: UserId,
        extensions: &Extensions,
    ) -> Result<UserRecord, Refusal> {
        let user = self.stores.users.user_consistently(id).await?.filter(|user| !user.disabled);
        let mut user = user.ok_or_else(refuse_used)?;
        let before = user.clone();
        if let InvitationKind::Join { roles, .. } = &joining.invitation.kind {
            user.roles = user.roles.and(roles);
        }
        let user = used(self.stores.invitations.accept_as(&joining.hash, &user, self.clock.now()).await)?;
        self.authenticator.forget_user(id);
        if user.roles != before.roles {
            self.record_joining(Some(&before), &user, extensions).await?;
        }
        Ok(user)
    }

    /// Records in the audit log that a user joined, or got more roles.
    async fn record_joining(
        &self,
        before: Option<&UserRecord>,
        user: &UserRecord,
        extensions: &Extensions,
    ) -> Result<(), Refusal> {
        let holder = SessionHolder::User { id: user.id, epoch: user.session_epoch };
        let caller = self.authenticator.authenticate_session(holder, Trust::Nothing).await?.from_client_in(extensions);
        Ok(self.record_user(&caller, AuditAction::UserJoined, before, Some(user)).await?)
    }
}

/// Turns the conflict of two who follow one link into a refusal.
fn used<T>(accepted: store::Result<T>) -> Result<T, Refusal> {
    match accepted {
        Err(error) if error.kind() == Kind::Conflict => Err(refuse_used()),
        accepted => Ok(accepted?),
    }
}
