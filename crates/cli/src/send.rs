//! `faultline send`: sends a sample error, to check that everything works.

use std::time::{Duration, Instant};

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::client::{Client, RefusedRequest};
use super::output::{Output, note};
use super::text::harmless;
use super::{Remote, not_empty};

/// How long `send` waits for the error to be stored. In AWS, processing begins after about two seconds.
const PATIENCE: Duration = Duration::from_secs(15);
/// The pause between two checks.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// Options of `faultline send`.
#[derive(Debug, Clone, clap::Args)]
pub struct Send {
    /// Project
    #[arg(long, short, env = "FAULTLINE_PROJECT", default_value = "sample", value_name = "NAME", value_parser = not_empty())]
    pub project: String,
    /// Message of the error
    #[arg(long, default_value = "A sample error, sent by `faultline send`", value_name = "TEXT")]
    pub message: String,
    /// Create the project if it does not exist
    #[arg(long)]
    pub create: bool,
}

/// Sends the error, waits until it is stored, and prints the command that shows it.
pub(super) async fn run(options: Send, remote: &Remote) -> anyhow::Result<()> {
    let (client, Send { project, message, create }) = (Client::of(remote)?, options);
    let project = find_project(&client, project, create).await?;
    let path = ["projects", &project, "errors"];
    let answer = client.send(Method::POST, &path, Some(&sample(&message))).await?;
    let id = &answer["id"];
    let stored = is_stored(&client, &project, &message, id).await?;
    let answer = json!({ "id": id, "project": project, "message": message, "stored": stored });
    Output::of(remote).show(&answer, |_| match stored {
        Some(true) => {
            let (project, message) = (harmless(&project), harmless(&message).replace('\'', r"'\''"));
            format!("sent and stored; show it with: faultline errors show --project {project} '{message}'")
        }
        Some(false) => format!("sent, but not stored within {} s: it is waiting to be processed", PATIENCE.as_secs()),
        None => "sent; this key cannot check whether it is stored".to_owned(),
    })
}

/// Returns the current name of the project. Unless it may be created, it must exist: sending to an unknown name with a
/// key for all projects creates the project, so a typo would create one. A key that cannot read is not checked: a key
/// of one project creates no projects.
async fn find_project(client: &Client, project: String, create: bool) -> anyhow::Result<String> {
    let error = match client.get(&["projects", &project], &[]).await {
        Ok(_) => return Ok(project),
        Err(error) => error,
    };
    let name = harmless(&project);
    match error.downcast_ref::<RefusedRequest>() {
        Some(RefusedRequest { renamed_to: Some(current), .. }) => {
            note(&format!("the project `{name}` was renamed to `{current}`: sending to that"));
            Ok(current.clone())
        }
        Some(refused) if refused.status == StatusCode::NOT_FOUND && !create => anyhow::bail!(
            "there is no project `{name}`: list projects with `faultline projects list`, or create it with --create"
        ),
        Some(refused) if [StatusCode::NOT_FOUND, StatusCode::FORBIDDEN].contains(&refused.status) => Ok(project),
        _ => Err(error),
    }
}

/// Waits until the event with this id is among the newest of its error, or time is up. Returns `None` if the key cannot
/// read.
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
