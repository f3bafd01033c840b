//! `POST /users/{id}/sign-in-key`: a new key to sign in with. `POST /users/{id}/sign-in-link`: a link that signs a user in.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::Request;
use http_common::describe::Description;
use http_common::{Answer, BaseUrl};
use model::audit::AuditAction;
use model::id::{Key, UserId};
use model::outcome::Reason;
use model::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use store::ports::{Invitation, InvitationKind, UserRecord};

use super::entry::user_event;
use super::managed::{OwnUser, RemovableUser, refuse_unknown};
use crate::Query;
use crate::join_link::link_to;

/// How long a link that signs in is valid, in seconds: an hour.
const LINK_SECONDS: i64 = 3_600;

pub(crate) fn routes() -> Router<Arc<Query>> {
    Router::new()
        .route("/users/{id}/sign-in-key", post(handle_key))
        .route("/users/{id}/sign-in-link", post(handle_link))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("post", "/users/{id}/sign-in-key", "createSignInKey", "Creates a new key for a user to sign in with")
        .description(
            "Only for the user, in a session of the pages: the profile page does it. The previous key stops working.",
        )
        .path::<UserId>("id", "the user's id, as `GET /users` lists it")
        .data::<SignInKey>(201, "the key, which is shown only in this answer")
        .error(Reason::ParameterInvalid, "this is not the id of a user")
        .error(Reason::UserUnknown, "there is no such user");
    api.operation("post", "/users/{id}/sign-in-link", "createSignInLink", "Creates a link that signs a user in, once")
        .description(
            "Only for owners of the installation, for a user who has lost the key to sign in. Whoever follows the link is that user.",
        )
        .path::<UserId>("id", "the user's id, as `GET /users` lists it")
        .data::<SignInLink>(201, "the link, which is shown only in this answer")
        .error(Reason::ParameterInvalid, "this is not the id of a user")
        .error(Reason::UserUnknown, "there is no such user");
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
struct SignInKey {
    /// The key, for the sign-in page only: the API does not accept it.
    sign_in_key: String,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
struct SignInLink {
    /// The URL to open in a browser.
    link: String,
    ends_at: Timestamp,
}

async fn handle_key(State(query): State<Arc<Query>>, own: OwnUser) -> Response {
    query.answer(create_key(&query, own)).await
}

async fn create_key(query: &Query, own: OwnUser) -> Answer {
    let OwnUser { user, caller } = own;
    let event = user_event(AuditAction::SignInKeyCreated, &user);
    let key = Key::sign_in_key(user.id, query.clock.random().to_be_bytes());
    let changed = UserRecord { sign_in_key: Some(key.hash()), ..user };
    query.stores.user_management.replace_user(&changed).await?;
    query.authenticator.forget_user(user.id);
    query.record(&caller, event).await;
    http_common::created_data(SignInKey { sign_in_key: key.reveal().to_owned() })
}

async fn handle_link(State(query): State<Arc<Query>>, removable: RemovableUser, request: Request<Body>) -> Response {
    let base = BaseUrl::from_request(request.headers(), request.extensions());
    query.answer(create_link(&query, &removable, &base)).await
}

async fn create_link(query: &Query, removable: &RemovableUser, base: &BaseUrl) -> Answer {
    let RemovableUser { id, user, caller } = removable;
    let user = user.as_ref().filter(|user| !user.disabled).ok_or_else(|| refuse_unknown(*id))?;
    let (now, token) = (query.clock.now(), Key::from_random(query.clock.random().to_be_bytes()));
    let ends_at = now.plus_seconds(LINK_SECONDS);
    let invitation = Invitation { kind: InvitationKind::SignIn(user.id), by: caller.actor(), created_at: now, ends_at };
    query.add_invitation(caller, &token.hash(), &invitation).await?;
    query.record(caller, user_event(AuditAction::SignInLinkCreated, user)).await;
    http_common::created_data(SignInLink { link: link_to(base, &token), ends_at })
}
