//! Restores the state that people set on an error, and its history, from a line that `faultline export` wrote.

use std::time::{Duration, Instant};

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Client, RefusedRequest};

/// How long to wait for an error to appear: its occurrences were accepted, but may not be processed yet.
const PATIENCE: Duration = Duration::from_secs(120);
/// The pause between two checks.
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// Maximum number of history entries in one request.
const ENTRIES: usize = 500;

/// A line with the state of an error, its project, and the place that it was read from.
pub(super) struct KeptLine {
    pub(super) origin: String,
    pub(super) project: String,
    pub(super) line: Value,
}

impl KeptLine {
    /// Merges the errors that were merged, and restores status, assignee and history. Returns whether anything was
    /// restored. If the newest history entry exists already, the line was imported before and nothing is changed.
    pub(super) async fn restore(&self, client: &Client) -> anyhow::Result<bool> {
        let fingerprint = self.find(client, &self.line["fingerprint"], &self.line["eventId"]).await?;
        let path = |verb| ["projects", self.project.as_str(), "errors", fingerprint.as_str(), verb];
        let mut history = self.line["history"].as_array().cloned().unwrap_or_default();
        history.sort_by(|a, b| a["id"].as_str().cmp(&b["id"].as_str()));
        let Some(newest) = history.last() else { return Ok(false) };
        let page = client.get(&path("history"), &[("limit", "100".to_owned())]).await?;
        if page["history"].as_array().is_some_and(|entries| entries.iter().any(|entry| entry["id"] == newest["id"])) {
            return Ok(false);
        }
        for part in self.line["merged"].as_array().into_iter().flatten() {
            let part = self.find(client, part, &Value::Null).await?;
            client.send(Method::POST, &path("merge"), Some(&json!({ "errors": [part] }))).await?;
        }
        let (mut restored, last) = (false, history.len().div_ceil(ENTRIES) - 1);
        for (index, entries) in history.chunks(ENTRIES).enumerate() {
            // The state is sent with the newest entries, which are the last.
            let mut body = if index == last { self.line["state"].clone() } else { json!({}) };
            body["history"] = entries.into();
            let answer = client.send(Method::POST, &path("restore"), Some(&body)).await?;
            restored |= answer["data"]["restored"] == true;
        }
        Ok(restored)
    }

    /// Waits until the error exists, and returns its fingerprint here: the exported one or, if grouping differs here,
    /// that of the error that holds the occurrence `event`.
    async fn find(&self, client: &Client, fingerprint: &Value, event: &Value) -> anyhow::Result<String> {
        let known = fingerprint.as_str().unwrap_or_default();
        let by_name = ["projects", self.project.as_str(), "errors", known];
        let by_event = ["projects", self.project.as_str(), "occurrences", event.as_str().unwrap_or_default()];
        let start = Instant::now();
        loop {
            let mut refused = None;
            // An error of another tracker has no fingerprint of ours.
            if !known.is_empty() {
                match client.get(&by_name, &[]).await {
                    Ok(_) => return Ok(known.to_owned()),
                    Err(error) => refused = Some(error),
                }
            }
            if event.is_string() {
                match client.get(&by_event, &[]).await {
                    Ok(found) if found["belongsTo"]["fingerprint"].is_string() => {
                        return Ok(found["belongsTo"]["fingerprint"].as_str().unwrap_or_default().to_owned());
                    }
                    Ok(_) => {}
                    Err(error) => refused = Some(error),
                }
            }
            let is_missing = |refused: &RefusedRequest| refused.status == StatusCode::NOT_FOUND;
            match refused {
                Some(error) if !error.downcast_ref::<RefusedRequest>().is_some_and(is_missing) => return Err(error),
                Some(error) if start.elapsed() > PATIENCE => return Err(error),
                None if start.elapsed() > PATIENCE => anyhow::bail!("the error did not appear"),
                _ => {}
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}
