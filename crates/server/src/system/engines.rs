//! Creates the resources of template.yaml on the embedded engines.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context;
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::QueueAttributeName;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use embedded::Engines;
use store::aws::{self, Account, Service};
use store::clock::SystemClock;
use store::dynamo::{Directory, Table, tables};
use store::kms::Kms;
use store::ports::Sealer;
use store::s3::Bucket;
use store::sqs::{DeadLetterQueue, Queue};

pub(super) const TABLE: &str = "faultline";
const DIRECTORY: &str = "faultline-directory";
pub(super) const BUCKET: &str = "faultline";
const INBOX: &str = "faultline-inbox";
const DEAD_LETTERS: &str = "faultline-inbox-dead";
const UNDELIVERED: &str = "faultline-notify-dead";
/// How many times a message is delivered before it goes to the dead-letter queue.
const DELIVERIES: u32 = 5;
/// How long queues keep messages: 14 days, in seconds, which is SQS's maximum. A laptop may be off for days.
const RETENTION_SECONDS: &str = "1209600";

/// The adapters for the resources.
pub struct Resources {
    /// The DynamoDB table with keys, users, projects and sessions.
    pub directory: Arc<Directory>,
    /// The DynamoDB table with errors.
    pub table: Arc<Table>,
    /// The S3 bucket with segments and claim checks.
    pub bucket: Arc<Bucket>,
    /// The inbox as ingest sees it.
    pub sender: Arc<Queue>,
    /// Dead letters of the inbox: messages that could not be processed.
    pub dead_letters: Arc<DeadLetterQueue>,
    /// Notifications that could not be delivered.
    pub undelivered: Arc<DeadLetterQueue>,
    /// Encrypts with the key of the data directory. A stack in AWS may have no key.
    pub sealer: Option<Arc<dyn Sealer>>,
    /// The inbox as Lambda's poller sees it.
    pub inbox: embedded::sqs::Queue,
}

impl Resources {
    /// Creates the resources that do not exist yet, and opens all of them.
    pub async fn make(engines: &Engines) -> anyhow::Result<Self> {
        let Clients { dynamodb, s3, sqs, .. } = Clients::of(engines, |engine| engine);
        tables::create(&dynamodb, DIRECTORY, TABLE).await.context("cannot create the tables")?;
        match s3.create_bucket().bucket(BUCKET).send().await {
            Err(error) if error.code() != Some("BucketAlreadyOwnedByYou") => {
                return Err(error).context("cannot create the bucket");
            }
            _ => {}
        }
        let mut attributes =
            HashMap::from([(QueueAttributeName::MessageRetentionPeriod, RETENTION_SECONDS.to_owned())]);
        make_queue(&sqs, DEAD_LETTERS, attributes.clone()).await?;
        make_queue(&sqs, UNDELIVERED, attributes.clone()).await?;
        let redrive = serde_json::json!({
            "deadLetterTargetArn": engines.sqs().queue(DEAD_LETTERS)?.arn(),
            "maxReceiveCount": DELIVERIES,
        });
        attributes.insert(QueueAttributeName::RedrivePolicy, redrive.to_string());
        make_queue(&sqs, INBOX, attributes).await?;
        Self::through(engines, |engine| engine).await
    }

    /// Opens existing resources. `way` can wrap the connection to each engine: a test injects failures with it.
    pub async fn through(
        engines: &Engines,
        way: impl Fn(SharedHttpClient) -> SharedHttpClient,
    ) -> anyhow::Result<Self> {
        let sqs = Clients::of(engines, |engine| engine).sqs;
        let url = async |name: &str| {
            let url = sqs.get_queue_url().queue_name(name).send().await?.queue_url;
            url.context("the queue has no URL")
        };
        let (inbox, dead_letters, undelivered) = (url(INBOX).await?, url(DEAD_LETTERS).await?, url(UNDELIVERED).await?);
        let Clients { dynamodb, s3, sqs, kms } = Clients::of(engines, way);
        let sender = Queue::new(sqs.clone(), inbox);
        Ok(Self {
            directory: Arc::new(Directory::new(dynamodb.clone(), DIRECTORY)),
            table: Arc::new(Table::new(dynamodb, TABLE)),
            bucket: Arc::new(Bucket::new(s3, BUCKET)),
            dead_letters: Arc::new(DeadLetterQueue::new(sqs.clone(), dead_letters, sender.clone())),
            undelivered: Arc::new(DeadLetterQueue::to_look_at(sqs, undelivered)),
            sender: Arc::new(sender),
            sealer: Some(Arc::new(kms)),
            inbox: engines.sqs().queue(INBOX)?,
        })
    }
}

/// AWS SDK clients that call the engines.
pub(super) struct Clients {
    pub(super) dynamodb: aws_sdk_dynamodb::Client,
    s3: aws_sdk_s3::Client,
    sqs: aws_sdk_sqs::Client,
    kms: Kms,
}

impl Clients {
    pub(super) fn of(engines: &Engines, way: impl Fn(SharedHttpClient) -> SharedHttpClient) -> Self {
        let credentials =
            Credentials::new(embedded::s3::ACCESS_KEY_ID, embedded::s3::SECRET_ACCESS_KEY, None, None, "embedded");
        let account = Account { region: embedded::REGION.to_owned(), credentials };
        // The host name is never looked up: requests go to the engine, not to a socket.
        let service = |engine, name: &str| Service {
            endpoint: Some(format!("http://{name}.embedded.invalid")),
            ..Service::new(way(engine))
        };
        let kms = aws::kms(&account, &service(SharedHttpClient::new(engines.kms().clone()), "kms"));
        Self {
            kms: Kms::new(kms, embedded::kms::ALIAS, Arc::new(SystemClock)),
            dynamodb: aws::dynamodb(&account, &service(SharedHttpClient::new(engines.dynamo().clone()), "dynamodb")),
            s3: aws::s3(&account, &service(SharedHttpClient::new(engines.s3().clone()), "s3")),
            sqs: aws::sqs(&account, &service(SharedHttpClient::new(engines.sqs().clone()), "sqs")),
        }
    }
}

/// Returns the size in bytes of all stored segments.
pub async fn stored_bytes(engines: &Engines) -> anyhow::Result<u64> {
    let s3 = Clients::of(engines, |engine| engine).s3;
    let mut pages = s3.list_objects_v2().bucket(BUCKET).prefix("segments/").into_paginator().send();
    let mut bytes = 0;
    while let Some(page) = pages.try_next().await? {
        bytes += page.contents().iter().filter_map(|object| u64::try_from(object.size()?).ok()).sum::<u64>();
    }
    Ok(bytes)
}

/// Returns the keys of all objects that begin with `prefix`.
pub async fn stored_keys(engines: &Engines, prefix: &str) -> anyhow::Result<Vec<String>> {
    let s3 = Clients::of(engines, |engine| engine).s3;
    let mut pages = s3.list_objects_v2().bucket(BUCKET).prefix(prefix).into_paginator().send();
    let mut keys = Vec::new();
    while let Some(page) = pages.try_next().await? {
        keys.extend(page.contents().iter().filter_map(|object| object.key().map(str::to_owned)));
    }
    Ok(keys)
}

async fn make_queue(
    sqs: &aws_sdk_sqs::Client,
    name: &str,
    attributes: HashMap<QueueAttributeName, String>,
) -> anyhow::Result<()> {
    let made = sqs.create_queue().queue_name(name).set_attributes(Some(attributes)).send().await;
    made.map(drop).with_context(|| format!("cannot create the queue {name}"))
}
