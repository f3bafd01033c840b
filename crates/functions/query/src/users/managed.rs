//! Extractors for the user that a path names.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::Response;
use http::Uri;
use http::request::Parts;
use http_common::{Caller, Reader};
use model::id::UserId;
use model::outcome::{Reason, Refusal};
use store::ports::UserRecord;

use crate::Query;
use crate::list::refuse_parameter;

/// The user of a path `/users/{id}…`, who is the caller, or whom the caller may manage as an owner of the installation.
pub(super) struct ManagedUser {
    pub(super) user: UserRecord,
    pub(super) caller: Caller,
}

/// The user of a path `/users/{id}…`, whom the caller may manage as an owner of the installation. It may be missing.
pub(super) struct RemovableUser {
    pub(super) id: UserId,
    pub(super) user: Option<UserRecord>,
    pub(super) caller: Caller,
}

/// The user of a path `/users/{id}…`, who is the caller in a session of the pages. Tokens may not do this: whoever has
/// one could keep access when it ends.
pub(super) struct OwnUser {
    pub(super) user: UserRecord,
    pub(super) caller: Caller,
}

impl FromRequestParts<Arc<Query>> for ManagedUser {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, query: &Arc<Query>) -> Result<Self, Response> {
        let reader = Reader::from_request_parts(parts, query).await?;
        find_managed(query, reader.caller(), &parts.uri).await.map_err(|refusal| query.outcomes.refuse(&refusal))
    }
}

impl FromRequestParts<Arc<Query>> for RemovableUser {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, query: &Arc<Query>) -> Result<Self, Response> {
        let reader = Reader::from_request_parts(parts, query).await?;
        find_removable(query, reader.caller(), &parts.uri).await.map_err(|refusal| query.outcomes.refuse(&refusal))
    }
}

impl FromRequestParts<Arc<Query>> for OwnUser {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, query: &Arc<Query>) -> Result<Self, Response> {
        let reader = Reader::from_request_parts(parts, query).await?;
        find_own(query, reader.caller(), &parts.uri).await.map_err(|refusal| query.outcomes.refuse(&refusal))
    }
}

async fn find_managed(query: &Query, caller: &Caller, uri: &Uri) -> Result<ManagedUser, Refusal> {
    let id = parse_id(uri)?;
    if caller.user() != Some(id) {
        caller.check_stack_admin()?;
    }
    let user = query.stores.users.user_consistently(id).await?.ok_or_else(|| refuse_unknown(id))?;
    Ok(ManagedUser { user, caller: caller.clone() })
}

async fn find_removable(query: &Query, caller: &Caller, uri: &Uri) -> Result<RemovableUser, Refusal> {
    caller.check_stack_admin()?;
    let id = parse_id(uri)?;
    let user = query.stores.users.user_consistently(id).await?;
    Ok(RemovableUser { id, user, caller: caller.clone() })
}

async fn find_own(query: &Query, caller: &Caller, uri: &Uri) -> Result<OwnUser, Refusal> {
    let id = parse_id(uri)?;
    if caller.user_in_session() != Some(id) {
        let message = "only the user can do this, signed in to the pages: not with a key or a token";
        return Err(Refusal::new(Reason::KeyRole, message));
    }
    let user = query.stores.users.user_consistently(id).await?.ok_or_else(|| refuse_unknown(id))?;
    Ok(OwnUser { user, caller: caller.clone() })
}

/// Parses the id in the path.
pub(super) fn parse_id(uri: &Uri) -> Result<UserId, Refusal> {
    let id = http_common::decode_segment(uri.path().split('/').nth(2).unwrap_or_default());
    UserId::parse(&id).map_err(|error| refuse_parameter("id", error))
}

pub(super) fn refuse_unknown(id: UserId) -> Refusal {
    Refusal::new(Reason::UserUnknown, format!("user {id} does not exist: GET /users lists all users"))
}
