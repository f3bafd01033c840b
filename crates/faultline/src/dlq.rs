//! `faultline dlq`: messages that could not be processed, notifications that could not be delivered, and redriving
//! them.

use anyhow::{Context, bail};
use clap::Subcommand;
use cli::Remote;
use cli::client::Client;
use cli::output::print;
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

/// Runs the command, and prints its result as JSON.
pub(crate) async fn run(options: Dlq, remote: &Remote) -> anyhow::Result<()> {
    let (place, name) = match options.notices {
        true => ("dead-notices", "deadNotices"),
        false => ("dead-letters", "deadLetters"),
    };
    let answer = match &options.command {
        DlqCommand::List => list(remote, place).await?,
        DlqCommand::Show { id } => {
            let letters = list(remote, place).await?[name].as_array().cloned().unwrap_or_default();
            let one = letters.into_iter().find(|letter| letter["id"] == **id);
            let all = if options.notices { "dlq list --notices" } else { "dlq list" };
            one.with_context(|| format!("there is no dead letter `{id}`: list their ids with `faultline {all}`"))?
        }
        DlqCommand::Redrive { .. } if options.notices && remote.url.is_none() => {
            bail!("only a running faultline can redrive notifications: start `faultline serve`, and name it with --url")
        }
        DlqCommand::Redrive { ids } => {
            let which = if ids.is_empty() { json!({}) } else { json!({ "ids": ids }) };
            match &remote.url {
                Some(_) => {
                    Client::of(remote)?.send(Method::POST, &[place, "redrive"], Some(&which)).await?["data"].take()
                }
                None => in_directory(remote, Method::POST, &format!("/{place}/redrive"), &which).await?,
            }
        }
    };
    print(&serde_json::to_string_pretty(&answer)?)
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
    let settings = SystemSettings::at(DataLocation::Directory(dir));
    let stack = Stack::open(&settings)
        .await
        .context("cannot open the data directory: if `faultline serve` uses it, name it with --url")?;
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
