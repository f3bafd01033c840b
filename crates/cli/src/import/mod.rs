//! `faultline import`: what `faultline export` wrote, and what faultline v1 kept in S3.
//!
//! Both become occurrences in faultline's own form, with the times at which they happened and the ids that they have; one
//! of v1, which has none, gets its id from the key of its S3 object. So an import may be repeated, after a failure or at
//! will: what is there is counted once.

mod batch;
mod lines;
mod state;
mod v1;

use std::path::PathBuf;

use anyhow::bail;
use batch::ImportBatch;
use serde_json::json;

use super::Remote;
use super::client::Client;
use super::output::Output;

/// Options of `faultline import`.
#[derive(Debug, Clone, clap::Args)]
pub struct Import {
    /// What is there: lines of JSON, as `faultline export` writes them, or the S3 bucket of a faultline v1, copied by
    /// `aws s3 sync s3://BUCKET DIR`
    #[arg(long, value_enum, default_value_t = From::Ndjson)]
    from: From,
    /// The file with the lines (`-` reads standard input), or the directory with the copy
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Bring all into this project [default: into those that it came from]
    #[arg(long, short, value_name = "NAME")]
    project: Option<String>,
}

/// The form of what is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum From {
    /// Lines of JSON, as `faultline export` writes them
    Ndjson,
    /// The S3 bucket of a faultline v1, in a directory
    V1,
}

/// Imports all that can be, and says of everything else where it stands and what is wrong with it.
pub(super) async fn run(options: Import, remote: &Remote) -> anyhow::Result<()> {
    let client = Client::of(remote)?.patient();
    let mut batch = ImportBatch::new(&client, options.project.clone());
    let read = match options.from {
        From::Ndjson => lines::read(&options.path, &mut batch).await,
        From::V1 => v1::read(&options.path, &mut batch).await,
    };
    let (imported, restored, failed) = batch.finish();
    if let Err(error) = read {
        return Err(error.context(format!("{imported} were imported; repeat it to go on, nothing is counted twice")));
    }
    Output::of(remote).show(&json!({ "imported": imported, "restored": restored, "failed": failed }), |_| {
        let errors = match restored {
            0 => String::new(),
            some => format!("\nrestored status, assignee, comments and merges of {some} errors"),
        };
        format!("imported {imported} occurrences; they are listed when they are processed{errors}")
    })?;
    match failed {
        0 => Ok(()),
        failed => bail!("{failed} could not be imported: see above"),
    }
}
