//! Reads the table's stream, and saves how far it was read.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::error::ProvideErrorMetadata;
use aws_sdk_dynamodbstreams::types::{AttributeValue as Image, Record as Streamed, ShardIteratorType};
use notify::Record;

/// Maximum number of records in a batch, as in template.yaml.
const MAX_BATCH_RECORDS: i32 = 100;
/// Name of the file in the data directory that stores the position.
pub const POSITION_FILE: &str = "stream-position";

/// The table's stream, with the position up to which it was read.
#[derive(Debug)]
pub struct Stream {
    client: Client,
    arn: String,
    /// The stream's only shard. The embedded engine never closes it. Describing the stream for each batch would read
    /// all records of a day each time.
    shard: String,
    /// Sequence number of the last record that was handled.
    position: Option<String>,
    /// The file that stores the position; `None` if all data is in memory.
    file: Option<PathBuf>,
}

impl Stream {
    /// Opens the stream of `table` after the last record that an earlier process handled.
    pub(super) async fn open(client: Client, table: &str, dir: Option<&Path>) -> anyhow::Result<Self> {
        let streams = client.list_streams().table_name(table).send().await.context("cannot find the table's stream")?;
        let arn =
            streams.streams().first().and_then(|stream| stream.stream_arn()).context("the table has no stream")?;
        let described = client.describe_stream().stream_arn(arn).send().await.context("cannot describe the stream")?;
        let shards = described.stream_description().map(|stream| stream.shards()).unwrap_or_default();
        let [shard] = shards else { anyhow::bail!("the stream has {} shards instead of one", shards.len()) };
        let shard = shard.shard_id().context("the stream's shard has no id")?.to_owned();
        let file = dir.map(|dir| dir.join(POSITION_FILE));
        let position = match &file {
            Some(file) => read_position(file)?,
            None => None,
        };
        Ok(Self { arn: arn.to_owned(), shard, client, position, file })
    }

    /// Returns the next records, in order; empty if there are none.
    pub async fn next(&mut self) -> anyhow::Result<Vec<Record>> {
        let iterator = match self.iterator(self.position.clone()).await {
            // The record at the position was trimmed. Only records that were read can have been trimmed, so start at
            // the oldest.
            Err(error) if error.code() == Some("TrimmedDataAccessException") => self.iterator(None).await?,
            iterator => iterator?,
        };
        let records = self.client.get_records().set_shard_iterator(iterator).limit(MAX_BATCH_RECORDS).send().await?;
        Ok(records.records.unwrap_or_default().into_iter().map(record).collect())
    }

    async fn iterator(&self, after: Option<String>) -> Result<Option<String>, aws_sdk_dynamodbstreams::Error> {
        let kind = match after {
            Some(_) => ShardIteratorType::AfterSequenceNumber,
            None => ShardIteratorType::TrimHorizon,
        };
        let call = self.client.get_shard_iterator().stream_arn(&self.arn).shard_id(&self.shard);
        let call = call.shard_iterator_type(kind).set_sequence_number(after);
        Ok(call.send().await?.shard_iterator)
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

fn record(streamed: Streamed) -> Record {
    let change = streamed.dynamodb.unwrap_or_else(|| aws_sdk_dynamodbstreams::types::StreamRecord::builder().build());
    let image = |image: Option<HashMap<String, Image>>| {
        image.unwrap_or_default().into_iter().map(|(name, value)| (name, attribute(value))).collect()
    };
    let number = change.sequence_number.unwrap_or_default();
    Record { number, old: image(change.old_image), new: image(change.new_image) }
}

/// Converts a value of the streams SDK, which has its own type, to the same value of the DynamoDB SDK.
fn attribute(value: Image) -> AttributeValue {
    match value {
        Image::S(text) => AttributeValue::S(text),
        Image::N(number) => AttributeValue::N(number),
        Image::B(bytes) => AttributeValue::B(bytes),
        Image::Bool(value) => AttributeValue::Bool(value),
        Image::Null(value) => AttributeValue::Null(value),
        Image::L(list) => AttributeValue::L(list.into_iter().map(attribute).collect()),
        Image::M(map) => AttributeValue::M(map.into_iter().map(|(name, value)| (name, attribute(value))).collect()),
        Image::Ss(texts) => AttributeValue::Ss(texts),
        Image::Ns(numbers) => AttributeValue::Ns(numbers),
        Image::Bs(all) => AttributeValue::Bs(all),
        // faultline writes no other kinds of values: one is read as a missing value.
        _ => AttributeValue::Null(true),
    }
}
