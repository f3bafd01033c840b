//! The resources of template.yaml, made on embedded engines.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context;
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::QueueAttributeName;
use aws_smithy_runtime_api::client::http::{HttpClient, SharedHttpClient};
use embedded::Engines;
use store::aws::{self, Account, Service};
use store::dynamo::{Table, schema};
use store::s3::Bucket;
use store::sqs::Queue;

const TABLE: &str = "faultline";
pub(super) const BUCKET: &str = "faultline";
const INBOX: &str = "faultline-inbox";
const DEAD_LETTERS: &str = "faultline-inbox-dead";
/// How often a message is delivered before it goes to the dead-letter queue.
const DELIVERIES: u32 = 5;
/// The longest that a queue keeps messages: 14 days, in seconds. A laptop may be off for long.
const KEPT: &str = "1209600";

/// The adapters on the resources.
pub struct Resources {
    /// The table.
    pub table: Arc<Table>,
    /// The bucket.
    pub bucket: Arc<Bucket>,
    /// The inbox as ingest sees it.
    pub sender: Arc<Queue>,
    /// The inbox as Lambda's poller sees it.
    pub inbox: embedded::sqs::Queue,
}

impl Resources {
    /// Makes what is not there, and opens all of it.
    pub async fn make(engines: &Engines) -> anyhow::Result<Self> {
        let account = Account {
            region: embedded::REGION.to_owned(),
            credentials: Credentials::new(
                embedded::s3::ACCESS_KEY_ID,
                embedded::s3::SECRET_ACCESS_KEY,
                None,
                None,
                "embedded",
            ),
        };
        let dynamodb = aws::dynamodb(&account, &service(engines.dynamo().clone(), "dynamodb"));
        schema::create(&dynamodb, TABLE).await.context("the table cannot be made")?;

        let s3 = aws::s3(&account, &service(engines.s3().clone(), "s3"));
        match s3.create_bucket().bucket(BUCKET).send().await {
            Err(error) if error.code() != Some("BucketAlreadyOwnedByYou") => {
                return Err(error).context("the bucket cannot be made");
            }
            _ => {}
        }

        let sqs = aws::sqs(&account, &service(engines.sqs().clone(), "sqs"));
        let mut attributes = HashMap::from([(QueueAttributeName::MessageRetentionPeriod, KEPT.to_owned())]);
        make_queue(&sqs, DEAD_LETTERS, attributes.clone()).await?;
        let redrive = serde_json::json!({
            "deadLetterTargetArn": engines.sqs().queue(DEAD_LETTERS)?.arn(),
            "maxReceiveCount": DELIVERIES,
        });
        attributes.insert(QueueAttributeName::RedrivePolicy, redrive.to_string());
        let url = make_queue(&sqs, INBOX, attributes).await?;
        Ok(Self {
            table: Arc::new(Table::new(dynamodb, TABLE)),
            bucket: Arc::new(Bucket::new(s3, BUCKET)),
            sender: Arc::new(Queue::new(sqs, url)),
            inbox: engines.sqs().queue(INBOX)?,
        })
    }
}

fn service(engine: impl HttpClient + 'static, name: &str) -> Service {
    // The name is never looked up: requests go to the engine, not to a socket.
    Service { http: SharedHttpClient::new(engine), endpoint: Some(format!("http://{name}.embedded.invalid")) }
}

async fn make_queue(
    sqs: &aws_sdk_sqs::Client,
    name: &str,
    attributes: HashMap<QueueAttributeName, String>,
) -> anyhow::Result<String> {
    let made = sqs.create_queue().queue_name(name).set_attributes(Some(attributes)).send().await;
    made.with_context(|| format!("the queue {name} cannot be made"))?.queue_url.context("a queue without a URL")
}
