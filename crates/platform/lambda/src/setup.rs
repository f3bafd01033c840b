//! The environment of a function, and the clients and adapters that are built from it.

use std::cell::OnceCell;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use model::id::KeyHash;
use model::project::Limits;
use store::Stores;
use store::aws::{self, Account, Service};
use store::clock::SystemClock;
use store::dynamo::{Directory, Table};
use store::kms::Kms;
use store::ports::Sealer;
use store::s3::Bucket;
use store::sqs::{DeadLetterQueue, Queue};

use crate::connections::FreshConnections;
use crate::{log, roots};

/// How long opening connections may take, so that an outage does not keep a function from answering.
const CONNECTING: Duration = Duration::from_secs(2);

/// How long an attempt to read or write an object may take at least.
const MIN_OBJECT_ATTEMPT: Duration = Duration::from_secs(2);

/// A function's environment, with one HTTPS client for all services.
#[derive(Debug)]
pub struct Setup {
    account: Account,
    service: Service,
    /// One client for both tables: creating one takes time at start-up.
    dynamodb: OnceCell<aws_sdk_dynamodb::Client>,
}

impl Setup {
    /// Starts logging, and reads the region, the credentials and, if set, `AWS_ENDPOINT_URL`.
    pub fn start() -> anyhow::Result<Self> {
        log::start();
        let account = Account::from_environment()?;
        let trusted = roots::trusted()?;
        let http = FreshConnections::new(move || https(trusted.clone()), SystemTime::now);
        let endpoint = std::env::var("AWS_ENDPOINT_URL").ok();
        let service = Service { endpoint, ..Service::new(SharedHttpClient::new(http)) };
        Ok(Self { account, service, dynamodb: OnceCell::new() })
    }

    /// The same environment, in which one attempt of a call may take this long: for a function whose callers do not wait
    /// long. Set it before creating clients.
    #[must_use]
    pub fn with_attempt(self, attempt: Duration) -> Self {
        Self { service: self.service.with_attempt(attempt), ..self }
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

    /// The directory named by `DIRECTORY`. New projects may store `FIRST_PER_MONTH` events a month; 0 means no limit.
    pub fn directory(&self) -> anyhow::Result<Arc<Directory>> {
        let per_month = self.variable("FIRST_PER_MONTH")?;
        let per_month: u64 = per_month.parse().context("FIRST_PER_MONTH is not a number")?;
        let limits = Limits { per_month: (per_month > 0).then_some(per_month), ..Limits::default() };
        let directory = Directory::new(self.dynamodb(), self.variable("DIRECTORY")?);
        Ok(Arc::new(directory.with_first_limits(limits)))
    }

    /// The table of errors named by `TABLE`.
    pub fn table(&self) -> anyhow::Result<Arc<Table>> {
        Ok(Arc::new(Table::new(self.dynamodb(), self.variable("TABLE")?)))
    }

    fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        self.dynamodb.get_or_init(|| aws::dynamodb(&self.account, &self.service)).clone()
    }

    /// The bucket named by `BUCKET`.
    pub fn bucket(&self) -> anyhow::Result<Arc<Bucket>> {
        // Objects are larger than what other services are sent.
        let service = self.service.with_attempt(self.service.attempt.max(MIN_OBJECT_ATTEMPT));
        Ok(Arc::new(Bucket::new(aws::s3(&self.account, &service), self.variable("BUCKET")?)))
    }

    /// The ports of these tables, and of the bucket named by `BUCKET`.
    pub fn stores(&self, directory: &Arc<Directory>, table: &Arc<Table>) -> anyhow::Result<Stores> {
        Ok(Stores::new(directory, table, &self.bucket()?))
    }

    /// The queue at `INBOX_URL`.
    pub fn inbox(&self) -> anyhow::Result<Arc<Queue>> {
        Ok(Arc::new(Queue::new(aws::sqs(&self.account, &self.service), self.variable("INBOX_URL")?)))
    }

    /// The dead-letter queue of the inbox, at `DEAD_LETTERS_URL`. It can be redriven if `REDRIVES` is set, as it is for
    /// the function that may write to the inbox. It shares the inbox's client, because creating a client takes time at
    /// start-up.
    pub fn dead_letters(&self, inbox: &Queue) -> anyhow::Result<Arc<DeadLetterQueue>> {
        let url = self.variable("DEAD_LETTERS_URL")?;
        Ok(Arc::new(match self.redrives() {
            true => DeadLetterQueue::new(inbox.client(), url, inbox.clone()),
            false => DeadLetterQueue::to_look_at(inbox.client(), url),
        }))
    }

    /// Whether this is the function that redrives dead letters.
    pub fn redrives(&self) -> bool {
        std::env::var_os("REDRIVES").is_some()
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

    /// The HTTP API in front of the function: its own address, from `BASE_URL`, and the number of trusted proxies in front
    /// of it, from `PROXIES`.
    #[cfg(feature = "http")]
    pub fn http_api(&self) -> anyhow::Result<crate::HttpApi> {
        let base = Some(self.variable("BASE_URL")?).filter(|base| !base.is_empty());
        let base = base.map(|base| base.parse()).transpose().context("BASE_URL")?;
        Ok(crate::HttpApi { base, proxies: self.variable("PROXIES")?.parse().context("PROXIES is not a number")? })
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
