use askama::Template;

use super::users::MadeSecret;
use crate::Frame;

/// The page behind an invitation, or behind a link that signs a user in.
#[derive(Debug, Default, Template)]
#[template(path = "join.html")]
pub struct JoinPage {
    pub frame: Frame,
    /// The key of the user who just joined. Replaces the form.
    pub secret: Option<MadeSecret>,
    /// What the link does.
    pub text: String,
    /// Why the input was rejected.
    pub refused: Option<String>,
    /// The URL that the form posts to.
    pub action: String,
    /// The CSRF token that the form sends back.
    pub token: String,
    /// Whether the form asks for a name.
    pub asks: bool,
    /// The name that was rejected.
    pub name: String,
    /// The email address that was rejected.
    pub email: String,
    /// The label of the button.
    pub button: String,
}
