//! The command line.

use clap::{Parser, Subcommand};
use cli::Remote;

#[cfg(feature = "server")]
use crate::bench::Bench;
use crate::completions::Completions;
use crate::dlq::Dlq;

/// An error tracker of your own: groups errors, keeps every occurrence, counts exactly.
///
/// All commands but `serve`, `admin-key`, `explain` and `bench` talk to a running faultline, here or deployed.
#[derive(Debug, Parser)]
#[command(name = "faultline", version)]
pub(crate) struct Args {
    /// What to do; `serve` if nothing is said.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Where, and how to get in.
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the whole system in this process
    #[cfg(feature = "server")]
    Serve(server::serve::Serve),
    /// Commands that only need an address and a key.
    #[command(flatten)]
    Remote(cli::Command),
    /// What could not be processed, or told: list it, and bring it back after a fix
    Dlq(Dlq),
    /// Measure how fast it is, or another server of Sentry's protocol, on this machine
    #[cfg(feature = "server")]
    Bench(Bench),
    /// Print what a shell needs to complete words
    Completions(Completions),
}

impl Args {
    /// The arguments of this process. Without a command they mean `serve`, if this build has it.
    pub(crate) fn read() -> Self {
        let args = Self::parse();
        match args.command {
            Some(_) => args,
            // All options of `serve` have defaults. A build without it prints its help.
            None if cfg!(feature = "server") => {
                Self { command: Self::parse_from(["faultline", "serve"]).command, ..args }
            }
            None => Self::parse_from(["faultline", "--help"]),
        }
    }
}
