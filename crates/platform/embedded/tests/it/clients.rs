//! SDK clients for an `Engines`, built as in the crate `server`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb as dynamodb;
use aws_sdk_dynamodbstreams as streams;
use aws_sdk_s3::config::Credentials;
use embedded::{Engines, ManualClock, REGION};

/// A clock at a fixed time, and engines in memory that use it.
pub(crate) fn with_clock() -> (ManualClock, Engines) {
    let clock = ManualClock::new(start());
    let engines = Engines::memory_with_clock(clock.clone()).unwrap();
    (clock, engines)
}

/// The start time of manual clocks.
pub(crate) fn start() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

macro_rules! client {
    ($name:ident, $sdk:ident, $engine:ident, $endpoint:literal $(, $extra:ident)?) => {
        pub(crate) fn $name(engines: &Engines) -> $sdk::Client {
            let config = $sdk::Config::builder()
                .behavior_version($sdk::config::BehaviorVersion::latest())
                .region($sdk::config::Region::new(REGION))
                .credentials_provider(credentials())
                .endpoint_url($endpoint)
                .http_client(engines.$engine().clone())
                $(.$extra(true))?
                // Tests want to see the first answer.
                .retry_config($sdk::config::retry::RetryConfig::disabled())
                .build();
            $sdk::Client::from_conf(config)
        }
    };
}

use aws_sdk_kms as sdk_kms;
use aws_sdk_s3 as sdk_s3;
use aws_sdk_sqs as sdk_sqs;

client!(dynamo, dynamodb, dynamo, "http://dynamo.invalid");
client!(dynamo_streams, streams, dynamo, "http://dynamo.invalid");
client!(s3, sdk_s3, s3, "http://s3.invalid", force_path_style);
client!(sqs, sdk_sqs, sqs, "http://sqs.invalid");
client!(kms, sdk_kms, kms, "http://kms.invalid");

fn credentials() -> Credentials {
    Credentials::new(embedded::s3::ACCESS_KEY_ID, embedded::s3::SECRET_ACCESS_KEY, None, None, "tests")
}
