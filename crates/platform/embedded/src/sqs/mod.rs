//! SQS standard queues on SQLite, and the side of the event-source mapping.
//!
//! Covered, in the AWS JSON protocol: CreateQueue, GetQueueUrl, ListQueues, Get- and SetQueueAttributes, PurgeQueue;
//! SendMessage, ReceiveMessage with long polling, DeleteMessage, ChangeMessageVisibility and their batches; message
//! attributes, `AWSTraceHeader`, delays, retention; the move to the dead-letter queue at the next receive after a
//! message was received `maxReceiveCount` times, where it keeps its id, its count and its time of sending, as in AWS;
//! StartMessageMoveTask and ListMessageMoveTasks, which move all messages before they answer. Limits of AWS: ten
//! entries in a batch, 1 MiB for a message and for a batch, the characters of XML 1.0.
//!
//! Not covered: FIFO queues, DeleteQueue, tags, permissions, encryption settings (stored and returned, without an
//! effect), the in-flight limit of 120,000. Messages are received oldest first, which AWS does not promise.
//!
//! [`Sqs::queue`] offers what Lambda's poller can do and the API cannot: batches of thousands of messages, and waiting
//! for a message without polling.
//!
//! Power loss: WAL with `synchronous=FULL`. Concurrent operations share a commit, and each is answered after it. So an
//! answered send survives; this matters because clients discard an event once the inbox has accepted it. Receipts and
//! deletions are equally durable: a message is deleted only after its aggregates are durable.

mod attributes;
mod engine;
mod handle;
mod message;
mod messages;
mod move_tasks;
mod operations;
mod receipt;
mod redrive;
mod refusal;

use std::fmt;
use std::sync::Arc;

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use http::StatusCode;
use serde_json::json;

use crate::shared::directory::EngineStorage;
use crate::shared::wire::{self, Protocol};
use crate::shared::{ACCOUNT, REGION};
use crate::{Clock, Error};
use engine::Engine;
pub use handle::{Depth, Queue, Received};
pub use message::{Attribute, AttributeValue};

/// The SQS engine: an `HttpClient` for `aws-sdk-sqs`.
#[derive(Clone)]
pub struct Sqs(Arc<Engine>);

impl Sqs {
    pub(crate) fn open(place: &EngineStorage, clock: Clock) -> Result<Self, Error> {
        Ok(Self(Arc::new(Engine::open(place, clock)?)))
    }

    /// A queue as an event-source mapping sees it.
    ///
    /// # Errors
    /// [`Error::NoQueue`] if no queue with this name was created.
    pub fn queue(&self, name: &str) -> Result<Queue, Error> {
        match self.0.find(name) {
            Some(state) => Ok(Queue::new(Arc::clone(&self.0), state)),
            None => Err(Error::NoQueue { name: name.to_owned() }),
        }
    }

    /// See [`crate::Engines::reclaim`].
    pub(crate) async fn reclaim(&self) -> Result<u64, Error> {
        self.0.database.reclaim().await.map_err(|fault| Error::failed("sqs", fault))
    }

    async fn serve(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let operation = wire::operation(&request);
        Ok(match operations::call(&self.0, &operation, wire::body(&request)).await {
            Ok(answer) => wire::json(StatusCode::OK, Protocol::Json10, answer.to_string()),
            Err(refusal) => {
                let body = json!({ "__type": refusal.shape(), "message": refusal.message() });
                let mut response = wire::json(refusal.status(), Protocol::Json10, body.to_string());
                // The SDK distinguishes errors by the codes of the old query protocol, which are in this header.
                response.headers_mut().insert("x-amzn-query-error", refusal.query_error());
                response
            }
        })
    }
}

impl fmt::Debug for Sqs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sqs")
    }
}

wire::http_client!(Sqs);

/// The ARN of a queue of this engine.
pub(crate) fn arn(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
}

/// The URL of a queue of this engine. Nothing listens there: the requests of clients never leave the process.
pub(crate) fn url(name: &str) -> String {
    format!("https://sqs.invalid/{ACCOUNT}/{name}")
}
