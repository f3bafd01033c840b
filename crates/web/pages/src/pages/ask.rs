use askama::Template;

use crate::Frame;

/// The page that asks for a form to be submitted again before anything is done: to confirm a deletion, or because the
/// session ended. It keeps all fields of the form.
#[derive(Debug, Template)]
#[template(path = "ask.html")]
pub struct Ask {
    pub frame: Frame,
    /// The question, or what the visitor has to do.
    pub text: String,
    /// The URL that the form posts to.
    pub action: String,
    /// The fields of the form, without the CSRF token.
    pub fields: Vec<(String, String)>,
    /// The label of the button.
    pub button: &'static str,
    /// Whether the button deletes something.
    pub deletes: bool,
    /// Whether the visitor has to sign in first.
    pub signs_in: bool,
    /// The URL of the page that the form was on.
    pub back: Option<String>,
}

impl Ask {
    /// Whether to show a field because its text was typed by the visitor. Fixed values of the form and secrets are
    /// hidden.
    fn is_shown(&self, name: &str, value: &str) -> bool {
        !self.deletes && (matches!(name, "comment" | "document") || value.contains('\n'))
    }
}
