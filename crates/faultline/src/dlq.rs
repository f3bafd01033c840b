//! `faultline dlq`: messages that could not be processed, notifications that could not be delivered, and redriving
//! them.

use anyhow::{Context, bail};
use clap::Subcommand;
use cli::Remote;
use cli::client::Client;
use cli::output::Output;
use cli::table::Table;
use cli::text::{counted, moment, shown};
use cli::tone::Tone;
use http::Method;
use serde_json::{Value, json};

/// Options of `faultline dlq`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Dlq {
    #[command(subcommand)]
    pub(crate) command: DlqCommand,
    /// Use notifications that could not be delivered, instead of events that could not be processed
    #[arg(long, global = true)]
    pub(crate) notices: bool,
}

/// The commands of `faultline dlq`.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum DlqCommand {
    /// List dead letters: at most 1,000 events or 100 notifications
    List,
    /// Show a dead letter
    Show {
        /// Id of the dead letter
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Put dead letters back, to be processed or delivered again
    Redrive {
        /// Ids of the dead letters [default: all]
        #[arg(value_name = "ID")]
        ids: Vec<String>,
    },
}

/// The API's maximum number of listed dead letters.
const MAX_LISTED_LETTERS: &str = "1000";

/// Runs the command, and prints its result.
pub(crate) async fn run(options: Dlq, remote: &Remote) -> anyhow::Result<()> {
    let (place, name) = match options.notices {
        true => ("dead-notices", "deadNotices"),
        false => ("dead-letters", "deadLetters"),
    };
    let output = Output::of(remote);
    match &options.command {
        DlqCommand::List => {
            let answer = list(remote, place).await?;
            output.show(&answer, |output| match options.notices {
                true => notices(output, &answer[name]),
                false => letters(output, &answer[name]),
            })
        }
        DlqCommand::Show { id } => {
            let letters = list(remote, place).await?[name].as_array().cloned().unwrap_or_default();
            let one = letters.into_iter().find(|letter| letter["id"] == **id);
            let all = if options.notices { "dlq list --notices" } else { "dlq list" };
            let one =
                one.with_context(|| format!("there is no dead letter `{id}`: list their ids with `faultline {all}`"))?;
            output.show(&one, |output| facts(output, &one))
        }
        DlqCommand::Redrive { .. } if options.notices && remote.url.is_none() => {
            bail!("only a running faultline can redrive notifications: start `faultline serve`, and name it with --url")
        }
        DlqCommand::Redrive { ids } => {
            let which = if ids.is_empty() { json!({}) } else { json!({ "ids": ids }) };
            let answer = match &remote.url {
                Some(_) => {
                    Client::of(remote)?.send(Method::POST, &[place, "redrive"], Some(&which)).await?["data"].take()
                }
                None => in_directory(remote, Method::POST, &format!("/{place}/redrive"), &which).await?,
            };
            output.show(&answer, |_| redriven(&answer["redriven"]))
        }
    }
}

/// Formats a list of events that could not be processed.
fn letters(output: Output, letters: &Value) -> String {
    let mut table = Table::new(["ID", "ACCEPTED (UTC)", "PROJECT", "#EVENTS", "REASON"]);
    for letter in letters.as_array().into_iter().flatten() {
        let reason = [&letter["unreadable"], &letter["reason"]].into_iter().find(|reason| reason.is_string());
        let events = letter["eventIds"].as_array().map_or(String::new(), |ids| ids.len().to_string());
        table.row([
            (Tone::Dim, shown(&letter["id"])),
            (Tone::Plain, moment(&letter["sentAt"])),
            (Tone::Plain, project(&letter["project"])),
            (Tone::Plain, events),
            (Tone::Plain, reason.map_or("unknown: see the processor's log".to_owned(), shown)),
        ]);
    }
    table_or(output, &table, "no dead letters")
}

/// Formats a list of notifications that could not be delivered.
fn notices(output: Output, notices: &Value) -> String {
    let mut table = Table::new(["ID", "SINCE (UTC)", "PROJECT", "RULE", "TARGET", "#NOTIFICATIONS", "REASON"]);
    for notice in notices.as_array().into_iter().flatten() {
        let plain = |value: &Value| (Tone::Plain, shown(value));
        let rule = if notice["ruleName"].is_null() { &notice["rule"] } else { &notice["ruleName"] };
        let project = if notice["projectName"].is_null() { &notice["project"] } else { &notice["projectName"] };
        table.row([
            (Tone::Dim, shown(&notice["id"])),
            (Tone::Plain, moment(&notice["since"])),
            plain(project),
            plain(rule),
            plain(&notice["target"]),
            plain(&notice["notices"]),
            plain(&notice["reason"]),
        ]);
    }
    table_or(output, &table, "no failed notifications")
}

fn table_or(output: Output, table: &Table, nothing: &str) -> String {
    if table.is_empty() { nothing.to_owned() } else { output.table(table) }
}

/// Returns the number or the name of a project, which an old message has in an object.
fn project(value: &Value) -> String {
    value.as_object().and_then(|one| one.values().next()).map_or_else(|| shown(value), shown)
}

/// Formats a dead letter, one line per fact.
fn facts(output: Output, letter: &Value) -> String {
    let facts = letter.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    let line = |(name, value): (&String, &Value)| {
        let text = match value {
            Value::Array(list) => list.iter().map(shown).collect::<Vec<_>>().join(", "),
            Value::Object(_) => project(value),
            value => {
                Some(moment(value)).filter(|time| !time.is_empty()).map_or_else(|| shown(value), |time| time + " UTC")
            }
        };
        format!("{}  {text}", output.tone(Tone::Dim, &format!("{name:<12}")))
    };
    facts.map(line).collect::<Vec<_>>().join("\n")
}

/// Says how many dead letters were put back: the number of messages, or those of notifications and of their letters.
fn redriven(answer: &Value) -> String {
    let number = |name: &str| answer[name].as_u64().unwrap_or_default();
    match answer.as_u64() {
        Some(letters) => format!("{} put back into the inbox", counted(letters, "dead letter")),
        None => format!(
            "{} of {} are sent again",
            counted(number("notices"), "notification"),
            counted(number("letters"), "dead letter")
        ),
    }
}

async fn list(remote: &Remote, place: &str) -> anyhow::Result<Value> {
    match &remote.url {
        Some(_) => Client::of(remote)?.get(&[place], &[("limit", MAX_LISTED_LETTERS.to_owned())]).await,
        None => in_directory(remote, Method::GET, &format!("/{place}?limit={MAX_LISTED_LETTERS}"), &Value::Null).await,
    }
}

/// Always fails: a build without the engines cannot open a data directory.
#[cfg(not(feature = "server"))]
async fn in_directory(_: &Remote, _: Method, _: &str, _: &Value) -> anyhow::Result<Value> {
    bail!("this build cannot open a data directory: name a running faultline with --url")
}

/// Replaces the error of a directory that another process uses: here, that process can be asked instead.
#[cfg(feature = "server")]
fn explain_in_use(error: anyhow::Error, dir: &std::path::Path) -> anyhow::Error {
    let is_in_use = error.chain().any(|cause| matches!(cause.downcast_ref(), Some(embedded::Error::InUse { .. })));
    match is_in_use {
        true => anyhow::anyhow!(
            "{} is in use by `faultline serve`: ask it with --url and the address that it printed, as in --url \
             http://127.0.0.1:8787",
            dir.display()
        ),
        false => error.context("cannot open the data directory"),
    }
}

/// Opens the data directory, and calls the API in this process.
#[cfg(feature = "server")]
async fn in_directory(remote: &Remote, method: Method, path: &str, body: &Value) -> anyhow::Result<Value> {
    use axum::body::Body;
    use http::Request;
    use local_data::{Access, data_dir};
    use server::system::{DataLocation, Stack, SystemSettings};
    use tower::ServiceExt;

    let dir = data_dir(remote.data.clone())?;
    let access =
        Access::read(&dir)?.with_context(|| format!("{} is not a data directory of faultline", dir.display()))?;
    let settings = SystemSettings::at(DataLocation::Directory(dir.clone()));
    let stack = Stack::open(&settings).await.map_err(|error| explain_in_use(error, &dir))?;
    let request = Request::builder().method(method).uri(path).header("x-api-key", access.admin_key);
    let response = stack.front().oneshot(request.body(Body::from(body.to_string()))?).await?;
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), 16 << 20).await?;
    let mut answer: Value = serde_json::from_slice(&body)?;
    match status.is_success() {
        true => Ok(answer["data"].take()),
        false => bail!("refused ({status}): {}", answer["message"].as_str().unwrap_or("no reason given")),
    }
}
