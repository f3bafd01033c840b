//! `faultline import`: imports files that `faultline export` wrote, projects of other trackers, and the S3 bucket of
//! faultline v1.
//!
//! All are sent as occurrences in faultline's own form, with their original times and ids. An occurrence of v1 has no
//! id; it gets one from the key of its S3 object. So an import can be repeated, after a failure or at will: occurrences
//! that exist are not counted again.

mod batch;
mod bugsink;
mod issue_state;
mod issues;
mod lines;
mod sentry;
mod state;
mod tracker_api;
mod v1;

use std::path::PathBuf;

use anyhow::bail;
use batch::ImportBatch;
use bugsink::BugsinkProject;
use sentry::SentryProject;
use serde_json::json;

use super::Remote;
use super::client::Client;
use super::output::Output;
use super::text::counted;

/// Options of `faultline import`.
#[derive(Debug, Clone, clap::Args)]
pub struct Import {
    /// Where the input comes from: lines of JSON, as `faultline export` writes them; a project of Sentry, GlitchTip or
    /// Bugsink; or the S3 bucket of a faultline v1, copied with `aws s3 sync s3://BUCKET DIR`
    #[arg(long, value_enum, default_value_t = From::Ndjson)]
    from: From,
    /// File with the lines (`-` reads standard input), directory with the copied bucket, or address of the project:
    /// `https://sentry.io/ORGANIZATION/PROJECT` with a token in SENTRY_AUTH_TOKEN, `https://bugsink.example/NUMBER` with a
    /// token in BUGSINK_TOKEN
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Import everything into this project [default: the projects that the occurrences came from]
    #[arg(long, short, value_name = "NAME")]
    project: Option<String>,
    /// Import up to this many events of each issue of another tracker, the newest first
    #[arg(long, default_value = "100", value_name = "N", value_parser = events)]
    events: usize,
}

/// Format of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum From {
    /// Lines of JSON, as `faultline export` writes them
    Ndjson,
    /// A project of Sentry or GlitchTip, by its web API
    Sentry,
    /// A project of Bugsink, by its API
    Bugsink,
    /// The S3 bucket of a faultline v1, in a directory
    V1,
}

/// Imports all valid occurrences. Reports the place and the problem of each of the others.
pub(super) async fn run(options: Import, remote: &Remote) -> anyhow::Result<()> {
    let client = Client::of(remote)?.patient();
    let mut batch = ImportBatch::new(&client, options.project.clone());
    let read = match options.from {
        From::Ndjson => lines::read(&options.path, &mut batch).await,
        From::Sentry => {
            let project = SentryProject::new(&options.path.to_string_lossy())?;
            issues::import(project, options.events, &mut batch).await
        }
        From::Bugsink => match &options.project {
            Some(into) => {
                let project = BugsinkProject::new(&options.path.to_string_lossy(), into)?;
                issues::import(project, options.events, &mut batch).await
            }
            None => bail!("--project is missing: a project of Bugsink has a number, so name the one to import into"),
        },
        From::V1 => v1::read(&options.path, &mut batch).await,
    };
    let (imported, restored, failed) = batch.finish();
    if let Err(error) = read {
        return Err(error.context(format!(
            "{} imported; run the import again to continue, nothing is counted twice",
            counted(imported, "occurrence")
        )));
    }
    Output::of(remote).show(&json!({ "imported": imported, "restored": restored, "failed": failed }), |_| {
        let errors = match restored {
            0 => String::new(),
            some => format!("\nrestored status, assignee, comments and merges of {}", counted(some, "error")),
        };
        format!("imported {}, which appear once processed{errors}", counted(imported, "occurrence"))
    })?;
    match failed {
        0 => Ok(()),
        failed => bail!("{failed} could not be imported: see above"),
    }
}

/// Reads the option for the number of events of each issue.
fn events(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=100_000) => Ok(number),
        _ => Err(format!("`{text}` is not a number from 1 to 100,000")),
    }
}
