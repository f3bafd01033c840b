//! `/users`: the people who sign in, and their personal access tokens.

mod change;
mod delete;
mod end_sessions;
mod entry;
mod list;
mod managed;
mod members;
mod show;
mod sign_in;
mod tokens;
mod who;

use std::sync::Arc;

use axum::Router;
use http_common::describe::Description;
use model::outcome::{Reason, Refusal};
use model::user::{MAX_EMAIL, MAX_USER_NAME, UserRole};
use serde_json::{Value, json};

use crate::Query;
pub(crate) use entry::{MemberRole, ProjectNames, UserEntry};

/// A name of a user may contain anything except control characters.
pub(crate) const USER_NAME_PATTERN: &str = r"^[^\x00-\x1f\x7f-\x9f]*$";
/// An email address is only shown, so this only refuses what cannot be one.
pub(crate) const EMAIL_PATTERN: &str = r"^[^@\s\x00-\x1f\x7f-\x9f]+@[^@\s\x00-\x1f\x7f-\x9f]+$";

/// The schema of the names in an object whose keys are names of projects.
pub(crate) fn project_names() -> Value {
    json!({ "$ref": "#/components/schemas/ProjectName" })
}

pub(crate) fn routes() -> Router<Arc<Query>> {
    Router::new()
        .merge(list::route())
        .merge(who::route())
        .merge(show::route())
        .merge(change::route())
        .merge(delete::route())
        .merge(end_sessions::route())
        .merge(sign_in::routes())
        .merge(tokens::routes())
        .merge(members::route())
}

pub(crate) fn describe(api: &mut Description) {
    api.tag("users");
    list::describe(api);
    who::describe(api);
    show::describe(api);
    change::describe(api);
    delete::describe(api);
    end_sessions::describe(api);
    sign_in::describe(api);
    tokens::describe(api);
    members::describe(api);
}

pub(crate) fn check_user_name(name: &str) -> Result<(), Refusal> {
    match (1..=MAX_USER_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control) {
        true => Ok(()),
        false => {
            let message = format!("`name` must have 1 to {MAX_USER_NAME} characters, and no control characters");
            Err(Refusal::new(Reason::BodyInvalid, message).at(["name"]))
        }
    }
}

pub(crate) fn check_email(email: &str) -> Result<(), Refusal> {
    let is_part = |part: &str| {
        !part.is_empty() && !part.chars().any(|letter| letter == '@' || letter.is_whitespace() || letter.is_control())
    };
    let is_good = email.split_once('@').is_some_and(|(name, host)| is_part(name) && is_part(host));
    match is_good && email.chars().count() <= MAX_EMAIL {
        true => Ok(()),
        false => {
            let message =
                format!("`email` must be an address such as ada@example.org, of at most {MAX_EMAIL} characters");
            Err(Refusal::new(Reason::BodyInvalid, message).at(["email"]))
        }
    }
}

/// Parses a role in the body, at the place `path` there.
pub(crate) fn parse_role<const N: usize>(word: &str, path: [&str; N]) -> Result<UserRole, Refusal> {
    UserRole::parse(word).ok_or_else(|| {
        let message = format!("`{word}` is not a role: use `viewer`, `member` or `owner`");
        Refusal::new(Reason::BodyInvalid, message).at(path)
    })
}
