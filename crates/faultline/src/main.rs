#![doc = include_str!("../README.md")]

mod args;
#[cfg(feature = "server")]
mod backup;
#[cfg(feature = "server")]
mod bench;
mod completions;
mod dlq;
#[cfg(feature = "server")]
mod restore_check;

use std::process::ExitCode;

use args::{Args, Command};
use clap::CommandFactory;
use cli::Remote;

/// The default log filter, if `FAULTLINE_LOG` is not set. s3s is off because it logs an error when an object does not
/// exist.
const LOG: &str = "warn,s3s=off";

/// mimalloc, because requests and batches allocate many small strings.
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

/// Turns off transparent huge pages for this process. The allocator asks for them, and one small allocation keeps a
/// whole huge page in use: that is a third of the memory in a storm. If they cannot be turned off, the process just
/// uses more memory.
fn without_huge_pages() {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

fn run(command: Command, remote: &Remote) -> anyhow::Result<()> {
    let log = tracing_subscriber::EnvFilter::try_from_env("FAULTLINE_LOG").unwrap_or_else(|_| LOG.into());
    // A log that cannot be written must not end the process: by default tracing then prints to stderr, and the print panics.
    let log = tracing_subscriber::fmt().with_env_filter(log).with_writer(std::io::stderr).log_internal_errors(false);
    log.init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            #[cfg(feature = "server")]
            Command::Serve(options) => server::serve::run(*options).await,
            Command::Remote(command) => cli::run(command, remote).await,
            Command::Dlq(options) => dlq::run(options, remote).await,
            #[cfg(feature = "server")]
            Command::Backup(options) => backup::back_up(&options, remote),
            #[cfg(feature = "server")]
            Command::Restore(options) => backup::restore(&options, remote).await,
            #[cfg(feature = "server")]
            Command::RestoreCheck(options) => restore_check::run(options, remote.json).await,
            #[cfg(feature = "server")]
            Command::Bench(options) => bench::run(options, remote).await,
            Command::Completions(options) => completions::run(&options, &mut Args::command()),
        }
    })
}
