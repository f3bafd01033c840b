//! `faultline send`: posts a sample error, to see that everything works.

use std::time::{Duration, Instant};

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::Remote;
use super::client::{Client, RefusedRequest};
use super::output::Output;
use super::text::harmless;

/// For how long `send` looks whether the error was stored. In AWS processing begins after some two seconds.
const PATIENCE: Duration = Duration::from_secs(15);
/// The pause between two looks.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// Options of `faultline send`.
#[derive(Debug, Clone, clap::Args)]
pub struct Send {
    /// The project
    #[arg(long, short, env = "FAULTLINE_PROJECT", default_value = "sample", value_name = "NAME")]
    pub project: String,
    /// The error's message
    #[arg(long, default_value = "A sample error, sent by `faultline send`", value_name = "TEXT")]
    pub message: String,
    /// Make the project if there is none of this name
    #[arg(long)]
    pub create: bool,
}

/// Posts the error, waits until it is stored, and says how it can be read.
pub(super) async fn run(options: Send, remote: &Remote) -> anyhow::Result<()> {
    let (client, Send { project, message, create }) = (Client::of(remote)?, options);
    if !create {
        check_project(&client, &project).await?;
    }
    let path = ["projects", &project, "errors"];
    let answer = client.send(Method::POST, &path, Some(&sample(&message))).await?;
    let id = &answer["id"];
    let stored = is_stored(&client, &project, &message, id).await?;
    let answer = json!({ "id": id, "project": project, "message": message, "stored": stored });
    Output::of(remote).show(&answer, |_| match stored {
        Some(true) => {
            let (project, message) = (harmless(&project), harmless(&message).replace('\'', r"'\''"));
            format!("sent, and stored; see it by: faultline errors show --project {project} '{message}'")
        }
        Some(false) => format!("sent, but not stored within {} s: it waits to be processed", PATIENCE.as_secs()),
        None => "sent; this key may not see what is stored".to_owned(),
    })
}

/// A post to a name that no project has makes the project, where the key is good in all: for whom it is a slip, that would
/// be one project more. A key that may not read is asked nothing: one of a project makes none.
async fn check_project(client: &Client, project: &str) -> anyhow::Result<()> {
    match client.get(&["projects", project], &[]).await {
        Ok(_) => Ok(()),
        Err(error) => match error.downcast_ref::<RefusedRequest>().map(|refused| refused.status) {
            Some(StatusCode::NOT_FOUND) => {
                let name = harmless(project);
                anyhow::bail!("there is no project `{name}`: `faultline projects list` lists them, --create makes it")
            }
            Some(StatusCode::FORBIDDEN) => Ok(()),
            _ => Err(error),
        },
    }
}

/// Whether the event of this id is among the newest of its error by now; `None` if the key may not read.
async fn is_stored(client: &Client, project: &str, message: &str, id: &Value) -> anyhow::Result<Option<bool>> {
    let path = ["projects", project, "errors", message, "occurrences"];
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        match client.get(&path, &[("limit", "10".to_owned())]).await {
            Ok(page) if page["errors"].as_array().is_some_and(|list| list.iter().any(|one| one["eventId"] == *id)) => {
                return Ok(Some(true));
            }
            Ok(_) => {}
            Err(error) => match error.downcast_ref::<RefusedRequest>().map(|refused| refused.status) {
                Some(StatusCode::FORBIDDEN) => return Ok(None),
                Some(StatusCode::NOT_FOUND) => {}
                _ => return Err(error),
            },
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    Ok(Some(false))
}

fn sample(message: &str) -> Value {
    json!({
        "errors": [{
            "type": "SampleError",
            "message": message,
            "backtrace": [
                { "file": "src/shop/cart.rs", "function": "total", "line": 42, "code": { "41": "for item in items {", "42": "    sum += item.price.unwrap();", "43": "}" } },
                { "file": "src/main.rs", "function": "main", "line": 7 },
            ],
        }],
        "notifier": { "name": "faultline send", "version": env!("CARGO_PKG_VERSION") },
        "context": { "environment": "trial", "component": "shop", "action": "total", "language": "Rust" },
    })
}
