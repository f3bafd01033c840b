//! The environment of a function, and the clients and adapters that are built from it.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use model::id::KeyHash;
use store::Stores;
use store::aws::{self, Account, Service};
use store::clock::SystemClock;
use store::dynamo::Table;
use store::kms::Kms;
use store::ports::Sealer;
use store::s3::Bucket;
use store::sqs::{DeadLetterQueue, Queue};

use crate::{log, roots};

/// How long opening connections may take, so that an outage does not keep a function from answering.
const CONNECTING: Duration = Duration::from_secs(2);

/// A function's environment, with one HTTPS client for all services.
#[derive(Debug)]
pub struct Setup {
    account: Account,
    service: Service,
}

impl Setup {
    /// Starts logging, and reads the region, the credentials and, if set, `AWS_ENDPOINT_URL`.
    pub fn start() -> anyhow::Result<Self> {
        log::start();
        let account = Account::from_environment()?;
        let http = https(roots::trusted()?);
        Ok(Self { account, service: Service { http, endpoint: std::env::var("AWS_ENDPOINT_URL").ok() } })
    }

    /// Returns the environment variable with this name.
    pub fn variable(&self, name: &str) -> anyhow::Result<String> {
        std::env::var(name)
            .with_context(|| format!("the environment variable {name} is not set: template.yaml sets it"))
    }

    /// The SHA-256 of the admin key, from `ADMIN_KEY_SHA256`. The key itself is not stored anywhere in the stack.
    pub fn operator(&self) -> anyhow::Result<KeyHash> {
        KeyHash::parse(&self.variable("ADMIN_KEY_SHA256")?).context("ADMIN_KEY_SHA256")
    }

    /// The number of days for which occurrences are kept, from `RETENTION_DAYS`, for projects without their own
    /// retention.
    pub fn retention_days(&self) -> anyhow::Result<u32> {
        self.variable("RETENTION_DAYS")?.parse().context("RETENTION_DAYS is not a number")
    }

    /// The table named by `TABLE`.
    pub fn table(&self) -> anyhow::Result<Arc<Table>> {
        Ok(Arc::new(Table::new(aws::dynamodb(&self.account, &self.service), self.variable("TABLE")?)))
    }

    /// The bucket named by `BUCKET`.
    pub fn bucket(&self) -> anyhow::Result<Arc<Bucket>> {
        Ok(Arc::new(Bucket::new(aws::s3(&self.account, &self.service), self.variable("BUCKET")?)))
    }

    /// The ports of this table, and of the bucket named by `BUCKET`.
    pub fn stores(&self, table: &Arc<Table>) -> anyhow::Result<Stores> {
        Ok(Stores::new(table, &self.bucket()?))
    }

    /// The queue at `INBOX_URL`.
    pub fn inbox(&self) -> anyhow::Result<Arc<Queue>> {
        Ok(Arc::new(Queue::new(aws::sqs(&self.account, &self.service), self.variable("INBOX_URL")?)))
    }

    /// The dead-letter queue of the inbox, at `DEAD_LETTERS_URL`, for listing only. It shares the inbox's client,
    /// because creating a client takes time at start-up.
    pub fn dead_letters(&self, inbox: &Queue) -> anyhow::Result<Arc<DeadLetterQueue>> {
        Ok(Arc::new(DeadLetterQueue::to_look_at(inbox.client(), self.variable("DEAD_LETTERS_URL")?)))
    }

    /// Seals with the KMS key that `KEY_ID` names; `None` if the stack has no key.
    pub fn sealer(&self) -> Option<Arc<dyn Sealer>> {
        let key = std::env::var("KEY_ID").ok().filter(|key| !key.is_empty())?;
        Some(Arc::new(Kms::new(aws::kms(&self.account, &self.service), key, Arc::new(SystemClock))))
    }

    /// The dead-letter queue of notifications, at `UNDELIVERED_URL`.
    pub fn undelivered(&self) -> anyhow::Result<Arc<DeadLetterQueue>> {
        let client = aws::sqs(&self.account, &self.service);
        Ok(Arc::new(DeadLetterQueue::to_look_at(client, self.variable("UNDELIVERED_URL")?)))
    }

    /// The account and the HTTP client, to create clients for which `store` has no adapter.
    pub fn aws(&self) -> (&Account, &Service) {
        (&self.account, &self.service)
    }

    /// Waits until the connections are open, at most 2 s. Until its first event a function has a full CPU, whatever its
    /// memory size: DNS look-ups and TLS handshakes are several times as fast as during the first request.
    pub async fn connect(&self, connecting: impl Future<Output = ()>) {
        if tokio::time::timeout(CONNECTING, connecting).await.is_err() {
            tracing::warn!(seconds = CONNECTING.as_secs(), "failed to connect in time, going on without a connection");
        }
    }
}

/// Uses rustls with ring: the first random number of aws-lc costs about 30 ms.
pub(crate) fn https(trusted: TrustStore) -> SharedHttpClient {
    let context = TlsContext::builder().with_trust_store(trusted).build();
    let context = context.expect("a context of a trust store only");
    Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(context).build_https()
}
