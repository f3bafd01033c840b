//! `faultline demo`: fills a project with the errors of a made-up shop, to look around or for screenshots.

mod catalogue;
mod event;
mod plan;
mod shop;

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use fastrand::Rng;
use http::{Method, StatusCode};
use model::time::Timestamp;
use plan::Planned;
use serde_json::{Value, json};
use shop::Story;

use super::client::{Client, RefusedRequest};
use super::output::Output;
use super::text::{counted, harmless, now};
use super::{Remote, not_empty, progress};

/// Events in one envelope.
const BATCH: usize = 50;
/// How long to wait until all events are processed.
const PATIENCE: Duration = Duration::from_secs(120);
/// The pause between two checks.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// Options of `faultline demo`.
#[derive(Debug, Clone, clap::Args)]
pub struct Demo {
    /// Project to create
    #[arg(long, short, env = "FAULTLINE_PROJECT", default_value = "shop", value_name = "NAME", value_parser = not_empty())]
    pub project: String,
    /// Number of events, about
    #[arg(long, default_value_t = 2000, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    pub events: u32,
    /// Days in which they happened, until now
    #[arg(long, default_value_t = 14, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=29))]
    pub days: u32,
    /// Seed of everything that is random: the same seed gives the same events
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    pub seed: u64,
}

/// Creates the project, sends the events by the protocol of Sentry's SDKs, and does what people do with errors.
pub(super) async fn run(options: Demo, remote: &Remote) -> anyhow::Result<()> {
    let client = Client::of(remote)?.patient();
    let project = create(&client, &options.project).await?;
    let mut rng = Rng::with_seed(options.seed);
    let events = plan::plan(&mut rng, options.days, options.events);
    // Whole minutes, so that two runs in a minute send the same.
    let start = now().seconds() / 60 * 60 - i64::from(options.days) * 86_400;

    let bar = progress::bar(events.len() as u64, "events");
    let (before, after): (Vec<_>, Vec<_>) = events.iter().partition(|event| !event.is_after_triage);
    let mut sent = 0;
    for (part, is_first) in [(before, true), (after, false)] {
        for batch in part.chunks(BATCH) {
            send(&client, &project, &mut rng, batch, start).await?;
            bar.inc(batch.len() as u64);
        }
        sent += part.len() as u64;
        wait_until_processed(&client, &options.project, sent).await?;
        if is_first {
            triage(&client, &options.project).await?;
        }
    }
    bar.finish_and_clear();
    let answer = json!({ "project": options.project, "events": sent, "errors": catalogue::ERRORS.len() });
    Output::of(remote).show(&answer, |_| {
        let name = harmless(&options.project);
        format!("sent {} to the project `{name}`", counted(sent, "event"))
    })
}

/// A project, and the key to send to it.
struct Project {
    id: String,
    key: String,
}

async fn create(client: &Client, name: &str) -> anyhow::Result<Project> {
    let made = client.send(Method::POST, &["projects"], Some(&json!({ "name": name }))).await;
    let answer = match made {
        Err(error) if error.downcast_ref::<RefusedRequest>().is_some_and(|why| why.status == StatusCode::CONFLICT) => {
            bail!("there is a project `{}` already: name a new one with --project", harmless(name))
        }
        made => made?,
    };
    let project = &answer["data"]["project"];
    let key = project["clientKey"].as_str().context("the answer has no client key")?;
    Ok(Project { id: project["id"].to_string(), key: key.to_owned() })
}

/// Sends events in one envelope, as an SDK does that was offline.
async fn send(client: &Client, project: &Project, rng: &mut Rng, batch: &[&Planned], start: i64) -> anyhow::Result<()> {
    let header = json!({ "sdk": { "name": "faultline.demo", "version": env!("CARGO_PKG_VERSION") } });
    let mut envelope = format!("{header}\n");
    for planned in batch {
        // Not all at the full minute.
        let seconds = start + i64::from(planned.minute) * 60 + rng.i64(0..60);
        let event = event::event(rng, planned, Timestamp::from_seconds(seconds)).to_string();
        envelope += &format!("{}\n{event}\n", json!({ "type": "event", "length": event.len() }));
    }
    client.send_envelope(&project.id, &project.key, envelope).await
}

/// Returns the errors of the project.
async fn errors(client: &Client, project: &str) -> anyhow::Result<Vec<Value>> {
    let mut page = client.get(&["projects", project, "errors"], &[]).await?;
    Ok(page["errors"].as_array_mut().map(std::mem::take).unwrap_or_default())
}

async fn wait_until_processed(client: &Client, project: &str, sent: u64) -> anyhow::Result<()> {
    let start = Instant::now();
    loop {
        let counted = errors(client, project).await?.iter().filter_map(|error| error["count"].as_u64()).sum::<u64>();
        if counted >= sent {
            return Ok(());
        }
        if start.elapsed() > PATIENCE {
            bail!("{counted} of {sent} events were processed within {} s: look at `GET /health`", PATIENCE.as_secs());
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Does what people do before the newest release: resolves, mutes, assigns and comments.
async fn triage(client: &Client, project: &str) -> anyhow::Result<()> {
    for stored in errors(client, project).await? {
        let error = catalogue::ERRORS.iter().find(|error| stored["type"] == error.kind);
        let (Some(error), Some(fingerprint)) = (error, stored["fingerprint"].as_str()) else { continue };
        let (change, comment) = match error.story {
            Story::Untouched => continue,
            Story::Assigned(who) => (json!({ "assignee": who }), "I can reproduce it on staging."),
            Story::Resolved => (json!({ "status": "resolved" }), "Fixed, and there is a test for it now."),
            Story::Regressed => {
                (json!({ "status": "resolved", "inNextRelease": true }), "Will be in the next release.")
            }
            Story::Muted => (json!({ "status": "muted" }), "Not ours: see the runbook."),
        };
        let path = ["projects", project, "errors", fingerprint];
        client.send(Method::POST, &[&path[..], &["comments"]].concat(), Some(&json!({ "text": comment }))).await?;
        client.send(Method::PATCH, &path, Some(&change)).await?;
    }
    Ok(())
}
