//! `faultline errors tail`: new errors and regressions, as they come.

use std::collections::HashMap;
use std::time::Duration;

use model::time::Timestamp;
use serde_json::{Value, json};

use super::find::{PAGE_SIZE, pages};
use super::list::title;
use crate::Remote;
use crate::client::{Client, RefusedRequest};
use crate::output::{Output, note, print};
use crate::projects;
use crate::text::{harmless_json, moment, now, shown};
use crate::tone::Tone;

/// How many pages of errors one look goes through at the most: more than a thousand that were seen in the same minutes
/// are a storm, of which the first thousand tell.
const MAX_PAGES: usize = 10;
/// How old an error may be, in seconds, to be new when it is met for the first time: an event may wait in its client, and
/// to be processed.
const MAX_DELAY_SECONDS: i64 = 900;
/// Errors are listed by when they were last seen in slots of so many seconds, in any order within a slot.
const SLOT_SECONDS: i64 = 600;
/// After how many looks it is asked which projects there are.
const LOOKS_PER_PROJECT_LIST: usize = 30;

/// Options of `faultline errors tail`.
#[derive(Debug, Clone, clap::Args)]
pub struct Tail {
    /// Only those of this project [default: of all that the key can see]
    #[arg(long, short, env = "FAULTLINE_PROJECT", value_name = "NAME")]
    project: Option<String>,
    /// The pause between two looks, in seconds
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
                // What is there when it begins is no news.
                Ok(_) if look == 0 => {}
                Ok(news) => news.iter().try_for_each(|news| news.print(output))?,
                Err(error) if look == 0 => return Err(error),
                Err(error) => tried(&error)?,
            }
        }
        if look == 0 {
            note("watching for new errors and regressions; Ctrl-C ends it");
        }
        tokio::time::sleep(Duration::from_secs(options.every)).await;
    }
    Ok(())
}

/// A look that failed is repeated; what the key may not see is said once and for all.
fn tried(error: &anyhow::Error) -> anyhow::Result<()> {
    match error.downcast_ref::<RefusedRequest>().map(|refused| refused.status.as_u16()) {
        Some(401 | 403) => anyhow::bail!("{error}"),
        // The project was deleted meanwhile.
        Some(404) => {}
        _ => note(&format!("looking again: {error:#}")),
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

/// What is new in a project. One page, unless more errors than it has were seen in the newest minutes.
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
    // Newest first in the list, oldest first on the screen.
    news.sort_by_key(|news| time(&news.error["lastSeen"]));
    Ok(news)
}

fn time(value: &Value) -> Option<Timestamp> {
    Timestamp::parse(value.as_str()?).ok()
}

/// What was met, and when each had come back last.
struct SeenErrors {
    since: Timestamp,
    errors: HashMap<(String, String), Option<Timestamp>>,
}

/// An error that is new, or here again.
struct News {
    kind: &'static str,
    project: String,
    error: Value,
}

impl SeenErrors {
    fn since(since: Timestamp) -> Self {
        Self { since, errors: HashMap::new() }
    }

    /// What there is to say of an error in a list. The same is said once.
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

    /// New is what was not there before, however it comes into the list; each regression is said once.
    #[test]
    fn each_is_said_once() {
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
