use askama::Template;

use crate::Frame;

/// How to connect an application to a project, until its first event comes and after.
#[derive(Debug, Template)]
#[template(path = "connect.html")]
pub struct Connect {
    /// What is around it.
    pub frame: Frame,
    /// The project's name.
    pub project: String,
    /// What an SDK is given. Without a client key's text: keys are not kept, so `CLIENT-KEY` stands for one that was made
    /// before.
    pub dsn: String,
    /// The key in the DSN.
    pub key: String,
    /// Where faultline is.
    pub url: String,
    /// Whether the key was made just now, and is shown this once.
    pub is_new: bool,
    /// Whether events have come.
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
