//! The commands that talk to a faultline, here or deployed: by its API, with a URL and a key.

mod admin_key;
pub mod bench;
mod client;
pub mod completions;
pub mod dlq;
pub mod errors;
pub mod explain;
pub mod export;
pub mod import;
pub mod keys;
mod output;
mod progress;
pub mod projects;
pub mod send;
mod table;
mod text;

use std::path::PathBuf;

pub use output::{complain, is_closed_pipe};

use crate::args::Command;

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

/// Runs a command.
pub async fn run(command: Command, remote: &Remote) -> anyhow::Result<()> {
    match command {
        Command::Serve(options) => crate::serve::run(options).await,
        Command::AdminKey => admin_key::run(remote),
        Command::Projects { command } => projects::run(command, remote).await,
        Command::Keys { command } => keys::run(command, remote).await,
        Command::Errors { command } => errors::run(*command, remote).await,
        Command::Send(options) => send::run(options, remote).await,
        Command::Explain(options) => explain::run(&options),
        Command::Export(options) => export::run(options, remote).await,
        Command::Import(options) => import::run(options, remote).await,
        Command::Bench(options) => bench::run(options, remote).await,
        Command::Dlq(options) => dlq::run(options, remote).await,
        Command::Completions(options) => completions::run(&options),
    }
}
