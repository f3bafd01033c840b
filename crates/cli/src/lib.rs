#![doc = include_str!("../README.md")]

mod admin_key;
pub mod client;
pub mod errors;
pub mod explain;
pub mod export;
pub mod import;
pub mod keys;
pub mod output;
mod progress;
pub mod projects;
pub mod send;
mod table;
pub mod text;
mod tone;

use std::path::PathBuf;

use clap::Subcommand;

/// Where faultline is, how to get in, and how answers are shown.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Remote {
    /// Where faultline is [default: http://127.0.0.1:8787; of `dlq`, the data directory itself]
    #[arg(long, env = "FAULTLINE_URL", value_name = "URL", global = true)]
    pub url: Option<String>,
    /// A key of it [default: the admin key of the data directory, for a faultline on this machine]
    #[arg(long, env = "FAULTLINE_KEY", hide_env_values = true, value_name = "KEY", global = true)]
    pub key: Option<String>,
    /// The data directory to take the key from, if none is given
    #[arg(long, value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
    /// Print what the API answers, as one document of JSON
    #[arg(long, global = true)]
    pub json: bool,
}

/// The project that a command is about.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct InProject {
    /// The project [default: the one there is, if there is one]
    #[arg(long, short, env = "FAULTLINE_PROJECT", value_name = "NAME")]
    pub project: Option<String>,
}

/// A command that talks to a faultline, or to none.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the admin key of the data directory
    AdminKey,
    /// List, create, change and delete projects
    Projects {
        /// What to do
        #[command(subcommand)]
        command: projects::ProjectsCommand,
    },
    /// List, create, rotate, disable and delete keys
    Keys {
        /// What to do
        #[command(subcommand)]
        command: keys::KeysCommand,
    },
    /// Find, show and change errors, and watch for new ones
    Errors {
        /// What to do
        #[command(subcommand)]
        command: Box<errors::ErrorsCommand>,
    },
    /// Send a sample error
    Send(send::Send),
    /// Show why an event goes to which error
    Explain(explain::Explain),
    /// Write all occurrences of a project, or of one error, as lines of JSON
    Export(export::Export),
    /// Bring in what was exported, or what faultline v1 kept
    Import(import::Import),
}

/// Runs a command.
pub async fn run(command: Command, remote: &Remote) -> anyhow::Result<()> {
    match command {
        Command::AdminKey => admin_key::run(remote),
        Command::Projects { command } => projects::run(command, remote).await,
        Command::Keys { command } => keys::run(command, remote).await,
        Command::Errors { command } => errors::run(*command, remote).await,
        Command::Send(options) => send::run(options, remote).await,
        Command::Explain(options) => explain::run(&options),
        Command::Export(options) => export::run(options, remote).await,
        Command::Import(options) => import::run(options, remote).await,
    }
}
