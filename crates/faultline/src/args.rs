//! The arguments of the command line.

use std::ffi::OsString;

use clap::builder::Resettable;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use cli::Remote;

#[cfg(feature = "server")]
use crate::backup::{BackUp, Restore};
#[cfg(feature = "server")]
use crate::bench::Bench;
use crate::completions::Completions;
use crate::dlq::Dlq;
#[cfg(feature = "server")]
use crate::restore_check::RestoreCheck;

/// The version. `packaging/release` sets the variable, to add the commit.
const VERSION: &str = match option_env!("FAULTLINE_VERSION") {
    Some(version) => version,
    None => env!("CARGO_PKG_VERSION"),
};

/// A self-hosted error tracker: groups errors, keeps every occurrence, counts exactly.
///
/// All commands except `serve`, `admin-key`, `explain`, `backup`, `restore`, `bench`, `completions`, `restore-check`, and
/// `dlq` without `--url`, call a running faultline, on this machine or deployed.
#[derive(Debug, Parser)]
#[command(name = "faultline", version = VERSION)]
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
    Serve(Box<server::serve::Serve>),
    /// Commands that need only a URL and a key.
    #[command(flatten)]
    Remote(cli::Command),
    /// List, show and redrive dead letters
    Dlq(Dlq),
    /// Back up the data directory, also while `serve` uses it
    #[cfg(feature = "server")]
    Backup(BackUp),
    /// Restore a backup into an empty data directory
    #[cfg(feature = "server")]
    Restore(Restore),
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
        let args = Self::parse_all(std::env::args_os().collect());
        match args.command {
            Some(_) => args,
            // All options of `serve` have defaults. A build without `serve` prints the help.
            None if cfg!(feature = "server") => {
                Self { command: Self::parse_all(["faultline", "serve"].map(Into::into).to_vec()).command, ..args }
            }
            None => Self::parse_from(["faultline", "--help"]),
        }
    }

    /// Parses arguments, or prints why they are wrong and exits.
    fn parse_all(arguments: Vec<OsString>) -> Self {
        let mut command = without_empty_variables(Self::command());
        let matches = command.try_get_matches_from_mut(arguments).unwrap_or_else(|error| error.exit());
        if let Some(("serve", serve)) = matches.subcommand()
            && serve.get_flag("memory")
            && is_typed(serve, "data")
        {
            // Not clap's `conflicts_with`: `--memory` may be used although the environment names a directory.
            let text = "`--memory` keeps no data in a directory: leave out `--data`";
            command.error(ErrorKind::ArgumentConflict, text).exit();
        }
        let mut args = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        args.remote.names_data = is_typed(&matches, "data");
        args
    }
}

/// Whether the option was given on the command line, and not by the environment.
fn is_typed(matches: &ArgMatches, option: &str) -> bool {
    matches.value_source(option) == Some(ValueSource::CommandLine)
}

/// Ignores environment variables that are set but empty, as scripts and containers leave them.
fn without_empty_variables(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|option| {
        let variable = option.get_env().and_then(std::env::var_os);
        if variable.is_some_and(|value| value.is_empty()) { option.env(Resettable::Reset) } else { option }
    });
    let names: Vec<_> = command.get_subcommands().map(|one| one.get_name().to_owned()).collect();
    names.into_iter().fold(command, |command, name| command.mut_subcommand(name, without_empty_variables))
}
