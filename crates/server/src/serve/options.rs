//! Options of `faultline serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use http_common::{BaseUrl, TrustedProxies};

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
