//! The streams of tables. Each has one shard, which is never closed.

use std::sync::Arc;

use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

use super::super::engine::Engine;
use super::super::refusal::{DynamoRefusal, RefusalKind};
use super::super::rows::{raw, text};
use super::super::table::{ItemKey, StreamView, Table};
use super::super::value::Item;
use crate::shared::REGION;

/// The only shard of each stream.
const SHARD: &str = "shardId-00000000000000000000-00000000";
/// DynamoDB's limit of the records in an answer.
const MAX_RECORDS: u32 = 1000;
/// How many records that are not wanted are skipped at once.
const SKIPPED_RECORDS: u32 = 1000;
/// DynamoDB's limit of the bytes in an answer.
const MAX_BYTES: usize = 1 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct ListStreams {
    table_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct DescribeStream {
    stream_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct GetShardIterator {
    stream_arn: String,
    shard_id: String,
    shard_iterator_type: IteratorType,
    sequence_number: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum IteratorType {
    TrimHorizon,
    Latest,
    AtSequenceNumber,
    AfterSequenceNumber,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct GetRecords {
    shard_iterator: String,
    limit: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Records {
    records: Vec<Record>,
    next_shard_iterator: String,
}

/// A record, as GetRecords answers it and as Lambda gets it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Record {
    #[serde(rename = "eventID")]
    event_id: String,
    event_name: &'static str,
    event_version: &'static str,
    event_source: &'static str,
    aws_region: &'static str,
    dynamodb: StreamRecord,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_identity: Option<Identity>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct StreamRecord {
    approximate_creation_date_time: f64,
    keys: Item,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_image: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_image: Option<Box<RawValue>>,
    sequence_number: String,
    size_bytes: usize,
    stream_view_type: StreamView,
}

/// Who made a change: given only for items whose time is over.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Identity {
    r#type: &'static str,
    principal_id: &'static str,
}

pub(super) fn list(engine: &Engine, request: ListStreams) -> Result<String, DynamoRefusal> {
    let tables = match request.table_name {
        Some(name) => vec![engine.table(&name)?],
        None => engine.tables(),
    };
    let streams = tables.iter().filter_map(|table| {
        let label = &table.stream.as_ref()?.label;
        Some(json!({ "StreamArn": table.stream_arn()?, "TableName": table.name, "StreamLabel": label }))
    });
    Ok(json!({ "Streams": streams.collect::<Vec<_>>() }).to_string())
}

pub(super) async fn describe(engine: &Arc<Engine>, request: DescribeStream) -> Result<String, DynamoRefusal> {
    let (table, view) = find(engine, &request.stream_arn)?;
    let label = table.stream.as_ref().map(|stream| stream.label.clone());
    let id = table.id;
    let oldest = engine.database.read(move |c| trimmed(c, id)).await? + 1;
    let range = json!({ "StartingSequenceNumber": number(oldest) });
    Ok(json!({ "StreamDescription": {
        "StreamArn": request.stream_arn,
        "StreamLabel": label,
        "StreamStatus": "ENABLED",
        "StreamViewType": view,
        "CreationRequestDateTime": table.created as f64 / 1000.0,
        "TableName": table.name,
        "KeySchema": table.keys.schema(),
        "Shards": [{ "ShardId": SHARD, "SequenceNumberRange": range }],
    } })
    .to_string())
}

pub(super) async fn iterator(engine: &Arc<Engine>, request: GetShardIterator) -> Result<String, DynamoRefusal> {
    let (table, _) = find(engine, &request.stream_arn)?;
    if request.shard_id != SHARD {
        let message = format!("Requested resource not found: Shard: {} not found", request.shard_id);
        return Err(DynamoRefusal::new(RefusalKind::ResourceNotFound, message));
    }
    let given = request.sequence_number.as_deref().map(|number| {
        number.parse::<i64>().map_err(|_| DynamoRefusal::validation(format!("Invalid SequenceNumber: {number}")))
    });
    let (kind, given) = (request.shard_iterator_type, given.transpose()?);
    let after = engine.database.read(move |c| {
        let trimmed = trimmed(c, table.id)?;
        let after = match (kind, given) {
            (IteratorType::TrimHorizon, None) => trimmed,
            (IteratorType::Latest, None) => {
                c.query_row("SELECT COALESCE(MAX(number), ?1) FROM records", [trimmed], |row| row.get(0))?
            }
            (IteratorType::AtSequenceNumber, Some(number)) => number - 1,
            (IteratorType::AfterSequenceNumber, Some(number)) => number,
            _ => return Err(DynamoRefusal::validation("SequenceNumber and ShardIteratorType do not belong together")),
        };
        match after < trimmed {
            true => Err(DynamoRefusal::new(
                RefusalKind::TrimmedDataAccess,
                "The operation attempted to read past the oldest stream record in a shard.",
            )),
            false => Ok(after),
        }
    });
    let iterator = format_iterator(&request.stream_arn, after.await?);
    Ok(json!({ "ShardIterator": iterator }).to_string())
}

pub(super) async fn records(engine: &Arc<Engine>, request: GetRecords) -> Result<String, DynamoRefusal> {
    let invalid = || DynamoRefusal::validation("Invalid ShardIterator: it does not come from GetShardIterator");
    let (arn, after) = request.shard_iterator.rsplit_once('|').ok_or_else(invalid)?;
    let after: i64 = after.parse().map_err(|_| invalid())?;
    let (table, view) = find(engine, arn)?;
    let limit = request.limit.unwrap_or(MAX_RECORDS);
    if !(1..=MAX_RECORDS).contains(&limit) {
        return Err(DynamoRefusal::validation(format!("Limit must be between 1 and {MAX_RECORDS}: {limit}")));
    }
    let arn = arn.to_owned();
    let answer = engine.database.read(move |c| {
        let (records, last) = read(c, &table, view, after, limit, |_, _| true)?;
        Ok::<_, DynamoRefusal>(Records { records, next_shard_iterator: format_iterator(&arn, last) })
    });
    Ok(serde_json::to_string(&answer.await?)?)
}

/// Reads at most `limit` records that follow `after`, and that have a key that is wanted. Returns them and the number of
/// the last one that was looked at.
pub(in super::super) fn read(
    c: &Connection,
    table: &Table,
    view: StreamView,
    after: i64,
    limit: u32,
    is_wanted: impl Fn(&[u8], &[u8]) -> bool,
) -> Result<(Vec<Record>, i64), DynamoRefusal> {
    let mut select = c.prepare_cached(
        "SELECT number, pk, sk, at, new, old, expired FROM records WHERE number > ?1 AND table_id = ?2
         ORDER BY number LIMIT ?3",
    )?;
    let mut rows = select.query(params![after, table.id, SKIPPED_RECORDS.saturating_add(limit)])?;
    let (mut records, mut last, mut bytes) = (Vec::new(), after, 0);
    while bytes < MAX_BYTES
        && records.len() < limit as usize
        && let Some(row) = rows.next()?
    {
        last = row.get(0)?;
        let key = |column| row.get_ref(column)?.as_blob().map_err(rusqlite::Error::from);
        if is_wanted(key(1)?, key(2)?) {
            let record = Record::read(row, table, view)?;
            bytes += record.dynamodb.size_bytes;
            records.push(record);
        }
    }
    Ok((records, last))
}

impl Record {
    fn read(row: &Row<'_>, table: &Table, view: StreamView) -> Result<Self, DynamoRefusal> {
        let sequence = row.get(0)?;
        let key = ItemKey { partition: text(row.get(1)?)?, sort: text(row.get(2)?)? };
        let (new, old): (Option<Vec<u8>>, Option<Vec<u8>>) = (row.get(4)?, row.get(5)?);
        let event_name = match (&old, &new) {
            (None, _) => "INSERT",
            (Some(_), Some(_)) => "MODIFY",
            (Some(_), None) => "REMOVE",
        };
        let has_new = matches!(view, StreamView::NewImage | StreamView::NewAndOldImages);
        let has_old = matches!(view, StreamView::OldImage | StreamView::NewAndOldImages);
        let images = [new.filter(|_| has_new), old.filter(|_| has_old)];
        let size_bytes = images.iter().flatten().map(Vec::len).sum::<usize>();
        let [new_image, old_image] = images.map(|image| image.map(raw).transpose());
        Ok(Self {
            event_id: format!("{sequence:032x}"),
            event_name,
            event_version: "1.1",
            event_source: "aws:dynamodb",
            aws_region: REGION,
            dynamodb: StreamRecord {
                approximate_creation_date_time: row.get::<_, i64>(3)? as f64 / 1000.0,
                keys: table.keys.attributes(&key),
                new_image: new_image?,
                old_image: old_image?,
                sequence_number: number(sequence),
                size_bytes,
                stream_view_type: view,
            },
            user_identity: row
                .get::<_, bool>(6)?
                .then_some(Identity { r#type: "Service", principal_id: "dynamodb.amazonaws.com" }),
        })
    }
}

/// The table of a stream.
fn find(engine: &Engine, arn: &str) -> Result<(Arc<Table>, StreamView), DynamoRefusal> {
    let of_stream = |table: &Arc<Table>| table.stream_arn().as_deref() == Some(arn);
    let table = engine.tables().into_iter().find(of_stream);
    table.and_then(|table| table.stream.as_ref().map(|stream| stream.view).map(|view| (table, view))).ok_or_else(|| {
        DynamoRefusal::new(
            RefusalKind::ResourceNotFound,
            format!("Requested resource not found: Stream: {arn} not found"),
        )
    })
}

/// The number of the newest record that was trimmed.
pub(in super::super) fn trimmed(c: &Connection, table: i64) -> Result<i64, DynamoRefusal> {
    Ok(c.query_row("SELECT trimmed FROM tables WHERE id = ?1", [table], |row| row.get(0))?)
}

/// A sequence number, with as many digits as DynamoDB's shortest ones, so that they sort as text.
pub(in super::super) fn number(number: i64) -> String {
    format!("{number:021}")
}

fn format_iterator(arn: &str, after: i64) -> String {
    format!("{arn}|{after}")
}
