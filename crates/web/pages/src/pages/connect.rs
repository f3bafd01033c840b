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
    /// The read key for a coding agent, if it was just created. This is the only time it is shown.
    pub agent_key: Option<String>,
}

/// The placeholder for a read key that is not shown.
const AGENT_KEY_PLACEHOLDER: &str = "READ-KEY";

impl Connect {
    fn header(&self) -> String {
        format!("x-api-key: {}", self.key)
    }

    fn mcp_url(&self) -> String {
        format!("{}/mcp", self.url)
    }

    /// The URL as a literal of JSON and TOML.
    fn mcp_literal(&self) -> String {
        crate::quoted::double(self.mcp_url())
    }

    fn agent_key(&self) -> &str {
        self.agent_key.as_deref().unwrap_or(AGENT_KEY_PLACEHOLDER)
    }

    fn agent_header(&self) -> String {
        format!("Authorization: Bearer {}", self.agent_key())
    }

    /// The key as OpenTelemetry's exporters take headers.
    fn header_pair(&self) -> String {
        format!("x-api-key={}", self.key)
    }

    /// An address below the base URL.
    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    fn errors_url(&self) -> String {
        format!("{}{}/errors", self.url, crate::address::project(&self.project))
    }
}
