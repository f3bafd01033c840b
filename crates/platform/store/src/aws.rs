//! Creates the clients of the SDK. Nothing is looked up at start-up: the caller gives the region, the credentials and
//! the HTTP client. In Lambda, region and credentials are in the environment and are valid as long as it exists.

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// The AWS region, and the credentials for it.
#[derive(Clone, Debug)]
pub struct Account {
    /// For example `eu-central-1`.
    pub region: String,
    /// The credentials that sign requests.
    pub credentials: Credentials,
}

/// How a service is reached.
#[derive(Clone, Debug)]
pub struct Service {
    /// Sends the requests: over HTTPS, or to an engine in this process.
    pub http: SharedHttpClient,
    /// The address; `None` for the service's own address in the region.
    pub endpoint: Option<String>,
    /// How long one attempt of a call may take. There are at most three, and the whole call may take as long as three,
    /// and a second more for the pauses between them.
    pub attempt: Duration,
}

/// How long one attempt of a call may take, unless a function has less time.
pub const ATTEMPT: Duration = Duration::from_secs(3);

impl Service {
    /// The service at its own address, with [`ATTEMPT`].
    pub fn new(http: SharedHttpClient) -> Self {
        Self { http, endpoint: None, attempt: ATTEMPT }
    }

    /// The same service with another time for an attempt.
    #[must_use]
    pub fn with_attempt(&self, attempt: Duration) -> Self {
        Self { attempt, ..self.clone() }
    }
}

/// An environment variable that [`Account::from_environment`] needs is missing.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {0} is not set: Lambda sets it; elsewhere, set it yourself")]
pub struct MissingVariable(&'static str);

impl Account {
    /// Reads the environment variables that Lambda sets.
    pub fn from_environment() -> Result<Self, MissingVariable> {
        let variable = |name| std::env::var(name).map_err(|_| MissingVariable(name));
        let credentials = Credentials::new(
            variable("AWS_ACCESS_KEY_ID")?,
            variable("AWS_SECRET_ACCESS_KEY")?,
            std::env::var("AWS_SESSION_TOKEN").ok(),
            None,
            "environment",
        );
        Ok(Self { region: variable("AWS_REGION")?, credentials })
    }
}

/// A call that hangs ends before the time limit of its function, so that the function can still answer.
fn timeouts(service: &Service) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(service.attempt)
        .operation_timeout(MAX_ATTEMPTS * service.attempt + Duration::from_secs(1))
        .build()
}

const MAX_ATTEMPTS: u32 = 3;

/// Builds the client of a service with the common configuration. A macro, because each SDK has its own builder type.
macro_rules! client {
    ($sdk:ident, $account:expr, $service:expr, $with:expr) => {{
        let builder = $sdk::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new($account.region.clone()))
            .credentials_provider($account.credentials.clone())
            .http_client($service.http.clone())
            .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS))
            // By default all clients of a process share one retry budget, so a client that fails often would use up
            // that of the others.
            .retry_partition($sdk::config::retry::RetryPartition::custom(stringify!($sdk)).build())
            .timeout_config(timeouts($service));
        let builder = match &$service.endpoint {
            Some(endpoint) => builder.endpoint_url(endpoint),
            None => builder,
        };
        $sdk::Client::from_conf($with(builder).build())
    }};
}

pub fn dynamodb(account: &Account, service: &Service) -> aws_sdk_dynamodb::Client {
    client!(aws_sdk_dynamodb, account, service, |builder| builder)
}

/// An S3 client. With an endpoint of its own, the bucket's name is in the path: engines have no host names for buckets.
pub fn s3(account: &Account, service: &Service) -> aws_sdk_s3::Client {
    client!(aws_sdk_s3, account, service, |builder: aws_sdk_s3::config::Builder| {
        builder.force_path_style(service.endpoint.is_some())
    })
}

pub fn sqs(account: &Account, service: &Service) -> aws_sdk_sqs::Client {
    client!(aws_sdk_sqs, account, service, |builder| builder)
}

/// A KMS client. KMS answers in milliseconds, and its callers can do without it for a while. So an attempt may take 1
/// s, a pause between attempts up to 100 ms, and the whole call 2 s: less than the shortest timeout of ingest's
/// clients.
pub fn kms(account: &Account, service: &Service) -> aws_sdk_kms::Client {
    client!(aws_sdk_kms, account, service, |builder: aws_sdk_kms::config::Builder| {
        let timeouts = timeouts(service)
            .to_builder()
            .operation_attempt_timeout(Duration::from_secs(1))
            .operation_timeout(Duration::from_secs(2));
        let retries = RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(50));
        builder.timeout_config(timeouts.build()).retry_config(retries)
    })
}
