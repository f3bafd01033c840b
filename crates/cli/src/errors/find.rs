//! Which errors: filters, and pages of what is found.

use serde_json::Value;

use crate::client::Client;

/// The most errors of a page, as the API has it.
pub(super) const PAGE_SIZE: usize = 100;

/// Which errors are meant.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Filters {
    /// Of this status
    #[arg(long, value_parser = ["unresolved", "resolved", "muted"])]
    status: Option<String>,
    /// Of this level
    #[arg(long, value_parser = ["fatal", "error", "warning", "info", "debug"])]
    level: Option<String>,
    /// Seen in this environment
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// Seen in this release
    #[arg(long, value_name = "RELEASE")]
    release: Option<String>,
    /// Of this platform
    #[arg(long, value_name = "NAME")]
    platform: Option<String>,
    /// Assigned to this name or address
    #[arg(long, value_name = "WHO")]
    assignee: Option<String>,
    /// With this tag
    #[arg(long, value_name = "KEY:VALUE")]
    tag: Vec<String>,
    /// First seen in this release
    #[arg(long, value_name = "RELEASE")]
    first_release: Option<String>,
    /// Resolved, and seen again in this release
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
    /// With this text in title, culprit or frames
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
}

impl Filters {
    /// As parameters of the API.
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

/// The pages of what an API's list has, one after the other.
pub(crate) struct Pages<'a> {
    client: &'a Client,
    path: Vec<&'a str>,
    parameters: Vec<(&'static str, String)>,
    /// The parameter that the next page is asked for with.
    cursor: &'static str,
    next: Option<String>,
    done: bool,
}

/// The pages of a list, from `next` on if that is given.
pub(crate) fn pages<'a>(
    client: &'a Client,
    path: &[&'a str],
    parameters: Vec<(&'static str, String)>,
    cursor: &'static str,
) -> Pages<'a> {
    Pages { client, path: path.to_vec(), parameters, cursor, next: None, done: false }
}

impl Pages<'_> {
    /// Begins at a cursor that was given before.
    pub(crate) fn from(self, next: Option<String>) -> Self {
        Self { next, ..self }
    }

    /// The next page, of at most `limit` entries; `None` after the last.
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
