//! `faultline errors resolve`, `unresolve`, `mute`, `assign` and `delete`.

use http::Method;
use serde_json::{Value, json};

use crate::client::Client;
use crate::output::{Output, confirm, note};
use crate::text::{counted, harmless, shown};
use crate::{InProject, Remote};

/// The errors that a command changes.
#[derive(Debug, Clone, clap::Args)]
pub struct Named {
    /// Fingerprints of the errors, as `faultline errors list` prints them; messages work too for errors that came through
    /// faultline's own API
    #[arg(value_name = "ERROR", required = true)]
    errors: Vec<String>,
    #[command(flatten)]
    project: InProject,
}

/// Options of `faultline errors resolve`.
#[derive(Debug, Clone, clap::Args)]
pub struct Resolution {
    #[command(flatten)]
    named: Named,
    /// Resolve in the next release: events from current or older releases do not reopen the error
    #[arg(long)]
    in_next_release: bool,
}

/// Options of `faultline errors mute`.
#[derive(Debug, Clone, clap::Args)]
pub struct Mute {
    #[command(flatten)]
    named: Named,
    /// Mute until this time, as in 2026-12-24T00:00:00Z
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Mute until this many more occurrences
    #[arg(long, value_name = "NUMBER")]
    occurrences: Option<u64>,
}

/// Options of `faultline errors assign`.
#[derive(Debug, Clone, clap::Args)]
pub struct Assignment {
    #[command(flatten)]
    named: Named,
    /// Name or email address of the person
    #[arg(long, value_name = "WHO", required_unless_present_any = ["nobody", "user"])]
    to: Option<String>,
    /// User: the id of a member of the project, or `me` for the owner of the token
    #[arg(long, value_name = "ID", conflicts_with_all = ["to", "nobody"])]
    user: Option<String>,
    /// Remove the assignment
    #[arg(long, conflicts_with = "to")]
    nobody: bool,
}

pub(super) async fn resolve(options: Resolution, remote: &Remote) -> anyhow::Result<()> {
    let mut change = json!({ "status": "resolved" });
    if options.in_next_release {
        change["inNextRelease"] = true.into();
    }
    each(options.named, remote, Method::PATCH, Some(change)).await
}

pub(super) async fn unresolve(named: Named, remote: &Remote) -> anyhow::Result<()> {
    each(named, remote, Method::PATCH, Some(json!({ "status": "unresolved" }))).await
}

pub(super) async fn mute(options: Mute, remote: &Remote) -> anyhow::Result<()> {
    let mut change = json!({ "status": "muted" });
    if let Some(until) = options.until {
        change["until"] = until.into();
    }
    if let Some(occurrences) = options.occurrences {
        change["occurrences"] = occurrences.into();
    }
    each(options.named, remote, Method::PATCH, Some(change)).await
}

pub(super) async fn assign(options: Assignment, remote: &Remote) -> anyhow::Result<()> {
    let change = match options.user {
        Some(user) => json!({ "assigneeUser": user }),
        None => json!({ "assignee": options.to }),
    };
    each(options.named, remote, Method::PATCH, Some(change)).await
}

pub(super) async fn delete(named: Named, yes: bool, remote: &Remote) -> anyhow::Result<()> {
    let what = match named.errors.as_slice() {
        [one] => format!("delete the error `{one}`, the errors merged into it, and all their occurrences"),
        more => format!("delete {} errors, the errors merged into them, and all their occurrences", more.len()),
    };
    confirm(yes, &what)?;
    each(named, remote, Method::DELETE, None).await
}

/// Sends the same request for each error. If one fails, the others are still changed.
async fn each(named: Named, remote: &Remote, method: Method, change: Option<Value>) -> anyhow::Result<()> {
    let client = Client::of(remote)?;
    let project = named.project.name(&client).await?;
    // An unfinished deletion is answered with 503 and must be repeated.
    let client = if method == Method::DELETE { client.patient() } else { client };
    let (mut changed, mut failed) = (Vec::new(), Vec::new());
    for error in &named.errors {
        let path = ["projects", &project, "errors", error];
        match client.send(method.clone(), &path, change.as_ref()).await {
            Ok(Value::Null) => changed.push(json!({ "deleted": error })),
            Ok(mut answer) => changed.push(answer["data"]["error"].take()),
            Err(why) => {
                note(&format!("{error}: {why:#}"));
                failed.push(error.as_str());
            }
        }
    }
    Output::of(remote).show(&json!({ "errors": changed }), |_| lines(&changed))?;
    match failed.len() {
        0 => Ok(()),
        few => anyhow::bail!("{few} of {} could not be changed", counted(named.errors.len() as u64, "error")),
    }
}

fn lines(changed: &[Value]) -> String {
    let line = |error: &Value| match error["deleted"].as_str() {
        Some(name) => format!("deleted  {}", harmless(name)),
        None => {
            let assignee = shown(&error["assignee"]);
            let assigned = if assignee.is_empty() { String::new() } else { format!(", assigned to {assignee}") };
            format!("{}{assigned}  {}", shown(&error["status"]), super::list::title(error))
        }
    };
    changed.iter().map(line).collect::<Vec<_>>().join("\n")
}
