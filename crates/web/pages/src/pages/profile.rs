use askama::Template;

use super::users::MadeSecret;
use crate::{Frame, Moment};

/// The visitor's own profile and tokens.
#[derive(Debug, Template)]
#[template(path = "profile.html")]
pub struct ProfilePage {
    pub frame: Frame,
    /// A key or token that was just created.
    pub secret: Option<MadeSecret>,
    /// `None`: the visitor signed in with a key.
    pub user: Option<ProfileFields>,
    pub tokens: Vec<TokenRow>,
}

/// The user, as text for the form.
#[derive(Clone, Debug, Default)]
pub struct ProfileFields {
    pub name: String,
    /// May be empty.
    pub email: String,
    /// The role in all projects.
    pub role: Option<String>,
    /// The projects in which the user has a role of its own, and the roles.
    pub projects: Vec<(String, String)>,
    /// Whether the user has a key to sign in with.
    pub has_sign_in_key: bool,
}

#[derive(Clone, Debug)]
pub struct TokenRow {
    /// The public id of the token, which is not the secret itself.
    pub id: String,
    /// The first characters of its secret part.
    pub hint: Option<String>,
    pub name: String,
    pub role: String,
    pub created_at: Moment,
    /// The last day on which it was used, such as `2026-11-02`.
    pub last_used: Option<String>,
    pub ends_at: Option<Moment>,
}
