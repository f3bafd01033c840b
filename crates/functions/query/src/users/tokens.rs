//! `/users/{id}/tokens`: personal access tokens.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{delete, get, post};
use http::{Request, Uri};
use http_common::Answer;
use http_common::describe::Description;
use model::audit::{AuditAction, AuditEvent};
use model::id::{Key, KeyId, UserId};
use model::outcome::{Reason, Refusal};
use model::time::Timestamp;
use model::user::UserRole;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::ports::{MAX_TOKENS, TokenRecord};

use super::managed::{ManagedUser, OwnUser};
use super::parse_role;
use crate::Query;
use crate::body::parse_body;
use crate::list::refuse_parameter;

/// The longest name of a token, in characters.
const MAX_TOKEN_NAME: usize = 100;
/// The longest time that a token can be valid, in days.
const MAX_DAYS: u32 = 3_650;

const FORM: &str =
    "an object with `name`, and optionally `role` (`viewer`, `member` or `owner`) and `days`: how long it is valid";

pub(crate) fn routes() -> Router<Arc<Query>> {
    Router::new()
        .route("/users/{id}/tokens", get(handle_list))
        .route("/users/{id}/tokens", post(handle_create))
        .route("/users/{id}/tokens/{token}", delete(handle_delete))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("get", "/users/{id}/tokens", "listTokens", "Lists the personal access tokens of a user")
        .description("For owners of the installation, and for the user. The tokens themselves are never shown again.")
        .path::<UserId>("id", "the user's id, as `GET /users` lists it")
        .data::<TokensAnswer>(200, "all tokens of the user")
        .error(Reason::ParameterInvalid, "this is not the id of a user")
        .error(Reason::UserUnknown, "there is no such user");
    api.operation("post", "/users/{id}/tokens", "createToken", "Creates a personal access token")
        .description(
            "Only for the user, in a session of the pages: the profile page does it. A token cannot create others.",
        )
        .path::<UserId>("id", "the user's id, as `GET /users` lists it")
        .body::<TokenToMake>(json!({ "name": "laptop", "role": "member", "days": 90 }))
        .data::<CreatedToken>(201, "the token, which is shown only in this answer")
        .error(Reason::ParameterInvalid, "this is not the id of a user")
        .error(Reason::UserUnknown, "there is no such user");
    api.operation("delete", "/users/{id}/tokens/{token}", "deleteToken", "Deletes a personal access token")
        .description("For owners of the installation, and for the user.")
        .path::<UserId>("id", "the user's id, as `GET /users` lists it")
        .path::<KeyId>("token", "the token's id, as `GET /users/{id}/tokens` lists it")
        .empty_response(204, "the token is deleted and cannot change anything any more; other processes may let it read for up to a minute")
        .error(Reason::ParameterInvalid, "this is not the id of a user or of a token")
        .error(Reason::UserUnknown, "there is no such user")
        .error(Reason::TokenUnknown, "the user has no such token");
}

/// A personal access token, without the secret itself.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Token")]
struct TokenEntry {
    /// The public id of the token.
    id: KeyId,
    /// The first four characters of its secret part.
    hint: Option<String>,
    name: String,
    /// The highest role that it allows. The roles of its owner count if they are lower.
    role: UserRole,
    created_at: Timestamp,
    /// When it stops being valid; null: it does not end.
    ends_at: Option<Timestamp>,
    /// The last day on which it was used, such as `2026-11-02`.
    last_used: Option<String>,
}

impl TokenEntry {
    fn new(id: KeyId, token: &TokenRecord, last_used: Option<Timestamp>) -> Self {
        Self {
            id,
            hint: token.hint.clone(),
            name: token.name.clone(),
            role: token.role,
            created_at: token.created_at,
            ends_at: token.ends_at,
            // Only the date is shown: the time is that of the first use on that day.
            last_used: last_used.map(Timestamp::date),
        }
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Tokens")]
struct TokensAnswer {
    #[schemars(length(max = MAX_TOKENS))]
    tokens: Vec<TokenEntry>,
}

/// A token to create.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TokenToMake {
    /// What the token is for.
    #[schemars(length(min = 1, max = MAX_TOKEN_NAME), regex(pattern = super::USER_NAME_PATTERN))]
    name: String,
    /// The highest role that it allows. Default: the highest role of its owner.
    #[schemars(with = "Option<UserRole>")]
    role: Option<String>,
    /// The number of days that it is valid. Default: it does not end.
    #[schemars(range(min = 1, max = MAX_DAYS))]
    days: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct CreatedToken {
    token: NewToken,
}

/// A new token, with the secret itself, which is shown only in this answer.
#[derive(Serialize, JsonSchema)]
struct NewToken {
    /// The secret, to be sent as `x-api-key` or as a bearer token.
    token: String,
    #[serde(flatten)]
    entry: TokenEntry,
}

async fn handle_list(State(query): State<Arc<Query>>, managed: ManagedUser) -> Response {
    query.answer(list(&query, managed.user.id)).await
}

async fn list(query: &Query, user: UserId) -> Answer {
    let now = query.clock.now();
    let tokens = query.stores.user_management.tokens(user).await?;
    let live: Vec<_> = tokens.iter().filter(|(_, token)| token.is_good(now)).collect();
    let ids: Vec<_> = live.iter().map(|(hash, _)| hash.id()).collect();
    let uses = query.stores.key_uses.last_uses(&ids).await?;
    let entry = |id: KeyId, token: &TokenRecord| TokenEntry::new(id, token, uses.get(&id).copied());
    let mut tokens: Vec<_> = live.iter().map(|(hash, token)| entry(hash.id(), token)).collect();
    tokens.sort_by_key(|token| (token.created_at, token.id));
    http_common::data(TokensAnswer { tokens })
}

async fn handle_create(State(query): State<Arc<Query>>, own: OwnUser, request: Request<Body>) -> Response {
    query.answer(create(&query, &own, request)).await
}

async fn create(query: &Query, own: &OwnUser, request: Request<Body>) -> Answer {
    let TokenToMake { name, role, days } = parse_body(request, FORM).await?;
    if !(1..=MAX_TOKEN_NAME).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        let message = format!("`name` must have 1 to {MAX_TOKEN_NAME} characters, and no control characters");
        return Err(Refusal::new(Reason::BodyInvalid, message).at(["name"]));
    }
    let highest = own.caller.highest_role().unwrap_or(UserRole::Viewer);
    let role = role.as_deref().map(|word| parse_role(word, ["role"])).transpose()?.unwrap_or(highest);
    if role > highest {
        let message = format!("`role` can be at most your own, `{}`", highest.as_str());
        return Err(Refusal::new(Reason::BodyInvalid, message).at(["role"]));
    }
    if days.is_some_and(|days| !(1..=MAX_DAYS).contains(&days)) {
        let message = format!("`days` must be 1 to {MAX_DAYS}");
        return Err(Refusal::new(Reason::BodyInvalid, message).at(["days"]));
    }
    let now = query.clock.now();
    let existing = query.stores.user_management.tokens(own.user.id).await?;
    if existing.iter().filter(|(_, token)| token.is_good(now)).count() >= MAX_TOKENS {
        let message = format!("you have {MAX_TOKENS} tokens: delete one that you do not need");
        return Err(Refusal::new(Reason::BodyInvalid, message));
    }
    let token = Key::personal_token(query.clock.random().to_be_bytes());
    let ends_at = days.map(|days| now.plus_seconds(i64::from(days) * 86_400));
    let record = TokenRecord { ends_at, ..TokenRecord::new(&token, own.user.id, role, name, now) };
    query.stores.user_management.add_token(&token.hash(), &record).await?;
    let entry = TokenEntry::new(token.hash().id(), &record, None);
    let event = AuditEvent::new(AuditAction::TokenCreated).of(entry.id).named(entry.name.as_str());
    query.record(&own.caller, event.changing(&Value::Null, &entry)).await;
    http_common::created_data(CreatedToken { token: NewToken { token: token.reveal().to_owned(), entry } })
}

async fn handle_delete(State(query): State<Arc<Query>>, managed: ManagedUser, uri: Uri) -> Response {
    query.answer(remove(&query, &managed, &uri)).await
}

async fn remove(query: &Query, managed: &ManagedUser, uri: &Uri) -> Answer {
    let user = managed.user.id;
    let id = http_common::decode_segment(uri.path().split('/').nth(4).unwrap_or_default());
    let id = KeyId::parse(&id).map_err(|error| refuse_parameter("token", error))?;
    let Some(hash) = query.stores.user_management.remove_token(user, id).await? else {
        let message = format!("this user has no token {id}: GET /users/{user}/tokens lists them");
        return Err(Refusal::new(Reason::TokenUnknown, message));
    };
    query.authenticator.forget(&hash);
    query.stores.key_uses.forget_use(id).await?;
    let event = AuditEvent::new(AuditAction::TokenDeleted).of(id).named(managed.user.name.as_str());
    query.record(&managed.caller, event).await;
    http_common::no_content()
}
