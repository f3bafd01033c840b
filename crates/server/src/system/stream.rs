//! Reads the table's stream, and saves how far it was read.

use std::path::{Path, PathBuf};

use anyhow::Context;
use embedded::dynamo::TableStream;
use notify::Record;

/// Maximum number of records in a batch, as in template.yaml.
const MAX_BATCH_RECORDS: u32 = 100;
/// Name of the file in the data directory that stores the position.
pub const POSITION_FILE: &str = "stream-position";

/// The table's stream, with the position up to which it was read.
#[derive(Debug)]
pub struct Stream {
    source: TableStream,
    /// Sequence number of the last record that was handled or is not for notify.
    position: Option<String>,
    /// The file that stores the position; `None` if all data is in memory.
    file: Option<PathBuf>,
}

impl Stream {
    /// Opens the stream after the last record that an earlier process handled.
    pub(super) fn open(source: TableStream, dir: Option<&Path>) -> anyhow::Result<Self> {
        let file = dir.map(|dir| dir.join(POSITION_FILE));
        let position = match &file {
            Some(file) => read_position(file)?,
            None => None,
        };
        Ok(Self { source, position, file })
    }

    /// Returns the next records that are for notify, in order; empty if there are none.
    pub async fn next(&mut self) -> anyhow::Result<Vec<Record>> {
        loop {
            let batch = self.source.next(self.position.as_deref(), MAX_BATCH_RECORDS, is_for_notify).await?;
            let records = batch.records.iter().map(|json| Record::parse(json)).collect::<Result<Vec<_>, _>>();
            let records = records.context("cannot read a record of the table's stream")?;
            if !records.is_empty() || batch.last.is_none() {
                return Ok(records);
            }
            // Not saved: at worst, the next start skips these records again.
            self.position = batch.last;
        }
    }

    /// Saves that all records up to `number` were handled. If this is not written any more, records are read again,
    /// which still sends each notification once.
    pub fn taken(&mut self, number: &str) -> std::io::Result<()> {
        self.position = Some(number.to_owned());
        match &self.file {
            Some(file) => embedded::replace_file(file, number.as_bytes()),
            None => Ok(()),
        }
    }
}

/// Reads the position that an earlier process saved. A damaged one counts as none, because a change that is read twice
/// still sends its notification once.
fn read_position(file: &Path) -> anyhow::Result<Option<String>> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => String::new(),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
    };
    let number = text.trim();
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        tracing::warn!(
            file = %file.display(),
            "the saved position in the table's stream is damaged: reading starts again from the oldest record"
        );
        return Ok(None);
    }
    Ok(Some(number.to_owned()))
}

/// The filter of template.yaml: errors, and the marks of limits that were reached. Whether a record is of a removed item,
/// notify sees itself.
fn is_for_notify(pk: &[u8], sk: &[u8]) -> bool {
    pk.starts_with(b"P#") && (sk.starts_with(b"E#") || sk == b"LIMITED")
}
