//! `faultline errors tail`: prints new errors and regressions as they arrive.

use std::collections::HashMap;
use std::time::Duration;

use model::time::Timestamp;
use serde_json::{Value, json};

use super::find::{PAGE_SIZE, pages};
use super::list::title;
use crate::client::{Client, RefusedRequest};
use crate::output::{Output, note, print};
use crate::projects;
use crate::text::{harmless_json, moment, now, shown};
use crate::tone::Tone;
use crate::{Remote, not_empty};

/// Maximum number of pages that one poll of a project reads. If more than a thousand errors occurred within the same
/// minutes, the first thousand are enough to show the storm.
const MAX_PAGES: usize = 10;
/// Maximum age in seconds of an error that counts as new when it is seen for the first time. An event may wait in its
/// client, and then in the inbox.
const MAX_DELAY_SECONDS: i64 = 900;
/// The API sorts errors by when they were last seen, in slots of this many seconds. Within a slot they are in any
/// order.
const SLOT_SECONDS: i64 = 600;
/// How many polls are between two requests for the list of projects.
const LOOKS_PER_PROJECT_LIST: usize = 30;

/// Options of `faultline errors tail`.
#[derive(Debug, Clone, clap::Args)]
pub struct Tail {
    /// Only errors of this project [default: all projects that the key can see]
    #[arg(long, short, env = "FAULTLINE_PROJECT", value_name = "NAME", value_parser = not_empty())]
    project: Option<String>,
    /// Seconds between two polls
    #[arg(long, default_value_t = 2, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(2..=3600))]
    every: u64,
}

/// Runs until Ctrl-C.
pub(super) async fn run(options: Tail, remote: &Remote) -> anyhow::Result<()> {
    let (client, output) = (Client::of(remote)?, Output::of(remote));
    tokio::select! {
        ended = watch(&client, output, &options) => ended,
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

async fn watch(client: &Client, output: Output, options: &Tail) -> anyhow::Result<()> {
    let mut seen = SeenErrors::since(now());
    let mut names = Vec::new();
    for look in 0.. {
        if look % LOOKS_PER_PROJECT_LIST == 0 {
            match of(client, options).await {
                Err(error) if look == 0 => return Err(error),
                Err(error) => tried(&error)?,
                Ok(found) => names = found,
            }
        }
        for name in &names {
            match news(client, &mut seen, name).await {
                // Errors that exist at the start are not new.
                Ok(_) if look == 0 => {}
                Ok(news) => news.iter().try_for_each(|news| news.print(output))?,
                Err(error) if look == 0 => return Err(error),
                Err(error) => tried(&error)?,
            }
        }
        if look == 0 {
            note("watching for new errors and regressions; stop with Ctrl-C");
        }
        tokio::time::sleep(Duration::from_secs(options.every)).await;
    }
    Ok(())
}

/// Handles a failed poll: it will be repeated, unless the key is not allowed to read. That ends the command.
fn tried(error: &anyhow::Error) -> anyhow::Result<()> {
    match error.downcast_ref::<RefusedRequest>().map(|refused| refused.status.as_u16()) {
        Some(401 | 403) => anyhow::bail!("{error}"),
        // The project was deleted after it was listed.
        Some(404) => {}
        _ => note(&format!("trying again: {error:#}")),
    }
    Ok(())
}

async fn of(client: &Client, options: &Tail) -> anyhow::Result<Vec<String>> {
    if let Some(name) = &options.project {
        return Ok(vec![name.clone()]);
    }
    let projects = projects::all(client).await?;
    let names = projects["projects"].as_array().into_iter().flatten().filter_map(|one| one["name"].as_str());
    Ok(names.map(str::to_owned).collect())
}

/// Returns the news of a project. Reads one page, or more if many errors occurred in the last minutes.
async fn news(client: &Client, seen: &mut SeenErrors, project: &str) -> anyhow::Result<Vec<News>> {
    let now = now();
    let mut pages = pages(client, &["projects", project, "errors"], Vec::new(), "cursor");
    let mut news = Vec::new();
    for _ in 0..MAX_PAGES {
        let page = match pages.next(PAGE_SIZE).await {
            Ok(Some(page)) => page,
            Ok(None) => break,
            Err(error) => return Err(error),
        };
        let errors = page["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        news.extend(errors.iter().filter_map(|error| seen.meet(project, error)));
        // Only errors that were last seen before `MAX_DELAY_SECONDS` come after this one.
        let last = errors.last().and_then(|error| time(&error["lastSeen"]));
        if last.is_none_or(|last| last.seconds() < now.seconds() - MAX_DELAY_SECONDS - SLOT_SECONDS) {
            break;
        }
    }
    // The list is newest first, the screen oldest first.
    news.sort_by_key(|news| time(&news.error["lastSeen"]));
    Ok(news)
}

fn time(value: &Value) -> Option<Timestamp> {
    Timestamp::parse(value.as_str()?).ok()
}

/// The errors that were seen before, each with the time of its last regression.
struct SeenErrors {
    since: Timestamp,
    errors: HashMap<(String, String), Option<Timestamp>>,
}

/// A new error, or a regression.
struct News {
    kind: &'static str,
    project: String,
    error: Value,
}

impl SeenErrors {
    fn since(since: Timestamp) -> Self {
        Self { since, errors: HashMap::new() }
    }

    /// Notes an error from the list. Returns it if it is new or a regression that was not reported before.
    fn meet(&mut self, project: &str, error: &Value) -> Option<News> {
        let fingerprint = error["fingerprint"].as_str()?.to_owned();
        let back_at = time(&error["regression"]["at"]);
        let before = self.errors.insert((project.to_owned(), fingerprint), back_at);
        let is_young =
            time(&error["firstSeen"]).is_some_and(|at| at.seconds() >= self.since.seconds() - MAX_DELAY_SECONDS);
        let kind = match before {
            None if is_young => "new",
            None if back_at.is_some_and(|at| at >= self.since) => "regression",
            Some(before) if back_at.is_some() && back_at != before => "regression",
            _ => return None,
        };
        Some(News { kind, project: project.to_owned(), error: error.clone() })
    }
}

impl News {
    fn print(&self, output: Output) -> anyhow::Result<()> {
        let Self { kind, project, error } = self;
        if output.json {
            let line = json!({ "kind": kind, "project": project, "error": error }).to_string();
            return print(&harmless_json(&line));
        }
        let tone = if *kind == "new" { Tone::Red } else { Tone::Yellow };
        let (seen, fingerprint) = (moment(&error["lastSeen"]), shown(&error["fingerprint"]));
        let kind = output.tone(tone, &format!("{kind:<10}"));
        let fingerprint = output.tone(Tone::Dim, &fingerprint);
        print(&format!("{seen}  {kind}  {project}  {fingerprint}  {}", title(error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An error is new if it did not exist at the start, whenever it appears in the list. Each regression is reported
    /// once.
    #[test]
    fn each_new_error_and_regression_is_reported_once() {
        let mut seen = SeenErrors::since(Timestamp::parse("2026-11-21T12:00:00Z").unwrap());
        let mut meet = |project: &str, fingerprint: &str, first_seen: &str, back_at: Option<&str>| {
            let regression = back_at.map(|at| json!({ "at": at }));
            let error = json!({ "fingerprint": fingerprint, "firstSeen": first_seen, "regression": regression });
            seen.meet(project, &error).map(|news| news.kind)
        };
        let (old, late, new) = ("2026-11-01T00:00:00Z", "2026-11-21T11:50:00Z", "2026-11-21T12:01:00Z");
        assert_eq!(meet("a", "1", new, None), Some("new"));
        assert_eq!(meet("a", "1", new, None), None);
        assert_eq!(meet("b", "1", new, None), Some("new"), "in another project");
        assert_eq!(meet("a", "2", late, None), Some("new"), "it waited in its client");
        assert_eq!(meet("a", "3", old, None), None, "it was only seen again");
        assert_eq!(meet("a", "3", old, Some(new)), Some("regression"));
        assert_eq!(meet("a", "3", old, Some(new)), None);
        assert_eq!(meet("a", "4", old, Some(new)), Some("regression"), "it was not in the list before");
        assert_eq!(meet("a", "5", old, Some(old)), None, "that was long ago");
    }
}
