//! How the SDK's clients are made: nothing is looked up at start-up. Region and credentials are given (in Lambda they
//! are in the environment and stay good for as long as the environment lives), and so is the HTTP client.

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// Who calls which region.
#[derive(Clone, Debug)]
pub struct Account {
    /// The region, such as `eu-central-1`.
    pub region: String,
    /// What requests are signed with.
    pub credentials: Credentials,
}

/// How one service is reached.
#[derive(Clone, Debug)]
pub struct Service {
    /// What carries the requests: HTTPS, or an engine in this process.
    pub http: SharedHttpClient,
    /// Where to, if not to the service's own address in the region.
    pub endpoint: Option<String>,
}

/// The variables of Lambda's environment that [`Account::from_environment`] could not find.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {0} is not set: it is set by Lambda, or by hand when run elsewhere")]
pub struct MissingVariable(&'static str);

impl Account {
    /// From the variables that Lambda sets.
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

/// One attempt may take 3 s and the whole call 10 s: less than any function's own limit, so that a call that hangs ends
/// in an answer.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(10))
        .build()
}

/// What every service's configuration has in common. A macro, since each SDK has a builder type of its own.
macro_rules! client {
    ($sdk:ident, $account:expr, $service:expr, $with:expr) => {{
        let builder = $sdk::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new($account.region.clone()))
            .credentials_provider($account.credentials.clone())
            .http_client($service.http.clone())
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            // By default all clients of a process share a budget of retries: one that fails much costs the others theirs.
            .retry_partition($sdk::config::retry::RetryPartition::custom(stringify!($sdk)).build())
            .timeout_config(timeouts());
        let builder = match &$service.endpoint {
            Some(endpoint) => builder.endpoint_url(endpoint),
            None => builder,
        };
        $sdk::Client::from_conf($with(builder).build())
    }};
}

/// A client of DynamoDB.
pub fn dynamodb(account: &Account, service: &Service) -> aws_sdk_dynamodb::Client {
    client!(aws_sdk_dynamodb, account, service, |builder| builder)
}

/// A client of S3. With an endpoint of one's own the bucket is in the path: engines have no names for buckets.
pub fn s3(account: &Account, service: &Service) -> aws_sdk_s3::Client {
    client!(aws_sdk_s3, account, service, |builder: aws_sdk_s3::config::Builder| {
        builder.force_path_style(service.endpoint.is_some())
    })
}

/// A client of SQS.
pub fn sqs(account: &Account, service: &Service) -> aws_sdk_sqs::Client {
    client!(aws_sdk_sqs, account, service, |builder| builder)
}

/// A client of KMS. It answers in milliseconds, and what waits for it can do without for a while: an attempt may take
/// 1 s, a pause up to 100 ms, and the whole call 2 s, below what the shortest-tempered clients of ingest wait.
pub fn kms(account: &Account, service: &Service) -> aws_sdk_kms::Client {
    client!(aws_sdk_kms, account, service, |builder: aws_sdk_kms::config::Builder| {
        let timeouts = timeouts()
            .to_builder()
            .operation_attempt_timeout(Duration::from_secs(1))
            .operation_timeout(Duration::from_secs(2));
        let retries = RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(50));
        builder.timeout_config(timeouts.build()).retry_config(retries)
    })
}
