//! `faultline audit-log`.

use serde_json::{Value, json};

use super::Remote;
use super::client::Client;
use super::output::{Output, print};
use super::table::Table;
use super::text::{harmless_json, moment, shown};
use super::tone::Tone;

/// The number of entries of a request.
const PER_REQUEST: usize = 200;

/// The options of `faultline audit-log`.
#[derive(Debug, Clone, clap::Args)]
pub struct AuditLog {
    /// Only this action, such as key_created
    #[arg(long, value_name = "ACTION")]
    what: Option<String>,
    /// Only of this user or key: its id, or a part of its name
    #[arg(long, value_name = "TEXT")]
    by: Option<String>,
    /// Only what concerns this project
    #[arg(long, short, value_name = "NAME")]
    project: Option<String>,
    /// Only what concerns this key, user, token or invitation
    #[arg(long, value_name = "ID")]
    subject: Option<String>,
    /// Only from this time on, such as 2026-11-02T00:00:00Z
    #[arg(long, value_name = "TIME")]
    start: Option<String>,
    /// Only before this time
    #[arg(long, value_name = "TIME")]
    end: Option<String>,
    /// Maximum number of entries [default: 50]
    #[arg(long, value_name = "NUMBER", conflicts_with = "export")]
    limit: Option<usize>,
    /// Print all entries, newest first, as lines of JSON
    #[arg(long)]
    export: bool,
}

pub(super) async fn run(options: AuditLog, remote: &Remote) -> anyhow::Result<()> {
    let (client, output) = (Client::of(remote)?, Output::of(remote));
    let AuditLog { what, by, project, subject, start, end, limit, export } = options;
    let filters =
        [("what", what), ("by", by), ("project", project), ("subject", subject), ("start", start), ("end", end)];
    let filters: Vec<_> = filters.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let most = if export { usize::MAX } else { limit.unwrap_or(50) };
    let (mut entries, mut cursor) = (Vec::new(), None);
    let mut count = 0;
    loop {
        let mut parameters = filters.clone();
        parameters.push(("limit", PER_REQUEST.min(most - count).to_string()));
        parameters.extend(cursor.map(|cursor| ("cursor", cursor)));
        let mut page = client.get(&["audit-log"], &parameters).await?;
        let found = page["entries"].take();
        for entry in found.as_array().into_iter().flatten() {
            count += 1;
            match export {
                true => print(&harmless_json(&entry.to_string()))?,
                false => entries.push(entry.clone()),
            }
        }
        cursor = page["nextCursor"].as_str().map(str::to_owned);
        if cursor.is_none() || count >= most {
            break;
        }
    }
    match export {
        true => Ok(()),
        false => output.show(&json!({ "entries": entries }), |output| table(output, &entries)),
    }
}

fn table(output: Output, entries: &[Value]) -> String {
    let mut table = Table::new(["WHEN (UTC)", "WHO", "WHAT", "PROJECT", "SUBJECT", "FROM"]);
    for entry in entries {
        let plain = |value: &Value| (Tone::Plain, if value.is_null() { String::new() } else { shown(value) });
        let subject = if entry["name"].is_null() { &entry["subject"] } else { &entry["name"] };
        table.row([
            (Tone::Plain, moment(&entry["at"])),
            (Tone::Plain, name_of(&entry["by"])),
            plain(&entry["what"]),
            plain(&entry["project"]),
            plain(subject),
            plain(&entry["address"]),
        ]);
    }
    output.table(&table)
}

/// The name of an actor, or its id if it has none.
fn name_of(by: &Value) -> String {
    match (by["name"].as_str(), by["id"].as_str()) {
        (Some(name), _) if !name.is_empty() => shown(&by["name"]),
        (_, Some(_)) => format!("key {}", shown(&by["id"])),
        _ => "the stack's admin".to_owned(),
    }
}
