//! The arguments of the command line.

use clap::{Parser, Subcommand};
use cli::Remote;

#[cfg(feature = "server")]
use crate::bench::Bench;
use crate::completions::Completions;
use crate::dlq::Dlq;
#[cfg(feature = "server")]
use crate::restore_check::RestoreCheck;

/// A self-hosted error tracker: groups errors, keeps every occurrence, counts exactly.
///
/// All commands except `serve`, `admin-key`, `explain`, `bench`, `completions`, `restore-check`, and `dlq` without `--url`,
/// call a running faultline, on this machine or deployed.
#[derive(Debug, Parser)]
#[command(name = "faultline", version)]
pub(crate) struct Args {
    /// The command; `serve` if none is given.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the whole system in this process
    #[cfg(feature = "server")]
    Serve(server::serve::Serve),
    /// Commands that need only a URL and a key.
    #[command(flatten)]
    Remote(cli::Command),
    /// List, show and redrive dead letters
    Dlq(Dlq),
    /// Check a DynamoDB table that was restored from a backup, and set what a restore loses
    #[cfg(feature = "server")]
    RestoreCheck(RestoreCheck),
    /// Measure the speed of faultline, or of another Sentry-compatible server, on this machine
    #[cfg(feature = "server")]
    Bench(Bench),
    /// Print a script for completion in a shell
    Completions(Completions),
}

impl Args {
    /// Parses the arguments of this process. Without a command they mean `serve`, if this build has it.
    pub(crate) fn read() -> Self {
        let args = Self::parse();
        match args.command {
            Some(_) => args,
            // All options of `serve` have defaults. A build without `serve` prints the help.
            None if cfg!(feature = "server") => {
                Self { command: Self::parse_from(["faultline", "serve"]).command, ..args }
            }
            None => Self::parse_from(["faultline", "--help"]),
        }
    }
}
