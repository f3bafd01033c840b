//! `faultline errors`.

mod change;
mod find;
mod list;
mod show;
mod stack;
mod tail;

use anyhow::bail;
pub use change::{Assignment, Mute, Named, Resolution};
use clap::Subcommand;
pub use find::Filters;
pub(crate) use find::pages;
pub use list::ListOptions;
pub use show::Show;
pub use tail::Tail;

use super::client::Client;
use super::projects;
use super::text::shown;
use super::{InProject, Remote};

/// The commands of `faultline errors`. An error is named by its fingerprint, which `errors list` prints; or, if it came
/// through faultline's own API and not from a Sentry SDK, by its message.
#[derive(Debug, Clone, Subcommand)]
pub enum ErrorsCommand {
    /// Find errors, last seen first
    List(Box<ListOptions>),
    /// Show an error with the stack trace of its newest occurrence
    Show(Show),
    /// Mark errors as resolved: the next occurrence is a regression
    Resolve(Resolution),
    /// Reopen or unmute errors
    Unresolve(Named),
    /// Mute errors, for a time or until unmuted
    Mute(Mute),
    /// Assign errors
    Assign(Assignment),
    /// Delete errors with all their occurrences
    Delete {
        /// The errors to delete.
        #[command(flatten)]
        named: Named,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
    /// Watch for new errors and regressions, until Ctrl-C
    Tail(Tail),
}

pub(super) async fn run(command: ErrorsCommand, remote: &Remote) -> anyhow::Result<()> {
    match command {
        ErrorsCommand::List(options) => list::run(*options, remote).await,
        ErrorsCommand::Show(options) => show::run(options, remote).await,
        ErrorsCommand::Resolve(options) => change::resolve(options, remote).await,
        ErrorsCommand::Unresolve(named) => change::unresolve(named, remote).await,
        ErrorsCommand::Mute(options) => change::mute(options, remote).await,
        ErrorsCommand::Assign(options) => change::assign(options, remote).await,
        ErrorsCommand::Delete { named, yes } => change::delete(named, yes, remote).await,
        ErrorsCommand::Tail(options) => tail::run(options, remote).await,
    }
}

impl InProject {
    /// Returns the name that was given, or else the name of the only project that the key can see.
    pub(super) async fn name(&self, client: &Client) -> anyhow::Result<String> {
        if let Some(name) = &self.project {
            return Ok(name.clone());
        }
        let projects = projects::all(client).await?;
        let names: Vec<_> =
            projects["projects"].as_array().into_iter().flatten().map(|one| shown(&one["name"])).collect();
        match names.as_slice() {
            [] => bail!("there is no project yet: create one with `faultline projects create NAME`"),
            [only] => Ok(only.clone()),
            // A list of a thousand names would not help.
            [first, .., last] if names.len() > 20 => {
                bail!("choose one of {} projects, from {first} to {last}, with --project", names.len())
            }
            names => bail!("choose a project with --project: {}", names.join(", ")),
        }
    }
}
