#![doc = include_str!("../README.md")]

mod admin_key;
pub mod audit_log;
pub mod client;
mod demo;
pub mod errors;
pub mod explain;
pub mod export;
mod health;
pub mod import;
pub mod keys;
pub mod output;
mod progress;
pub mod projects;
pub mod send;
pub mod table;
pub mod text;
pub mod tone;
pub mod users;

use std::path::PathBuf;

use clap::Subcommand;
use clap::builder::NonEmptyStringValueParser;

/// Options of every command: where faultline is, the key, and the output format.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Remote {
    /// URL of faultline [default: http://127.0.0.1:8787; for `dlq`, the data directory itself]
    #[arg(long, env = "FAULTLINE_URL", value_name = "URL", global = true, value_parser = not_empty())]
    pub url: Option<String>,
    /// API key or personal access token [default: the admin key in the data directory, for a faultline on this machine]
    #[arg(long, env = "FAULTLINE_KEY", hide_env_values = true, value_name = "KEY", global = true, value_parser = not_empty())]
    pub key: Option<String>,
    /// Data directory of `faultline serve`, to read the key from if none is given [default: faultline in the user's data
    /// directory]
    #[arg(long, env = "FAULTLINE_DATA", value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
    /// Whether `data` was given on the command line, and not by the environment.
    #[arg(skip)]
    pub names_data: bool,
    /// Print the API's answer as one JSON document
    #[arg(long, global = true)]
    pub json: bool,
}

/// Parses text that must not be empty: an empty variable of a script must not count as a value.
fn not_empty() -> NonEmptyStringValueParser {
    NonEmptyStringValueParser::new()
}

/// The option `--project` of commands that need one project.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct InProject {
    /// Project [default: the only project, if the key can see just one]
    #[arg(long, short, env = "FAULTLINE_PROJECT", value_name = "NAME", value_parser = not_empty())]
    pub project: Option<String>,
}

/// The commands of this crate.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the admin key of the data directory
    AdminKey,
    /// List, create, change and delete projects
    Projects {
        /// The subcommand of `projects`.
        #[command(subcommand)]
        command: projects::ProjectsCommand,
    },
    /// List, create, rotate, disable and delete keys
    Keys {
        /// The subcommand of `keys`.
        #[command(subcommand)]
        command: keys::KeysCommand,
    },
    /// List, invite, change and delete users, and their tokens
    Users {
        /// The subcommand of `users`.
        #[command(subcommand)]
        command: users::UsersCommand,
    },
    /// List who did what in the installation, newest first
    AuditLog(audit_log::AuditLog),
    /// Show who the key or token belongs to, and its roles
    Whoami,
    /// Find, show and change errors, and watch for new ones
    Errors {
        /// The subcommand of `errors`.
        #[command(subcommand)]
        command: Box<errors::ErrorsCommand>,
    },
    /// Check that a server works: the exit code is 0 if it does. Needs no key
    Health,
    /// Fill a new project with the errors of a made-up shop, to look around
    Demo(demo::Demo),
    /// Send a sample error
    Send(send::Send),
    /// Show how an event is grouped, and why
    Explain(explain::Explain),
    /// Export all occurrences of a project or of one error, as lines of JSON
    Export(export::Export),
    /// Import an export, or the data of faultline v1
    Import(import::Import),
}

pub async fn run(command: Command, remote: &Remote) -> anyhow::Result<()> {
    match command {
        Command::AdminKey => admin_key::run(remote),
        Command::Projects { command } => projects::run(command, remote).await,
        Command::Keys { command } => keys::run(command, remote).await,
        Command::Users { command } => users::run(command, remote).await,
        Command::AuditLog(options) => audit_log::run(options, remote).await,
        Command::Whoami => users::whoami(remote).await,
        Command::Errors { command } => errors::run(*command, remote).await,
        Command::Health => health::run(remote).await,
        Command::Demo(options) => demo::run(options, remote).await,
        Command::Send(options) => send::run(options, remote).await,
        Command::Explain(options) => explain::run(&options),
        Command::Export(options) => export::run(options, remote).await,
        Command::Import(options) => import::run(options, remote).await,
    }
}
