//! `faultline users`.

use clap::Subcommand;
use http::Method;
use serde_json::{Map, Value, json};

use super::Remote;
use super::client::Client;
use super::output::Output;
use super::table::Table;
use super::text::{moment, shown};
use super::tone::Tone;

/// The commands of `faultline users`.
#[derive(Debug, Clone, Subcommand)]
pub enum UsersCommand {
    /// List users
    List,
    /// Create a link that lets one person join, once, within seven days
    Invite {
        /// Role in all projects: viewer, member or owner
        #[arg(long, value_name = "ROLE", value_parser = ["viewer", "member", "owner"])]
        role: Option<String>,
        /// Role in one project; can be given several times
        #[arg(long = "project", short, value_name = "NAME=ROLE", value_parser = parse_pair)]
        projects: Vec<(String, String)>,
        /// For whom the link is
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// List the links that were not used yet
    Invitations,
    /// Withdraw a link that was not used yet
    Withdraw {
        /// Id of the invitation
        id: String,
    },
    /// Change the roles of a user
    Role {
        /// Id of the user
        id: String,
        /// Role in all projects: viewer, member, owner, or none
        #[arg(long, value_name = "ROLE", value_parser = ["viewer", "member", "owner", "none"])]
        role: Option<String>,
        /// Role in one project, or none; can be given several times
        #[arg(long = "project", short, value_name = "NAME=ROLE", value_parser = parse_pair)]
        projects: Vec<(String, String)>,
    },
    /// Disable a user: no session and no token of the user works
    Disable {
        /// Id of the user
        id: String,
    },
    /// Enable a disabled user
    Enable {
        /// Id of the user
        id: String,
    },
    /// End all sessions of a user
    SignOut {
        /// Id of the user
        id: String,
    },
    /// Create a link that signs a user in, once, within an hour
    SignInLink {
        /// Id of the user
        id: String,
    },
    /// Delete a user, with all tokens
    Delete {
        /// Id of the user
        id: String,
    },
    /// List the personal access tokens of a user
    Tokens {
        /// Id of the user
        id: String,
    },
    /// Delete a personal access token of a user
    DeleteToken {
        /// Id of the user
        id: String,
        /// Id of the token
        token: String,
    },
}

/// Parses `NAME=ROLE`. The name may contain `=`.
fn parse_pair(text: &str) -> Result<(String, String), String> {
    let (name, role) = text.rsplit_once('=').ok_or_else(|| format!("`{text}` is not like `shop=member`"))?;
    Ok((name.to_owned(), role.to_owned()))
}

pub(super) async fn run(command: UsersCommand, remote: &Remote) -> anyhow::Result<()> {
    let (client, output) = (Client::of(remote)?, Output::of(remote));
    let send = async |method: Method, path: &[&str], body: Option<Value>| {
        anyhow::Ok(client.send(method, path, body.as_ref()).await?["data"].take())
    };
    match command {
        UsersCommand::List => {
            let data = list_all(&client, "users").await?;
            output.show(&data, |output| user_table(output, &data["users"]))
        }
        UsersCommand::Invite { role, projects, note } => {
            let mut body = json!({});
            for (key, value) in [("role", role), ("note", note)] {
                if let Some(value) = value {
                    body[key] = value.into();
                }
            }
            if !projects.is_empty() {
                body["projects"] =
                    projects.into_iter().map(|(name, role)| (name, role.into())).collect::<Map<_, _>>().into();
            }
            let data = send(Method::POST, &["invitations"], Some(body)).await?;
            output.show(&data, |_| describe_link(&data["link"], &data["invitation"]["endsAt"]))
        }
        UsersCommand::Invitations => {
            let data = list_all(&client, "invitations").await?;
            output.show(&data, |output| invitation_table(output, &data["invitations"]))
        }
        UsersCommand::Withdraw { id } => {
            send(Method::DELETE, &["invitations", &id], None).await?;
            output.show(&json!({ "withdrawn": id }), |_| format!("withdrew {id}"))
        }
        UsersCommand::Role { id, role, projects } => {
            let mut body = json!({});
            if let Some(role) = role {
                body["role"] = role_or_none(role);
            }
            if !projects.is_empty() {
                let roles = projects.into_iter().map(|(name, role)| (name, role_or_none(role)));
                body["projects"] = roles.collect::<Map<_, _>>().into();
            }
            let data = send(Method::PATCH, &["users", &id], Some(body)).await?;
            output.show(&data, |output| user_table(output, &json!([data["user"]])))
        }
        UsersCommand::Disable { id } => {
            let data = send(Method::PATCH, &["users", &id], Some(json!({ "disabled": true }))).await?;
            output.show(&data, |_| format!("disabled {id}"))
        }
        UsersCommand::Enable { id } => {
            let data = send(Method::PATCH, &["users", &id], Some(json!({ "disabled": false }))).await?;
            output.show(&data, |_| format!("enabled {id}"))
        }
        UsersCommand::SignOut { id } => {
            send(Method::POST, &["users", &id, "end-sessions"], None).await?;
            output.show(&json!({ "signedOut": id }), |_| format!("signed {id} out everywhere"))
        }
        UsersCommand::SignInLink { id } => {
            let data = send(Method::POST, &["users", &id, "sign-in-link"], None).await?;
            output.show(&data, |_| describe_link(&data["link"], &data["endsAt"]))
        }
        UsersCommand::Delete { id } => {
            send(Method::DELETE, &["users", &id], None).await?;
            output.show(&json!({ "deleted": id }), |_| format!("deleted {id}"))
        }
        UsersCommand::Tokens { id } => {
            let data = send(Method::GET, &["users", &id, "tokens"], None).await?;
            output.show(&data, |output| token_table(output, &data["tokens"]))
        }
        UsersCommand::DeleteToken { id, token } => {
            send(Method::DELETE, &["users", &id, "tokens", &token], None).await?;
            output.show(&json!({ "deleted": token }), |_| format!("deleted {token}"))
        }
    }
}

/// `faultline whoami`.
pub(super) async fn whoami(remote: &Remote) -> anyhow::Result<()> {
    let (client, output) = (Client::of(remote)?, Output::of(remote));
    let data = client.get(&["users", "me"], &[]).await?;
    output.show(&data, |_| format!("{}\n{}", shown(&data["name"]), roles_of(&data)))
}

/// Reads all pages of a list.
async fn list_all(client: &Client, what: &str) -> anyhow::Result<Value> {
    let (mut all, mut parameters) = (Vec::new(), Vec::new());
    loop {
        let mut page = client.get(&[what], &parameters).await?;
        if let Value::Array(more) = page[what].take() {
            all.extend(more);
        }
        let Some(next) = page["nextCursor"].as_str() else { return Ok(json!({ what: all })) };
        parameters = vec![("cursor", next.to_owned())];
    }
}

fn role_or_none(role: String) -> Value {
    if role == "none" { Value::Null } else { role.into() }
}

fn describe_link(link: &Value, ends_at: &Value) -> String {
    format!("{}\n\nIt works once, until {} UTC. It is not shown again.", shown(link), moment(ends_at))
}

/// The roles in words, such as `member of all projects, owner of shop`.
fn roles_of(value: &Value) -> String {
    let everywhere = value["role"].as_str().map(|role| format!("{role} of all projects"));
    let single = value["projects"].as_array().into_iter().flatten();
    let single = single.map(|own| format!("{} of {}", shown(&own["role"]), shown(&own["project"])));
    let all: Vec<_> = everywhere.into_iter().chain(single).collect();
    if all.is_empty() { "no role".to_owned() } else { all.join(", ") }
}

fn user_table(output: Output, users: &Value) -> String {
    let mut table = Table::new(["ID", "NAME", "EMAIL", "ROLES", "STATE"]);
    for user in users.as_array().into_iter().flatten() {
        let plain = |value: &Value| (Tone::Plain, if value.is_null() { String::new() } else { shown(value) });
        let state = match user["disabled"].as_bool() {
            Some(true) => (Tone::Red, "disabled".to_owned()),
            _ => (Tone::Green, "active".to_owned()),
        };
        let roles = (Tone::Plain, roles_of(user));
        table.row([plain(&user["id"]), plain(&user["name"]), plain(&user["email"]), roles, state]);
    }
    output.table(&table)
}

fn invitation_table(output: Output, invitations: &Value) -> String {
    let mut table = Table::new(["ID", "FOR", "GIVES", "VALID UNTIL"]);
    for one in invitations.as_array().into_iter().flatten() {
        let gives = match one["signsIn"].as_str() {
            Some(user) => format!("signs {user} in"),
            None => roles_of(one),
        };
        table.row([
            (Tone::Plain, shown(&one["id"])),
            (Tone::Plain, shown(&one["note"])),
            (Tone::Plain, gives),
            (Tone::Plain, moment(&one["endsAt"])),
        ]);
    }
    output.table(&table)
}

fn token_table(output: Output, tokens: &Value) -> String {
    let mut table = Table::new(["ID", "TOKEN", "ROLE", "LAST USED", "VALID UNTIL", "NAME"]);
    for token in tokens.as_array().into_iter().flatten() {
        let plain = |value: &Value| (Tone::Plain, if value.is_null() { String::new() } else { shown(value) });
        let end = if token["endsAt"].is_null() { "no end".to_owned() } else { moment(&token["endsAt"]) };
        table.row([
            plain(&token["id"]),
            (Tone::Plain, format!("{}…", shown(&token["hint"]))),
            plain(&token["role"]),
            plain(&token["lastUsed"]),
            (Tone::Plain, end),
            plain(&token["name"]),
        ]);
    }
    output.table(&table)
}
