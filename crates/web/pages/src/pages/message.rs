use askama::Template;

use crate::Frame;

/// A page with a message only, such as "Not found".
#[derive(Debug, Template)]
#[template(path = "message.html")]
pub struct MessagePage {
    pub frame: Frame,
    pub title: String,
    /// The problem, and how to fix it.
    pub text: String,
}
