//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// An error tracker of your own: groups errors, keeps every occurrence, counts exactly.
#[derive(Debug, Parser)]
#[command(name = "faultline", version)]
pub struct Args {
    /// What to do; `serve` if nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the whole system in this process
    Serve(Serve),
    /// Send a sample error
    Send(Send),
    /// Show why an event goes to which error
    Explain(Explain),
    /// What could not be digested, or told: list it, and bring it back after a fix
    Dlq(Dlq),
}

impl Default for Command {
    fn default() -> Self {
        // All options of `serve` have defaults or none.
        match Args::parse_from(["faultline", "serve"]).command {
            Some(serve) => serve,
            None => unreachable!("a subcommand was given"),
        }
    }
}

/// Options of `faultline serve`.
#[derive(Debug, Clone, clap::Args)]
pub struct Serve {
    /// Address and port to listen on; port 0 takes any that is free
    #[arg(long, default_value = "127.0.0.1:8787", value_name = "ADDRESS")]
    pub listen: SocketAddr,
    /// Directory to keep everything in [default: faultline in the user's data directory]
    #[arg(long, value_name = "DIR", conflicts_with = "memory")]
    pub data: Option<PathBuf>,
    /// Keep everything in memory: gone when the process ends
    #[arg(long)]
    pub memory: bool,
    /// The admin key [default: made at the first start and kept in the data directory]
    #[arg(long, env = "FAULTLINE_ADMIN_KEY", hide_env_values = true, value_name = "KEY")]
    pub admin_key: Option<String>,
    /// For how many days occurrences are kept
    #[arg(long, default_value_t = 90, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub retention_days: u32,
    /// Where people reach this: what messages link to [default: the address listened on]
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Further hosts that notifications may go to, besides Slack, GitHub, GitLab, Discord and Teams: HOST, HOST:PORT or
    /// *.DOMAIN
    #[arg(long, value_name = "HOST", value_delimiter = ',')]
    pub allow_destination: Vec<String>,
    /// Let notifications go to this machine, also by http: for trying things out
    #[arg(long)]
    pub allow_loopback_destinations: bool,
    /// When ready, print one line of JSON: url, adminKey, project, dsn, clientKey
    #[arg(long)]
    pub json: bool,
}

/// Options of `faultline explain`.
#[derive(Debug, Clone, clap::Args)]
pub struct Explain {
    /// File with a Sentry event as JSON, or an envelope; `-` reads standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Options of `faultline send`.
#[derive(Debug, Clone, clap::Args)]
pub struct Send {
    /// Where faultline is
    #[arg(long, env = "FAULTLINE_URL", default_value = "http://127.0.0.1:8787", value_name = "URL")]
    pub url: String,
    /// A client or admin key [default: the admin key of the local data directory]
    #[arg(long, env = "FAULTLINE_KEY", hide_env_values = true, value_name = "KEY")]
    pub key: Option<String>,
    /// Data directory to take the key from, if none is given
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The project
    #[arg(long, default_value = "sample", value_name = "NAME")]
    pub project: String,
    /// The error's message
    #[arg(long, default_value = "A sample error, sent by `faultline send`", value_name = "TEXT")]
    pub message: String,
}

/// Options of `faultline dlq`.
#[derive(Debug, Clone, clap::Args)]
pub struct Dlq {
    /// What to do with the dead letters
    #[command(subcommand)]
    pub command: DlqCommand,
    /// Where faultline is [default: nowhere; the data directory is opened, and must not be in use]
    #[arg(long, env = "FAULTLINE_URL", value_name = "URL", global = true)]
    pub url: Option<String>,
    /// An admin key for the URL [default: the admin key of the local data directory]
    #[arg(long, env = "FAULTLINE_KEY", hide_env_values = true, value_name = "KEY", global = true)]
    pub key: Option<String>,
    /// Data directory to open, or to take the key from
    #[arg(long, value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
    /// Notifications that could not be told, instead of events that could not be digested
    #[arg(long, global = true)]
    pub notices: bool,
}

/// What to do with the dead letters.
#[derive(Debug, Clone, Subcommand)]
pub enum DlqCommand {
    /// List them, up to 1,000; of notifications 100
    List,
    /// Show one
    Show {
        /// Its id
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Put them back, to be digested or told again
    Redrive {
        /// Their ids; all if none is given
        #[arg(value_name = "ID")]
        ids: Vec<String>,
    },
}
