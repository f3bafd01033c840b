//! A data directory that was restored from a backup.

use std::path::Path;

use anyhow::Context;
use embedded::Engines;
use store::dynamo::restored::{Purpose, RestoredTable};

use super::engines::{Clients, TABLE};
use super::stream::Stream;

/// Discards the notifications that were not sent yet when the backup of `dir` was made: most of them were sent after
/// it. Events in the inbox are kept. Returns for how many destinations something was discarded.
///
/// # Errors
/// Fails if the directory cannot be opened, for example because a process uses it, or cannot be written.
pub async fn forget_unsent(dir: &Path) -> anyhow::Result<usize> {
    let engines = Engines::open(dir)?;
    let Clients { dynamodb, .. } = Clients::of(&engines, |engine| engine);
    let table = RestoredTable::new(dynamodb, TABLE, Purpose::Errors { maximum: i64::MAX });
    let discarded = table.discard_waiting().await?;
    // What was not decided yet when the backup was made.
    let mut stream = Stream::open(engines.dynamo().stream(TABLE), Some(dir))?;
    loop {
        let records = stream.next().await?;
        let Some(last) = records.last() else { return Ok(discarded) };
        stream.taken(&last.number).context("cannot save the position in the table's stream")?;
    }
}
