//! `faultline errors`

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

/// What to do with errors. They are named by fingerprint or, those of v1's clients, by message.
#[derive(Debug, Clone, Subcommand)]
pub enum ErrorsCommand {
    /// Find errors, last seen first
    List(Box<ListOptions>),
    /// Show one, with the stack of its newest occurrence
    Show(Show),
    /// Say that errors are mended: the next occurrence is a regression
    Resolve(Resolution),
    /// Say that errors still matter
    Unresolve(Named),
    /// Hear nothing of errors, for a while or for ever
    Mute(Mute),
    /// Say who looks after errors
    Assign(Assignment),
    /// Delete errors, with all their occurrences
    Delete {
        /// Which
        #[command(flatten)]
        named: Named,
        /// Do not ask
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
    /// Its name: the one given, else that of the only one the key can see.
    pub(super) async fn name(&self, client: &Client) -> anyhow::Result<String> {
        if let Some(name) = &self.project {
            return Ok(name.clone());
        }
        let projects = projects::all(client).await?;
        let names: Vec<_> =
            projects["projects"].as_array().into_iter().flatten().map(|one| shown(&one["name"])).collect();
        match names.as_slice() {
            [] => bail!("there is no project yet: make one by `faultline projects create NAME`"),
            [only] => Ok(only.clone()),
            // A thousand names help nobody.
            [first, .., last] if names.len() > 20 => {
                bail!("which of the {} projects, from {first} to {last}? say so with --project", names.len())
            }
            names => bail!("which project? say so with --project: {}", names.join(", ")),
        }
    }
}
