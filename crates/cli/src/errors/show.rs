//! `faultline errors show`.

use std::fmt::Write;

use serde_json::Value;

use super::list::{status_tone, title};
use super::stack;
use crate::client::Client;
use crate::output::{Output, note};
use crate::text::{counted, moment, shown};
use crate::tone::Tone;
use crate::{InProject, Remote};

/// Options of `faultline errors show`.
#[derive(Debug, Clone, clap::Args)]
pub struct Show {
    /// Fingerprint of the error, as `faultline errors list` prints it; its message, without the type, works too if it
    /// came through faultline's own API and not from a Sentry SDK
    #[arg(value_name = "ERROR")]
    error: String,
    #[command(flatten)]
    project: InProject,
    /// Show all frames of the stack trace, not only the newest 20
    #[arg(long)]
    all_frames: bool,
}

pub(super) async fn run(options: Show, remote: &Remote) -> anyhow::Result<()> {
    let client = Client::of(remote)?;
    let project = options.project.name(&client).await?;
    let data = client.get(&["projects", &project, "errors", &options.error], &[]).await?;
    if let Some(fingerprint) = merged_name(&options.error, &data["error"]["merged"]) {
        note(&format!("error {fingerprint} is merged into this one: {}", shown(&data["error"]["fingerprint"])));
    }
    Output::of(remote).show(&data, |output| text(output, &data, options.all_frames))
}

/// Returns the fingerprint that `name` stands for, if it is the name of a merged error.
fn merged_name(name: &str, merged: &Value) -> Option<String> {
    let by_message = grouping::message_fingerprint(name).to_string();
    let is_merged = |named: &String| merged.as_array().into_iter().flatten().any(|one| one == named.as_str());
    [by_message, name.to_lowercase()].into_iter().find(is_merged)
}

/// Describes when a mute ends: at a time, after a number of occurrences, or with whichever comes first.
fn muted_until(error: &Value) -> Option<String> {
    let time = Some(moment(&error["mutedUntil"])).filter(|time| !time.is_empty()).map(|time| format!("{time} UTC"));
    let count = error["mutedUntilCount"].as_u64().map(|count| format!("it has occurred {}", counted(count, "time")));
    let ends: Vec<_> = [time, count].into_iter().flatten().collect();
    (!ends.is_empty()).then(|| ends.join(", or "))
}

fn text(output: Output, data: &Value, all_frames: bool) -> String {
    let (error, event) = (&data["error"], &data["error"]["event"]);
    let mut text = output.tone(Tone::Bold, &title(error));
    let times = |value: &Value| Some(moment(value)).filter(|time| !time.is_empty()).map(|time| format!("{time} UTC"));
    let known = |value: &Value| Some(shown(value)).filter(|text| !text.is_empty());
    let merged = error["merged"].as_array().map_or(0, Vec::len);
    let minutes = &data["timeline"]["totalCount"];
    let count = known(&error["count"]).map(|count| match minutes.as_u64() {
        Some(month) => format!("{count}, {month} of them this month"),
        None => count,
    });
    let regression = &error["regression"];
    let regressed = times(&regression["at"]).map(|at| match known(&regression["release"]) {
        Some(release) => format!("{at}, in {release}"),
        None => at,
    });
    let facts = [
        ("project", known(&error["project"])),
        ("fingerprint", known(&error["fingerprint"])),
        ("status", known(&error["status"]).map(|status| output.tone(status_tone(&error["status"]), &status))),
        ("muted until", muted_until(error)),
        ("regressed", regressed),
        ("merged", (merged > 0).then(|| format!("{} merged into it", counted(merged as u64, "error")))),
        ("assignee", known(&error["assignee"])),
        ("count", count),
        ("users", known(&error["users"])),
        ("first seen", times(&error["firstSeen"])),
        ("last seen", times(&error["lastSeen"])),
        ("level", known(&error["level"])),
        ("platform", known(&error["platform"])),
        ("culprit", known(&error["culprit"])),
        ("environment", known(&event["environment"])),
        ("release", known(&event["release"])),
    ];
    for (name, fact) in facts {
        if let Some(fact) = fact {
            let _ = write!(text, "\n{}  {fact}", output.tone(Tone::Dim, &format!("{name:<11}")));
        }
    }
    for issue in error["issues"].as_array().into_iter().flatten() {
        let url = issue["url"].as_str().map_or_else(|| shown(issue), |_| shown(&issue["url"]));
        let _ = write!(text, "\n{}  {url}", output.tone(Tone::Dim, "issue      "));
    }
    if error["expired"] == true {
        text.push_str("\n\nIts occurrences have expired.");
        return text;
    }
    let (time, id) = (moment(&error["timestamp"]), shown(&error["reversedUnixtime"]));
    let _ = write!(text, "\n\n{}", output.tone(Tone::Dim, &format!("newest occurrence, {time} UTC, {id}")));
    text + &stack::text(output, error, all_frames)
}
