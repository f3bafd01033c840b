//! `faultline health`: whether a server works. For the health check of a container, whose image has no other program.

use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use reqwest::Url;
use serde_json::Value;

use super::Remote;
use super::client::{LOCAL, http_client};
use super::output::Output;
use super::text::harmless;

/// How long the server may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Asks `GET /health`, which needs no key. Fails if the server does not answer, or names a stage that fails.
pub(super) async fn run(remote: &Remote) -> anyhow::Result<()> {
    let base = remote.url.as_deref().unwrap_or(LOCAL);
    let url: Url = format!("{}/health", base.trim_end_matches('/'))
        .parse()
        .with_context(|| format!("`{base}` is not a URL: use one like {LOCAL}"))?;
    let answer = http_client(TIMEOUT)?.get(url).send().await;
    let answer = answer.map_err(|error| anyhow!(error.without_url()).context(format!("{base} does not answer")))?;
    let status = answer.status();
    let health: Value =
        answer.json().await.with_context(|| format!("{base} is not a faultline: it answers {status}"))?;
    let health = &health["data"];
    if !status.is_success() {
        let stages = health["problems"].as_array().into_iter().flatten().filter_map(|one| one["stage"].as_str());
        let stages = stages.collect::<Vec<_>>().join(", ");
        bail!("{base} answers {status}: these stages fail: {}", harmless(&stages));
    }
    Output::of(remote).show(health, |_| "ok".to_owned())
}
