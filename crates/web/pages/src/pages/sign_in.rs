use askama::Template;

use crate::Frame;

/// The sign-in page, where a visitor enters a key.
#[derive(Debug, Template)]
#[template(path = "sign_in.html")]
pub struct SignIn {
    pub frame: Frame,
    /// The path to go to after signing in, on this site.
    pub next: String,
    /// The CSRF token that the form sends back.
    pub token: String,
    /// Why the last attempt was rejected.
    pub refused: Option<String>,
}
