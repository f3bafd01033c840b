#![doc = include_str!("../README.md")]

mod args;
#[cfg(feature = "server")]
mod bench;
mod completions;
mod dlq;

use std::process::ExitCode;

use args::{Args, Command};
use clap::CommandFactory;
use cli::Remote;

/// What is logged unless `FAULTLINE_LOG` says otherwise. s3s calls it an error when an object is not there.
const LOG: &str = "warn,s3s=off";

/// Requests and batches are made of many small texts.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    without_huge_pages();
    let Args { command, remote } = Args::read();
    let Some(command) = command else { return ExitCode::SUCCESS };
    match run(command, &remote) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if cli::output::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            cli::output::complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// The allocator asks for huge pages, and what lives in one for a moment keeps all of it: a third of the memory that a
/// storm takes. Where they cannot be turned off, it takes more.
fn without_huge_pages() {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

fn run(command: Command, remote: &Remote) -> anyhow::Result<()> {
    let log = tracing_subscriber::EnvFilter::try_from_env("FAULTLINE_LOG").unwrap_or_else(|_| LOG.into());
    tracing_subscriber::fmt().with_env_filter(log).with_writer(std::io::stderr).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            #[cfg(feature = "server")]
            Command::Serve(options) => server::serve::run(options).await,
            Command::Remote(command) => cli::run(command, remote).await,
            Command::Dlq(options) => dlq::run(options, remote).await,
            #[cfg(feature = "server")]
            Command::Bench(options) => bench::run(options, remote).await,
            Command::Completions(options) => completions::run(&options, &mut Args::command()),
        }
    })
}
