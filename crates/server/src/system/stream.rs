//! Lambda's poller of the table's stream: hands records to notify in order, and goes on behind what was taken in.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::error::ProvideErrorMetadata;
use aws_sdk_dynamodbstreams::types::{AttributeValue as Image, Record as Streamed, ShardIteratorType};
use notify::{Deadline, Record};
use tokio::sync::watch;

use super::{Stack, told};

/// Records of a batch, as template.yaml has it.
const BATCH: i32 = 100;
/// How often the stream is asked for more, and the outbox for what is due.
const EVERY: Duration = Duration::from_millis(200);
const SWEEP: Duration = Duration::from_secs(1);
/// How long to wait when the stream or the outbox itself fails.
const PAUSE: Duration = Duration::from_secs(1);
/// For how long a batch may begin to send things.
const TIME: Duration = Duration::from_secs(30);
/// Where the position is kept in the data directory.
const FILE: &str = "stream-position";

/// The stream of the table, and how far it was read.
#[derive(Debug)]
pub struct Stream {
    client: Client,
    arn: String,
    /// The number of the last record that was taken in.
    position: Option<String>,
    /// Where the position rests; nowhere if everything is in memory.
    file: Option<PathBuf>,
}

impl Stream {
    /// The stream of `table`, from behind what a process before this one took in.
    pub(super) async fn open(client: Client, table: &str, dir: Option<&Path>) -> anyhow::Result<Self> {
        let streams = client.list_streams().table_name(table).send().await.context("the stream cannot be found")?;
        let arn =
            streams.streams().first().and_then(|stream| stream.stream_arn()).context("the table has no stream")?;
        let file = dir.map(|dir| dir.join(FILE));
        let position = match &file {
            Some(file) => read_position(file)?,
            None => None,
        };
        Ok(Self { arn: arn.to_owned(), client, position, file })
    }

    /// The next records, in order; none if nothing happened.
    pub async fn next(&mut self) -> anyhow::Result<Vec<Record>> {
        let described = self.client.describe_stream().stream_arn(&self.arn).send().await?;
        let shards = described.stream_description().map(|stream| stream.shards()).unwrap_or_default();
        let shard = shards.first().and_then(|shard| shard.shard_id()).context("the stream has no shard")?;
        let iterator = match self.iterator(shard, self.position.clone()).await {
            // What was read is gone by now, and with it nothing that was not.
            Err(error) if error.code() == Some("TrimmedDataAccessException") => self.iterator(shard, None).await?,
            iterator => iterator?,
        };
        let records = self.client.get_records().set_shard_iterator(iterator).limit(BATCH).send().await?;
        Ok(records.records.unwrap_or_default().into_iter().map(record).collect())
    }

    async fn iterator(
        &self,
        shard: &str,
        after: Option<String>,
    ) -> Result<Option<String>, aws_sdk_dynamodbstreams::Error> {
        let kind = match after {
            Some(_) => ShardIteratorType::AfterSequenceNumber,
            None => ShardIteratorType::TrimHorizon,
        };
        let call = self.client.get_shard_iterator().stream_arn(&self.arn).shard_id(shard).shard_iterator_type(kind);
        Ok(call.set_sequence_number(after).send().await?.shard_iterator)
    }

    /// Notes that everything up to `number` was taken in. What is taken in again, since this was not written any more, is
    /// told once all the same.
    pub fn taken(&mut self, number: &str) -> std::io::Result<()> {
        self.position = Some(number.to_owned());
        match &self.file {
            Some(file) => embedded::replace_file(file, number.as_bytes()),
            None => Ok(()),
        }
    }
}

/// The position that a process before this one kept. One that is damaged counts as none: a change that is read twice
/// notifies once all the same.
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
            "the position in the table's stream is damaged: reading goes on from the oldest record that there is"
        );
        return Ok(None);
    }
    Ok(Some(number.to_owned()))
}

/// Runs until `stopped`.
pub(super) async fn run(stack: Arc<Stack>, mut stream: Stream, mut stopped: watch::Receiver<bool>) {
    loop {
        let taken = take(&stack, &mut stream).await;
        stack.note("stream", &taken);
        let pause = match taken {
            Ok(true) => continue,
            Ok(false) => EVERY,
            Err(error) => {
                tracing::error!(error.message = %error, "the table's stream cannot be read");
                PAUSE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = told(&mut stopped) => break,
        }
    }
    // What was processed on the way out is told at the next start.
}

/// Takes one batch in; says whether there may be more.
async fn take(stack: &Stack, stream: &mut Stream) -> anyhow::Result<bool> {
    let records = stream.next().await?;
    let Some(last) = records.last() else { return Ok(false) };
    let again = stack.notify().watch(&records, Deadline::within(TIME)).await;
    let taken = match &again {
        None => Some(last),
        Some(number) => records.iter().take_while(|record| record.number != *number).last(),
    };
    if let Some(taken) = taken {
        stream.taken(&taken.number)?;
    }
    match again {
        None => Ok(true),
        Some(number) => anyhow::bail!("record {number} could not be taken in: it comes again"),
    }
}

/// The schedule of template.yaml: sends what is due, until `stopped`.
pub(super) async fn sweep(stack: Arc<Stack>, mut stopped: watch::Receiver<bool>) {
    loop {
        let swept = stack.notify().sweep(Deadline::within(TIME)).await;
        stack.note("sweep", &swept);
        if let Err(error) = swept {
            tracing::warn!(error.message = %error, "what is due cannot be sent");
        }
        tokio::select! {
            () = tokio::time::sleep(SWEEP) => {}
            () = told(&mut stopped) => return,
        }
    }
}

fn record(streamed: Streamed) -> Record {
    let change = streamed.dynamodb.unwrap_or_else(|| aws_sdk_dynamodbstreams::types::StreamRecord::builder().build());
    let image = |image: Option<HashMap<String, Image>>| {
        image.unwrap_or_default().into_iter().map(|(name, value)| (name, attribute(value))).collect()
    };
    let number = change.sequence_number.unwrap_or_default();
    Record { number, old: image(change.old_image), new: image(change.new_image) }
}

/// The same value of the other SDK, which has a type of its own.
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
        // None of ours: what does not know it reads it as missing.
        _ => AttributeValue::Null(true),
    }
}
