//! The stream of a table as Lambda's poller sees it.

use std::sync::Arc;

use super::engine::Engine;
use super::operations::streams::{number, read, trimmed};
use super::refusal::DynamoRefusal;
use crate::Error;

/// The stream of a table, as an event-source mapping reads it: in order, filtered by keys, and without iterators.
#[derive(Clone)]
pub struct TableStream {
    engine: Arc<Engine>,
    table: String,
}

/// Records of a stream.
#[derive(Debug, Default)]
pub struct RecordBatch {
    /// The wanted records, in the JSON that a Lambda function gets.
    pub records: Vec<Vec<u8>>,
    /// The sequence number after which to continue. `None` if there was no record, wanted or not.
    pub last: Option<String>,
}

impl TableStream {
    pub(super) fn new(engine: Arc<Engine>, table: &str) -> Self {
        Self { engine, table: table.to_owned() }
    }

    /// Returns at most `limit` records that follow the one with the sequence number `after`: those for which `is_wanted`
    /// returns true, given the partition key and the sort key of the item. There may be more even if it returns none. If the record at `after` was
    /// trimmed, or if there is none, it begins with the oldest record.
    ///
    /// # Errors
    /// [`Error::Failed`] if the file cannot be read, or if the table or its stream does not exist.
    pub async fn next(
        &self,
        after: Option<&str>,
        limit: u32,
        is_wanted: fn(&[u8], &[u8]) -> bool,
    ) -> Result<RecordBatch, Error> {
        let failed = |refusal: DynamoRefusal| Error::failed("dynamo", refusal);
        let table = self.engine.table(&self.table).map_err(failed)?;
        let view = table.stream.as_ref().map(|stream| stream.view);
        let view = view.ok_or_else(|| Error::failed("dynamo", format!("the table {} has no stream", self.table)))?;
        let after: i64 = after.and_then(|after| after.parse().ok()).unwrap_or_default();
        let batch = self.engine.database.read(move |c| {
            let after = after.max(trimmed(c, table.id)?);
            let (records, last) = read(c, &table, view, after, limit, is_wanted)?;
            let records = records.iter().map(serde_json::to_vec).collect::<Result<_, _>>()?;
            Ok(RecordBatch { records, last: (last > after).then(|| number(last)) })
        });
        batch.await.map_err(failed)
    }
}

impl std::fmt::Debug for TableStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableStream").field("table", &self.table).finish_non_exhaustive()
    }
}
