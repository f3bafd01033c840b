//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};
use http_common::{BaseUrl, TrustedProxies};

use crate::cli::Remote;
use crate::cli::bench::Bench;
use crate::cli::completions::Completions;
use crate::cli::dlq::Dlq;
use crate::cli::errors::Errors;
use crate::cli::explain::Explain;
use crate::cli::export::Export;
use crate::cli::import::Import;
use crate::cli::keys::Keys;
use crate::cli::projects::Projects;
use crate::cli::send::Send;

/// An error tracker of your own: groups errors, keeps every occurrence, counts exactly.
///
/// All commands but `serve`, `admin-key`, `explain` and `bench` talk to a running faultline, here or deployed.
#[derive(Debug, Parser)]
#[command(name = "faultline", version)]
pub struct Args {
    /// What to do; `serve` if nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Where, and how to get in.
    #[command(flatten)]
    pub remote: Remote,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the whole system in this process
    Serve(Serve),
    /// Print the admin key of the data directory
    AdminKey,
    /// List, create, change and delete projects
    Projects {
        /// What to do
        #[command(subcommand)]
        command: Projects,
    },
    /// List, create, rotate, disable and delete keys
    Keys {
        /// What to do
        #[command(subcommand)]
        command: Keys,
    },
    /// Find, show and change errors, and watch for new ones
    Errors {
        /// What to do
        #[command(subcommand)]
        command: Box<Errors>,
    },
    /// Send a sample error
    Send(Send),
    /// Show why an event goes to which error
    Explain(Explain),
    /// Write all occurrences of a project, or of one error, as lines of JSON
    Export(Export),
    /// Bring in what was exported, or what faultline v1 kept
    Import(Import),
    /// What could not be digested, or told: list it, and bring it back after a fix
    Dlq(Dlq),
    /// Measure how fast it is, or another server of Sentry's protocol, on this machine
    Bench(Bench),
    /// Print what a shell needs to complete words
    Completions(Completions),
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
    /// The admin key, at least 16 characters [default: made at the first start and kept in the data directory]
    #[arg(long, env = "FAULTLINE_ADMIN_KEY", hide_env_values = true, value_name = "KEY")]
    pub admin_key: Option<String>,
    /// For how many days occurrences are kept
    #[arg(long, default_value_t = 90, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub retention_days: u32,
    /// The address that people and SDKs reach this by, such as `https://errors.example`: for links, DSNs and cookies
    /// [default: the address listened on]
    #[arg(long, value_name = "URL")]
    pub public_url: Option<BaseUrl>,
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
    /// What clients may take.
    #[command(flatten)]
    pub network: Network,
}

/// Options of `faultline serve` that limit what clients may take.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Limits for clients")]
pub struct Network {
    /// An address or network (10.0.0.0/8) of a reverse proxy, whose X-Forwarded-For and X-Forwarded-Proto are believed;
    /// may be repeated. No proxy is trusted otherwise, not even on this machine
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    pub trusted_proxy: Vec<TrustedProxies>,
    /// Seconds that the headers of a request may take, from their first byte
    #[arg(long, default_value = "15", value_name = "SECONDS", value_parser = seconds)]
    pub header_timeout: Duration,
    /// Seconds that the body of a request may take
    #[arg(long, default_value = "60", value_name = "SECONDS", value_parser = seconds)]
    pub body_timeout: Duration,
    /// Seconds that a connection may be idle between requests, or its client may take nothing of an answer
    #[arg(long, default_value = "75", value_name = "SECONDS", value_parser = seconds)]
    pub idle_timeout: Duration,
    /// Connections open at once; beyond it the one that waited longest is closed [default: 1024, or what the limit of
    /// open files allows]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub max_connections: Option<u32>,
    /// MiB that request bodies may take together while they arrive, beyond the first 64 KiB of each
    #[arg(long, default_value_t = 64, value_name = "MIB", value_parser = clap::value_parser!(u32).range(8..=65_536))]
    pub body_memory: u32,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a number of seconds from 0.1 to 86400");
    let seconds: f64 = text.parse().map_err(|_| wrong())?;
    (0.1..=86_400.0).contains(&seconds).then(|| Duration::from_secs_f64(seconds)).ok_or_else(wrong)
}
