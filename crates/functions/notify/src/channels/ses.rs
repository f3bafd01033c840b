use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::config::timeout::TimeoutConfig;
use aws_sdk_sesv2::config::{BehaviorVersion, Region};
use aws_sdk_sesv2::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageHeader};
use store::aws::{Account, Service};

use super::SendError;
use super::email::{Email, Mailer};

/// Sends email through Amazon SES.
pub struct Ses {
    client: Client,
    from: String,
}

impl Ses {
    /// Creates a mailer that uses SES in the account's region. `from` must be verified in SES, as an address or by its
    /// domain.
    pub fn new(account: &Account, service: &Service, from: impl Into<String>) -> Self {
        let config = aws_sdk_sesv2::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(account.region.clone()))
            .credentials_provider(account.credentials.clone())
            .http_client(service.http.clone())
            // SES does not detect duplicates, so the SDK must not retry: the outbox retries failures, with a pause.
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(2))
                    .operation_timeout(Duration::from_secs(10))
                    .build(),
            );
        let config = match &service.endpoint {
            Some(endpoint) => config.endpoint_url(endpoint),
            None => config,
        };
        Self { client: Client::from_conf(config.build()), from: from.into() }
    }
}

#[async_trait]
impl Mailer for Ses {
    async fn send(&self, email: &Email) -> Result<(), SendError> {
        let built = || {
            let content = |text: &str| Content::builder().data(text).charset("UTF-8").build();
            let body = Body::builder().text(content(&email.text)?).html(content(&email.html)?).build();
            let header = MessageHeader::builder().name("X-Faultline-Delivery").value(&email.delivery).build()?;
            let message = Message::builder().subject(content(&email.subject)?).body(body).headers(header).build();
            Ok::<_, aws_sdk_sesv2::error::BuildError>(EmailContent::builder().simple(message).build())
        };
        let content = built().map_err(|error| SendError::permanent(format!("SES: {error}")))?;
        let destination = Destination::builder().set_to_addresses(Some(email.to.clone())).build();
        let request = self.client.send_email().from_email_address(&self.from);
        match request.destination(destination).content(content).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(classify(&error)),
        }
    }
}

/// Classifies an error of SES. Its text may contain addresses, which are not secrets of a target.
fn classify<E>(error: &SdkError<E>) -> SendError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    SdkError<E>: std::error::Error,
{
    let Some(refused) = error.as_service_error() else {
        tracing::debug!(error.message = %DisplayErrorContext(error), "failed to send an email");
        return SendError::Transient { retry_after: None, reason: "SES: no answer".to_owned() };
    };
    let code = refused.code().unwrap_or("unknown");
    let text = refused.message().unwrap_or_default();
    let reason = format!("SES answered {code}: {text}");
    let is_transient = match code {
        // A problem of the account: AWS or the operator will fix it, and the email may still be useful then.
        "TooManyRequestsException" | "LimitExceededException" | "SendingPausedException" | "ThrottlingException" => {
            true
        }
        "AccountSuspendedException"
        | "BadRequestException"
        | "EmailFromDomainNotVerifiedException"
        | "MessageRejected"
        | "NotFoundException"
        | "AccessDeniedException" => false,
        _ => error.raw_response().is_none_or(|response| response.status().is_server_error()),
    };
    if is_transient { SendError::Transient { retry_after: None, reason } } else { SendError::permanent(reason) }
}
