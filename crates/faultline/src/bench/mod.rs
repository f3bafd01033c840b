//! `faultline bench`: how fast it is, here; or how fast another server of Sentry's protocol is, under the same load.

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

/// How many connections an open loop has, if nothing is said: enough that they are no limit.
const OPEN_CONNECTIONS: u16 = 256;
const CLOSED_CONNECTIONS: u16 = 8;
/// How long a server may work on after its last answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Options of `faultline bench`.
///
/// Starts a `faultline serve` of its own in a temporary directory, unless it is told where else to send.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Bench {
    /// How like each other events are
    #[arg(long, value_enum, default_value = "like")]
    pub workload: Likeness,
    /// The form they are sent in
    #[arg(long, value_enum, default_value = "envelope")]
    pub form: EventForm,
    /// Of how many errors they are, if they are not all different
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub errors: u32,
    /// The size of a body, in bytes
    #[arg(long, default_value_t = 3_000, value_name = "N", value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub bytes: u32,
    /// How many events are sent at the most
    #[arg(long, default_value_t = 40_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub events: u64,
    /// For how many seconds they are sent at the most
    #[arg(long, default_value_t = 30, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=600))]
    pub seconds: u64,
    /// How many connections there are [default: 8; with --rate 256]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_024))]
    pub connections: Option<u16>,
    /// Send so many a second, whether the server keeps up or not, and count an answer's time from when its request was to
    /// be sent [default: one after the other on each connection]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rate: Option<u32>,
    /// Send to this server instead, by its DSN: any that speaks Sentry's protocol, on this machine only
    #[arg(long, value_name = "DSN")]
    pub dsn: Option<String>,
    /// Its process, whose CPU and memory are measured; may be given several times
    #[arg(long, value_name = "PID", requires = "dsn")]
    pub pid: Vec<u32>,
    /// Where the temporary directory is made: on the disk that is to be measured [default: the system's place for such]
    #[arg(long, value_name = "DIR", conflicts_with = "dsn")]
    pub dir: Option<PathBuf>,
}

impl Bench {
    fn connections(&self) -> u16 {
        self.connections.unwrap_or(if self.rate.is_some() { OPEN_CONNECTIONS } else { CLOSED_CONNECTIONS })
    }

    fn load(&self, target: BenchTarget) -> anyhow::Result<Load> {
        // Another seed each time: a server that is used again must not take the events for old ones.
        let seed = u64::from(std::process::id()) << 32 | u64::from(since_1970().subsec_nanos());
        let workload = Workload::new(self.form, self.workload, self.errors, self.bytes as usize, seed)?;
        let pace = self.rate.map_or(Pace::Closed, |rate| Pace::Open { rate: rate.into() });
        let (connections, time) = (self.connections(), Duration::from_secs(self.seconds));
        Ok(Load { target, workload, pace, connections, events: self.events, time })
    }
}

/// Sends the load, and prints what was seen.
pub(crate) async fn run(options: Bench, remote: &Remote) -> anyhow::Result<()> {
    let measured = async {
        match &options.dsn {
            Some(dsn) => of_another(&options, dsn).await,
            None => of_faultline(&options).await,
        }
    };
    let report = tokio::select! {
        report = measured => report?,
        // So that the server ends, and its directory is removed.
        _ = tokio::signal::ctrl_c() => bail!("interrupted: nothing was measured"),
    };
    Output::of(remote).show(&serde_json::to_value(&report)?, |_| report.text())?;
    report.check()
}

/// Of a server whose inside is not known.
async fn of_another(options: &Bench, dsn: &str) -> anyhow::Result<Report> {
    if options.form == EventForm::V1 {
        bail!("--form v1 is faultline's own API, for which a DSN is not enough: use `envelope` or `store` with --dsn");
    }
    let load = options.load(BenchTarget::of_dsn(dsn)?)?;
    if let Some(pid) = options.pid.iter().find(|&&pid| process::cpu(pid).is_none()) {
        bail!("nothing is known of a process {pid}: --pid takes the number of one that runs, on Linux");
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

/// Of a faultline that is started for it, and looked into.
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

/// A choice by its name on the command line.
fn name_of(choice: impl ValueEnum) -> String {
    choice.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
