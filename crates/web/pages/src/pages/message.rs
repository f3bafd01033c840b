use askama::Template;

use crate::Frame;

/// Says why there is nothing else to see.
#[derive(Debug, Template)]
#[template(path = "message.html")]
pub struct MessagePage {
    /// What is around it.
    pub frame: Frame,
    /// In a few words.
    pub title: String,
    /// What is the matter, and the way out.
    pub text: String,
}
