//! Options of `faultline serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use http_common::{BaseUrl, TrustedProxies};

use crate::smtp::SmtpUrl;

/// Options of `faultline serve`.
#[derive(Debug, Clone, clap::Args)]
pub struct Serve {
    /// Address and port to listen on; port 0 chooses a free port
    #[arg(long, default_value = "127.0.0.1:8787", value_name = "ADDRESS")]
    pub listen: SocketAddr,
    /// Directory for all data; other commands need the same `--data` to find the key [default: faultline in the user's
    /// data directory]
    #[arg(long, env = "FAULTLINE_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Keep all data in memory, also if FAULTLINE_DATA is set; it is lost when the process ends
    #[arg(long)]
    pub memory: bool,
    /// Admin key, at least 16 characters [default: created at the first start and saved in the data directory]
    #[arg(long, env = "FAULTLINE_ADMIN_KEY", hide_env_values = true, value_name = "KEY")]
    pub admin_key: Option<String>,
    /// Days to keep occurrences
    #[arg(long, default_value_t = 90, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub retention_days: u32,
    /// URL at which people and SDKs reach this server, as in `https://errors.example`; used in links, DSNs and cookies
    /// [default: the address listened on]
    #[arg(long, value_name = "URL")]
    pub public_url: Option<BaseUrl>,
    /// Additional hosts that notifications may be sent to, besides Slack, GitHub, GitLab, Discord, Teams, PagerDuty,
    /// Opsgenie and incident.io: HOST, HOST:PORT or *.DOMAIN
    #[arg(long, value_name = "HOST", value_delimiter = ',')]
    pub allow_destination: Vec<String>,
    /// Allow notifications to this machine, also over http; meant for testing
    #[arg(long)]
    pub allow_loopback_destinations: bool,
    /// SMTP server for email notifications, with its credentials: smtps://USER:PASSWORD@HOST, or smtp://… with STARTTLS;
    /// needs --email-from
    #[arg(long, env = "FAULTLINE_SMTP_URL", hide_env_values = true, value_name = "URL")]
    pub smtp_url: Option<SmtpUrl>,
    /// Sender of email notifications: name@host, or Name <name@host>
    #[arg(long, env = "FAULTLINE_EMAIL_FROM", value_name = "ADDRESS")]
    pub email_from: Option<String>,
    /// PEM file with the certificate of an authority that the SMTP server's certificate is checked against, besides the
    /// public ones
    #[arg(long, value_name = "FILE", requires = "smtp_url")]
    pub smtp_ca: Option<PathBuf>,
    /// When ready, print one line of JSON with url, adminKey, project, dsn and clientKey
    #[arg(long)]
    pub json: bool,
    /// Limits for clients.
    #[command(flatten)]
    pub network: Network,
}

/// Options of `faultline serve` that limit the time, connections and memory of clients.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Limits for clients")]
pub struct Network {
    /// Address or network (10.0.0.0/8) of a reverse proxy whose X-Forwarded-For and X-Forwarded-Proto are trusted; can
    /// be repeated. By default no proxy is trusted, not even on this machine
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    pub trusted_proxy: Vec<TrustedProxies>,
    /// Seconds for the headers of a request to arrive, from their first byte
    #[arg(long, default_value = "15", value_name = "SECONDS", value_parser = seconds)]
    pub header_timeout: Duration,
    /// Seconds for the body of a request to arrive
    #[arg(long, default_value = "60", value_name = "SECONDS", value_parser = seconds)]
    pub body_timeout: Duration,
    /// Seconds that a connection may be idle between requests, or that a client may read nothing of an answer
    #[arg(long, default_value = "75", value_name = "SECONDS", value_parser = seconds)]
    pub idle_timeout: Duration,
    /// Maximum number of open connections; at the limit, the one that has waited longest is closed [default: 1024, or
    /// what the limit of open files allows]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub max_connections: Option<u32>,
    /// Memory in MiB for all request bodies that are arriving, beyond the first 64 KiB of each
    #[arg(long, default_value_t = 64, value_name = "MIB", value_parser = clap::value_parser!(u32).range(8..=65_536))]
    pub body_memory: u32,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a number of seconds from 0.1 to 86400");
    let seconds: f64 = text.parse().map_err(|_| wrong())?;
    (0.1..=86_400.0).contains(&seconds).then(|| Duration::from_secs_f64(seconds)).ok_or_else(wrong)
}
