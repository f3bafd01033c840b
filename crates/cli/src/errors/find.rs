//! Filters for errors, and paging through lists of the API.

use serde_json::Value;

use crate::client::Client;

/// The API's maximum number of entries per page.
pub(super) const PAGE_SIZE: usize = 100;

/// The filters of `faultline errors list`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Filters {
    /// Only errors with this status
    #[arg(long, value_parser = ["unresolved", "resolved", "muted"])]
    status: Option<String>,
    /// Only errors of this level
    #[arg(long, value_parser = ["fatal", "error", "warning", "info", "debug"])]
    level: Option<String>,
    /// Seen in this environment
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// Seen in this release
    #[arg(long, value_name = "RELEASE")]
    release: Option<String>,
    /// Only errors of this platform
    #[arg(long, value_name = "NAME")]
    platform: Option<String>,
    /// Assigned to this name or email address
    #[arg(long, value_name = "WHO")]
    assignee: Option<String>,
    /// With this tag
    #[arg(long, value_name = "KEY:VALUE")]
    tag: Vec<String>,
    /// First seen in this release
    #[arg(long, value_name = "RELEASE")]
    first_release: Option<String>,
    /// Resolved, then seen again in this release
    #[arg(long, value_name = "RELEASE")]
    regressed_in: Option<String>,
    /// First seen at or after this time, as in 2026-11-21T00:00:00Z
    #[arg(long, value_name = "TIME")]
    first_seen_from: Option<String>,
    /// First seen before this time
    #[arg(long, value_name = "TIME")]
    first_seen_to: Option<String>,
    /// Last seen at or after this time
    #[arg(long, value_name = "TIME")]
    last_seen_from: Option<String>,
    /// Last seen before this time
    #[arg(long, value_name = "TIME")]
    last_seen_to: Option<String>,
    /// With this text in the title, culprit or frames
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
}

impl Filters {
    /// Returns the filters as query parameters of the API.
    pub(super) fn parameters(&self) -> Vec<(&'static str, String)> {
        let single = [
            ("status", &self.status),
            ("level", &self.level),
            ("environment", &self.environment),
            ("release", &self.release),
            ("platform", &self.platform),
            ("assignee", &self.assignee),
            ("firstRelease", &self.first_release),
            ("regressedIn", &self.regressed_in),
            ("firstSeenFrom", &self.first_seen_from),
            ("firstSeenTo", &self.first_seen_to),
            ("lastSeenFrom", &self.last_seen_from),
            ("lastSeenTo", &self.last_seen_to),
            ("text", &self.text),
        ];
        let single = single.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
        single.chain(self.tag.iter().map(|tag| ("tag", tag.clone()))).collect()
    }
}

/// Reads a list of the API page by page.
pub(crate) struct Pages<'a> {
    client: &'a Client,
    path: Vec<&'a str>,
    parameters: Vec<(&'static str, String)>,
    /// Name of the query parameter that selects the next page.
    cursor: &'static str,
    next: Option<String>,
    done: bool,
}

/// Starts to read a list from its first page.
pub(crate) fn pages<'a>(
    client: &'a Client,
    path: &[&'a str],
    parameters: Vec<(&'static str, String)>,
    cursor: &'static str,
) -> Pages<'a> {
    Pages { client, path: path.to_vec(), parameters, cursor, next: None, done: false }
}

impl Pages<'_> {
    /// Starts at a cursor from an earlier list.
    pub(crate) fn from(self, next: Option<String>) -> Self {
        Self { next, ..self }
    }

    /// Requests the next page, with at most `limit` entries. Returns `None` after the last page.
    pub(crate) async fn next(&mut self, limit: usize) -> anyhow::Result<Option<Value>> {
        if self.done {
            return Ok(None);
        }
        let mut parameters = self.parameters.clone();
        parameters.push(("limit", limit.min(PAGE_SIZE).to_string()));
        parameters.extend(self.next.take().map(|next| (self.cursor, next)));
        let page = self.client.get(&self.path, &parameters).await?;
        self.next = page["nextCursor"].as_str().map(str::to_owned);
        self.done = self.next.is_none();
        Ok(Some(page))
    }
}
