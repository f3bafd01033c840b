//! `faultline bench`: measures the speed of faultline, or of another Sentry-compatible server under the same load.

mod report;
mod server;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use ::bench::{BenchTarget, EventForm, Likeness, Load, Outcome, Pace, Workload, process};
use anyhow::bail;
use clap::ValueEnum;
use report::{Report, Stored, Used};
use server::Server;

use cli::Remote;
use cli::output::Output;

/// Default number of connections with `--rate` (an open loop): enough that they are not the limit.
const OPEN_CONNECTIONS: u16 = 256;
/// Default number of connections without `--rate` (a closed loop).
const CLOSED_CONNECTIONS: u16 = 8;
/// How long to wait for a server to finish its work after its last answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Options of `faultline bench`.
///
/// Without `--dsn`, it starts its own `faultline serve` in a temporary directory.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Bench {
    /// How similar the events are
    #[arg(long, value_enum, default_value = "like")]
    pub workload: Likeness,
    /// Format of the requests
    #[arg(long, value_enum, default_value = "envelope")]
    pub form: EventForm,
    /// Number of different errors, unless every event is different
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub errors: u32,
    /// Size of a request body, in bytes
    #[arg(long, default_value_t = 3_000, value_name = "N", value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub bytes: u32,
    /// Maximum number of events to send
    #[arg(long, default_value_t = 40_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub events: u64,
    /// Maximum duration, in seconds
    #[arg(long, default_value_t = 30, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=600))]
    pub seconds: u64,
    /// Number of connections [default: 8; with --rate 256]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_024))]
    pub connections: Option<u16>,
    /// Send this many requests per second, whether the server keeps up or not, and measure latency from the time that a
    /// request was due [default: each connection sends its next request after an answer]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rate: Option<u32>,
    /// Send to the server with this DSN instead: any that speaks Sentry's protocol, on this machine only
    #[arg(long, value_name = "DSN")]
    pub dsn: Option<String>,
    /// Process id of that server, to measure its CPU and memory; can be repeated
    #[arg(long, value_name = "PID", requires = "dsn")]
    pub pid: Vec<u32>,
    /// Directory for temporary data, on the disk to measure [default: the system's temporary directory]
    #[arg(long, value_name = "DIR", conflicts_with = "dsn")]
    pub dir: Option<PathBuf>,
}

impl Bench {
    fn connections(&self) -> u16 {
        self.connections.unwrap_or(if self.rate.is_some() { OPEN_CONNECTIONS } else { CLOSED_CONNECTIONS })
    }

    fn load(&self, target: BenchTarget) -> anyhow::Result<Load> {
        // A new seed for each run: a server that is reused must not take the events for duplicates of earlier ones.
        let seed = u64::from(std::process::id()) << 32 | u64::from(since_1970().subsec_nanos());
        let workload = Workload::new(self.form, self.workload, self.errors, self.bytes as usize, seed)?;
        let pace = self.rate.map_or(Pace::Closed, |rate| Pace::Open { rate: rate.into() });
        let (connections, time) = (self.connections(), Duration::from_secs(self.seconds));
        Ok(Load { target, workload, pace, connections, events: self.events, time })
    }
}

/// Sends the load, and prints the report.
pub(crate) async fn run(options: Bench, remote: &Remote) -> anyhow::Result<()> {
    let measured = async {
        match &options.dsn {
            Some(dsn) => of_another(&options, dsn).await,
            None => of_faultline(&options).await,
        }
    };
    let report = tokio::select! {
        report = measured => report?,
        // Returning drops the server, which stops it and removes its directory.
        _ = tokio::signal::ctrl_c() => bail!("interrupted: nothing was measured"),
    };
    Output::of(remote).show(&serde_json::to_value(&report)?, |_| report.text())?;
    report.check()
}

/// Measures another server, from outside only.
async fn of_another(options: &Bench, dsn: &str) -> anyhow::Result<Report> {
    if options.form == EventForm::V1 {
        bail!("--form v1 uses faultline's own API, which needs more than a DSN: use `envelope` or `store` with --dsn");
    }
    let load = options.load(BenchTarget::of_dsn(dsn)?)?;
    if let Some(pid) = options.pid.iter().find(|&&pid| process::cpu(pid).is_none()) {
        bail!("process {pid} cannot be measured: --pid takes the id of a running process, on Linux only");
    }
    let cpu = || options.pid.iter().map(|&pid| process::cpu(pid)).sum::<Option<Duration>>().unwrap_or_default();
    let (started, before) = (Instant::now(), cpu());
    let outcome = load.run().await;
    let mut report = Report::new(options, outcome);
    if !options.pid.is_empty() {
        let idle = process::idle(&options.pid, started, PATIENCE).await;
        let memory = options.pid.iter().map(|&pid| process::peak_memory(pid)).sum();
        report.idle(idle.map(|(after, _)| after));
        report.used(Used { cpu: idle.map_or_else(cpu, |(_, cpu)| cpu).saturating_sub(before), memory });
    }
    Ok(report)
}

/// Starts a faultline, and measures it from outside and inside.
async fn of_faultline(options: &Bench) -> anyhow::Result<Report> {
    let mut server = Server::start(options.dir.as_deref())?;
    let target = BenchTarget::of_dsn(server.dsn())?;
    let target = if options.form == EventForm::V1 { target.named(server.project()) } else { target };
    let load = options.load(target)?;
    let (pid, started) = (server.pid(), Instant::now());
    let before = process::cpu(pid);
    let outcome = load.run().await;
    let stored = server.stored(&outcome, PATIENCE).await?;
    let took = started.elapsed();
    let cpu = process::cpu(pid).zip(before).map(|(now, before)| now.saturating_sub(before));
    let memory = process::peak_memory(pid);
    let kept = server.stop().await?;
    let mut report = Report::new(options, outcome);
    report.stored(Stored { events: stored, took, kept });
    if let Some(cpu) = cpu {
        report.used(Used { cpu, memory });
    }
    Ok(report)
}

fn since_1970() -> Duration {
    std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
}

/// Returns a choice's name on the command line.
fn name_of(choice: impl ValueEnum) -> String {
    choice.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
