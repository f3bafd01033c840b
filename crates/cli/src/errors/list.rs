//! `faultline errors list`.

use std::fmt::Write;

use model::time::Timestamp;
use serde_json::Value;

use super::Filters;
use super::find::pages;
use crate::client::Client;
use crate::output::Output;
use crate::table::Table;
use crate::text::{age, now, shown};
use crate::tone::Tone;
use crate::{InProject, Remote};

/// Options of `faultline errors list`.
#[derive(Debug, Clone, clap::Args)]
pub struct ListOptions {
    #[command(flatten)]
    project: InProject,
    #[command(flatten)]
    filters: Filters,
    /// Sort order [default: lastSeen]
    #[arg(long, value_parser = ["lastSeen", "firstSeen", "count", "users"])]
    sort: Option<String>,
    /// Maximum number of errors to list
    #[arg(long, default_value_t = 25, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Continue an earlier list from this cursor
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
}

pub(super) async fn run(options: ListOptions, remote: &Remote) -> anyhow::Result<()> {
    let client = Client::of(remote)?;
    let project = options.project.name(&client).await?;
    let mut parameters = options.filters.parameters();
    parameters.extend(options.sort.map(|sort| ("sort", sort)));
    let mut pages = pages(&client, &["projects", &project, "errors"], parameters, "cursor").from(options.cursor);
    let limit = options.limit as usize;
    let (mut errors, mut uncertain, mut data) = (Vec::new(), Vec::new(), Value::Null);
    while errors.len() < limit
        && let Some(mut page) = pages.next(limit - errors.len()).await?
    {
        if let Value::Array(more) = page["errors"].take() {
            errors.extend(more);
        }
        if let Value::Array(more) = page["uncertain"].take() {
            uncertain.extend(more);
        }
        data = page;
    }
    (data["errors"], data["uncertain"]) = (errors.into(), uncertain.into());
    Output::of(remote).show(&data, |output| text(output, &data, &project))
}

fn text(output: Output, data: &Value, project: &str) -> String {
    let errors = data["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut text = match errors {
        [] => format!("no matching errors in {project}"),
        errors => output.table(&table(errors, now())),
    };
    if let Some(uncertain) = data["uncertain"].as_array().filter(|uncertain| !uncertain.is_empty()) {
        let _ = write!(
            text,
            "\n\nthese may match too: they have had more tags, or more values of a tag, than faultline stores\n\n"
        );
        text += &output.table(&table(uncertain, now()));
    }
    if data["nextCursor"].is_string() {
        let _ = write!(text, "\n\nmore: --cursor {}", shown(&data["nextCursor"]));
    }
    text
}

fn table(errors: &[Value], now: Timestamp) -> Table {
    let mut table = Table::new(["FINGERPRINT", "STATUS", "#COUNT", "#SEEN", "ERROR"]);
    for error in errors {
        let resolved = error["status"] == "resolved";
        table.row([
            (Tone::Dim, shown(&error["fingerprint"])),
            (status_tone(&error["status"]), shown(&error["status"])),
            (Tone::Plain, shown(&error["count"])),
            (Tone::Plain, age(&error["lastSeen"], now)),
            (if resolved { Tone::Dim } else { Tone::Plain }, title(error)),
        ]);
    }
    table
}

/// Returns the type and message of an error or an occurrence.
pub(super) fn title(error: &Value) -> String {
    match (shown(&error["type"]), shown(&error["message"])) {
        (kind, message) if kind.is_empty() || kind == "_" => message,
        (kind, message) if message.is_empty() => kind,
        (kind, message) => format!("{kind}: {message}"),
    }
}

pub(super) fn status_tone(status: &Value) -> Tone {
    match status.as_str() {
        Some("unresolved") => Tone::Red,
        Some("resolved") => Tone::Green,
        _ => Tone::Dim,
    }
}
