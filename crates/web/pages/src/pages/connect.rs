use askama::Template;

use crate::Frame;

/// The page that explains how to connect an application to a project, before and after its first event.
#[derive(Debug, Template)]
#[template(path = "connect.html")]
pub struct Connect {
    pub frame: Frame,
    pub project: String,
    /// The DSN for SDKs. Keys are not stored in plain text, so unless a key was just created, the DSN has the
    /// placeholder `CLIENT-KEY`.
    pub dsn: String,
    /// The key in the DSN, or `CLIENT-KEY`.
    pub key: String,
    /// The base URL of faultline.
    pub url: String,
    /// Whether the key was just created. This is the only time it is shown.
    pub is_new: bool,
    /// Whether the project has received any event.
    pub has_events: bool,
}

impl Connect {
    fn header(&self) -> String {
        format!("x-api-key: {}", self.key)
    }

    fn errors_url(&self) -> String {
        format!("{}{}/errors", self.url, crate::address::project(&self.project))
    }
}
