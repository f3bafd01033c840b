use askama::Template;

use crate::Frame;

/// A form that is sent once more before anything is done: to be sure, or since the session had ended. It has all that was
/// typed.
#[derive(Debug, Template)]
#[template(path = "ask.html")]
pub struct Ask {
    /// What is around it.
    pub frame: Frame,
    /// What is asked, or what to do.
    pub text: String,
    /// Where the form goes.
    pub action: String,
    /// Its fields, without the token.
    pub fields: Vec<(String, String)>,
    /// What the button says.
    pub button: &'static str,
    /// Whether the button deletes something.
    pub deletes: bool,
    /// Whether to sign in first.
    pub signs_in: bool,
    /// Where the page is that the form was on.
    pub back: Option<String>,
}

impl Ask {
    /// Whether somebody typed a text, which is shown. Words of the form itself and secrets are not.
    fn is_shown(&self, name: &str, value: &str) -> bool {
        !self.deletes && (matches!(name, "comment" | "document") || value.contains('\n'))
    }
}
