//! `faultline keys`.

use clap::Subcommand;
use http::Method;
use serde_json::{Value, json};

use super::Remote;
use super::client::Client;
use super::output::Output;
use super::table::Table;
use super::text::{moment, shown};
use super::tone::Tone;

/// The commands of `faultline keys`.
#[derive(Debug, Clone, Subcommand)]
pub enum KeysCommand {
    /// List keys (the secret itself is never shown)
    List {
        /// Only keys of this project
        #[arg(long, short, value_name = "NAME")]
        project: Option<String>,
    },
    /// Create a key; it is shown only once
    Create {
        /// Role: client (send events), read (view only), upload (upload source maps and ProGuard
        /// mappings of one project), member (work on errors) or admin (everything)
        #[arg(value_parser = ["client", "read", "upload", "member", "admin"])]
        role: String,
        /// Project that the key is for [default: all]
        #[arg(long, short, value_name = "NAME")]
        project: Option<String>,
        /// Name of the key
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
    },
    /// Replace a key with a new one; it is shown only once
    Rotate {
        /// Id of the key to replace
        id: String,
        /// Hours until the old key stops working
        #[arg(long, value_name = "HOURS", default_value_t = 24)]
        overlap_hours: u32,
    },
    /// Disable a key
    Disable {
        /// Id of the key
        id: String,
    },
    /// Enable a disabled key
    Enable {
        /// Id of the key
        id: String,
    },
    /// Delete a key
    Delete {
        /// Id of the key
        id: String,
    },
}

pub(super) async fn run(command: KeysCommand, remote: &Remote) -> anyhow::Result<()> {
    let (client, output) = (Client::of(remote)?, Output::of(remote));
    match command {
        KeysCommand::List { project } => {
            let data = all(&client, project).await?;
            output.show(&data, |output| table(output, &data["keys"]))
        }
        KeysCommand::Create { role, project, name } => {
            let mut body = json!({ "role": role });
            for (key, value) in [("project", project), ("name", name)] {
                if let Some(value) = value {
                    body[key] = value.into();
                }
            }
            let data = client.send(Method::POST, &["keys"], Some(&body)).await?["data"].take();
            output.show(&data, |_| revealed(&data["key"]))
        }
        KeysCommand::Rotate { id, overlap_hours } => {
            let body = json!({ "overlapHours": overlap_hours });
            let data = client.send(Method::POST, &["keys", &id, "rotate"], Some(&body)).await?["data"].take();
            output.show(&data, |_| {
                let end = moment(&data["replaced"]["expiresAt"]);
                format!("{}\n\n{id} works until {end} UTC", revealed(&data["key"]))
            })
        }
        KeysCommand::Disable { id } => change(&client, output, &id, true).await,
        KeysCommand::Enable { id } => change(&client, output, &id, false).await,
        KeysCommand::Delete { id } => {
            client.send(Method::DELETE, &["keys", &id], None).await?;
            output.show(&json!({ "deleted": id }), |_| format!("deleted {id}"))
        }
    }
}

async fn change(client: &Client, output: Output, id: &str, disabled: bool) -> anyhow::Result<()> {
    let body = json!({ "disabled": disabled });
    let data = client.send(Method::PATCH, &["keys", id], Some(&body)).await?["data"].take();
    output.show(&data, |output| table(output, &json!([data["key"]])))
}

async fn all(client: &Client, project: Option<String>) -> anyhow::Result<Value> {
    let of: Vec<_> = project.map(|project| ("project", project)).into_iter().collect();
    let (mut keys, mut parameters) = (Vec::new(), of.clone());
    loop {
        let mut page = client.get(&["keys"], &parameters).await?;
        if let Value::Array(more) = page["keys"].take() {
            keys.extend(more);
        }
        let Some(next) = page["nextCursor"].as_str() else { return Ok(json!({ "keys": keys })) };
        parameters = of.clone();
        parameters.push(("cursor", next.to_owned()));
    }
}

fn revealed(key: &Value) -> String {
    let project = key["project"].as_str().map_or("all".to_owned(), |_| shown(&key["project"]));
    let (id, role, key) = (shown(&key["id"]), shown(&key["role"]), shown(&key["key"]));
    format!(
        "id       {id}\nrole     {role}\nproject  {project}\nkey      {key}\n\nSave the key: it is not shown again."
    )
}

fn table(output: Output, keys: &Value) -> String {
    let mut table = Table::new(["ID", "KEY", "ROLE", "PROJECT", "STATE", "LAST USED", "NAME"]);
    for key in keys.as_array().into_iter().flatten() {
        let plain = |value: &Value| (Tone::Plain, shown(value));
        let state = match (key["disabled"].as_bool(), key["expiresAt"].is_null()) {
            (Some(true), _) => (Tone::Red, "disabled".to_owned()),
            (_, false) => (Tone::Yellow, format!("until {}", moment(&key["expiresAt"]))),
            _ => (Tone::Green, "in use".to_owned()),
        };
        table.row([
            plain(&key["id"]),
            (Tone::Plain, format!("{}…", shown(&key["hint"]))),
            plain(&key["role"]),
            (Tone::Plain, if key["project"].is_null() { "all".to_owned() } else { shown(&key["project"]) }),
            state,
            plain(&key["lastUsed"]),
            plain(&key["name"]),
        ]);
    }
    output.table(&table)
}
