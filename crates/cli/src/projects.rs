//! `faultline projects`.

use anyhow::bail;
use clap::Subcommand;
use http::Method;
use serde_json::{Map, Value, json};

use super::Remote;
use super::client::Client;
use super::output::{Output, confirm};
use super::table::Table;
use super::text::{moment, shown};
use super::tone::Tone;

/// The commands of `faultline projects`.
#[derive(Debug, Clone, Subcommand)]
pub enum ProjectsCommand {
    /// List projects
    List,
    /// Create a project and print its DSN and client key
    Create {
        /// Name of the project: without white space, `/`, `\`, `?`, `#` and `%`, and not starting with a dot
        name: String,
    },
    /// Delete a project with all its errors and keys
    Delete {
        /// Name of the project
        name: String,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
    /// Change the settings of a project
    Set(Box<ProjectSettings>),
}

/// Options of `faultline projects set`. The value `none` removes an optional setting.
#[derive(Debug, Clone, clap::Args)]
pub struct ProjectSettings {
    /// Name of the project
    name: String,
    /// New name; events sent to the old name still arrive
    #[arg(long, value_name = "NAME")]
    rename: Option<String>,
    /// Person or team responsible for the project, or `none`
    #[arg(long, value_name = "WHO")]
    owner: Option<String>,
    /// Importance of the project: sets the default triggers of its rules
    #[arg(long, value_parser = ["critical", "standard", "low"])]
    tier: Option<String>,
    /// Unit of time that thresholds of rules count in
    #[arg(long, value_parser = ["minute", "hour", "day"])]
    time_unit: Option<String>,
    /// Which notification configs posted with errors are used
    #[arg(long, value_parser = ["any", "sealed", "off"])]
    posted_configs: Option<String>,
    /// Whether files that SDKs send with events are stored
    #[arg(long, value_parser = ["store", "discard"])]
    attachments: Option<String>,
    /// Maximum number of events per minute, or `none`
    #[arg(long, value_name = "NUMBER", value_parser = number_or_none)]
    per_minute: Option<Value>,
    /// Maximum number of events per month, or `none`
    #[arg(long, value_name = "NUMBER", value_parser = number_or_none)]
    per_month: Option<Value>,
    /// Days to keep occurrences, or `none` for the stack's default
    #[arg(long, value_name = "DAYS", value_parser = number_or_none)]
    retention_days: Option<Value>,
    /// Origins of web pages that may send events, separated by commas; `none` for no page
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',')]
    allowed_origins: Option<Vec<String>>,
    /// URL of a line in the repository, with {path}, {revision} and {line}, to which frames link; or `none`
    #[arg(long, value_name = "URL")]
    repository: Option<String>,
    /// Branch that links lead to if the release names no revision
    #[arg(long, value_name = "NAME", default_value = "main", requires = "repository")]
    branch: String,
    /// Beginning of paths in frames and what it is in the repository, such as /app/=services/shop/; repeatable
    #[arg(long, value_name = "FROM=TO", requires = "repository", value_parser = path_mapping)]
    map_path: Vec<Value>,
    /// Additional names of keys with secret values, separated by commas; replaces the list; `none` empties it
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    scrub: Option<Vec<String>>,
    /// Names of keys to leave unscrubbed, separated by commas; replaces the list; `none` empties it
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    exempt: Option<Vec<String>>,
    /// Personal data to scrub, separated by commas: email, ip, iban, phone, ssn; replaces the list; `none` empties it
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    personal: Option<Vec<String>>,
}

/// The value that removes a setting.
const NONE: &str = "none";

fn path_mapping(text: &str) -> Result<Value, String> {
    let (from, to) = text.split_once('=').ok_or("use FROM=TO, such as /app/=services/shop/")?;
    Ok(json!({ "from": from, "to": to }))
}

fn number_or_none(text: &str) -> Result<Value, String> {
    match text {
        NONE => Ok(Value::Null),
        text => text.parse::<u64>().map(Value::from).map_err(|_| format!("use a number or `{NONE}`")),
    }
}

pub(super) async fn run(command: ProjectsCommand, remote: &Remote) -> anyhow::Result<()> {
    let (client, output) = (Client::of(remote)?, Output::of(remote));
    match command {
        ProjectsCommand::List => {
            let data = all(&client).await?;
            output.show(&data, |output| table(output, &data))
        }
        ProjectsCommand::Create { name } => {
            let mut answer = client.send(Method::POST, &["projects"], Some(&json!({ "name": name }))).await?;
            let data = answer["data"].take();
            output.show(&data, |_| {
                let project = &data["project"];
                let (name, dsn, key) = (&project["name"], &project["dsn"], &project["clientKey"]);
                format!("project     {}\nDSN         {}\nclient key  {}", shown(name), shown(dsn), shown(key))
            })
        }
        ProjectsCommand::Delete { name, yes } => {
            confirm(yes, &format!("delete the project `{name}`, its errors and its keys"))?;
            client.patient().send(Method::DELETE, &["projects", &name], None).await?;
            output.show(&json!({ "deleted": name }), |_| format!("deleted {name}"))
        }
        ProjectsCommand::Set(settings) => {
            let change = settings.change();
            if change.is_empty() {
                bail!("no setting was given: see `faultline projects set --help`");
            }
            let path = ["projects", &settings.name];
            let data = client.send(Method::PATCH, &path, Some(&Value::Object(change))).await?["data"].take();
            output.show(&data, |output| table(output, &json!({ "projects": [data["project"]] })))
        }
    }
}

/// Returns all projects that the key can see, from all pages of the list.
pub(super) async fn all(client: &Client) -> anyhow::Result<Value> {
    let (mut projects, mut parameters) = (Vec::new(), Vec::new());
    loop {
        let mut page = client.get(&["projects"], &parameters).await?;
        if let Value::Array(more) = page["projects"].take() {
            projects.extend(more);
        }
        match page["nextCursor"].as_str() {
            Some(next) => parameters = vec![("cursor", next.to_owned())],
            None => return Ok(json!({ "projects": projects })),
        }
    }
}

impl ProjectSettings {
    /// Returns the body of the PATCH request. It contains only the settings that were given.
    fn change(&self) -> Map<String, Value> {
        let mut change = Map::new();
        let mut put = |key: &str, value: Option<Value>| value.map(|value| change.insert(key.to_owned(), value));
        let or_null = |text: &String| if text == NONE { Value::Null } else { json!(text) };
        put("name", self.rename.as_ref().map(|name| json!(name)));
        put("owner", self.owner.as_ref().map(or_null));
        put("tier", self.tier.as_ref().map(|tier| json!(tier)));
        put("timeUnit", self.time_unit.as_ref().map(|unit| json!(unit)));
        put("postedConfigs", self.posted_configs.as_ref().map(|which| json!(which)));
        put("attachments", self.attachments.as_ref().map(|which| json!(which)));
        put("retentionDays", self.retention_days.clone());
        let listed = |names: &Vec<String>| {
            json!(names.iter().filter(|name| !["", NONE].contains(&name.as_str())).collect::<Vec<_>>())
        };
        put("allowedOrigins", self.allowed_origins.as_ref().map(listed));
        put(
            "repository",
            self.repository.as_ref().map(|url| match url.as_str() {
                NONE => Value::Null,
                url => json!({ "url": url, "branch": self.branch, "paths": self.map_path }),
            }),
        );
        let limits = [("perMinute", &self.per_minute), ("perMonth", &self.per_month)];
        let limits = limits.into_iter().filter_map(|(key, limit)| Some((key.to_owned(), limit.clone()?)));
        put("limits", Some(Value::Object(limits.collect())).filter(|limits| *limits != json!({})));
        let scrubbing = [("additional", &self.scrub), ("exempt", &self.exempt), ("personal", &self.personal)];
        let scrubbing =
            scrubbing.into_iter().filter_map(|(key, names)| Some((key.to_owned(), listed(names.as_ref()?))));
        put("scrubbing", Some(Value::Object(scrubbing.collect())).filter(|rules| *rules != json!({})));
        change
    }
}

fn table(output: Output, data: &Value) -> String {
    let mut table = Table::new(["#ID", "NAME", "TIER", "#PER MINUTE", "#PER MONTH", "CREATED (UTC)", "OWNER"]);
    for project in data["projects"].as_array().into_iter().flatten() {
        let plain = |value: &Value| (Tone::Plain, shown(value));
        table.row([
            plain(&project["id"]),
            (Tone::Bold, shown(&project["name"])),
            plain(&project["tier"]),
            plain(&project["limits"]["perMinute"]),
            plain(&project["limits"]["perMonth"]),
            (Tone::Plain, moment(&project["createdAt"])),
            plain(&project["owner"]),
        ]);
    }
    output.table(&table)
}
