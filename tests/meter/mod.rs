//! Counts calls of AWS services on their way to the engines: number, bytes, and what DynamoDB charges.

pub mod capacity;
mod dynamo;
mod kinds;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use crate::turns::held;

/// Counts calls. Clones share their counts.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    counted: Arc<Mutex<Counted>>,
    /// If set, writes to the table go one at a time, and their items are read before and after, to find what they cost.
    weighing: Option<Arc<tokio::sync::Mutex<()>>>,
    /// Returns how long a call takes.
    waits: Option<fn(&Operation) -> Duration>,
}

/// An operation and its service: DynamoDB, Streams, S3, SQS or KMS.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operation {
    pub service: &'static str,
    /// The operation's name, such as `PutItem`.
    pub name: String,
}

/// All calls of one operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    pub calls: u64,
    /// Bytes of the requests' bodies.
    pub sent: u64,
    /// Bytes of the answers' bodies.
    pub answered: u64,
    /// Number of requests that SQS charges: one per 64 KiB. For other services, the number of calls.
    pub charged: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Number of items that were written, or would have been.
    pub items: u64,
    /// Write units of the table.
    pub units: u64,
    /// Write units of its GSI.
    pub index_units: u64,
    /// Number of writes that were refused because a condition did not hold. They cost the same.
    pub refused: u64,
}

/// Everything that was counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counted {
    /// Calls of all services.
    pub calls: BTreeMap<Operation, Calls>,
    /// Writes to the table, by kind of item.
    pub writes: BTreeMap<&'static str, Written>,
    /// Writes to errors, by item. Only errors are counted by item, because a storm writes to them.
    pub errors: HashMap<String, Written>,
    /// Read units of the table and its GSI.
    pub read_units: f64,
    /// Bytes by which the table grew, GSI included, as storage is charged.
    pub grown: i64,
    reads: Reads,
}

/// Reads of the table and of S3.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Number of calls that read the table.
    pub calls: usize,
    /// Number of items, or of GSI entries, that they returned.
    pub items: usize,
    /// Bytes of JSON of these items.
    pub bytes: usize,
    /// Number of S3 objects that were read.
    pub objects: usize,
}

impl Counted {
    /// Returns the sum of all writes to the table.
    pub fn written(&self) -> Written {
        let add = |all: Written, one: &Written| Written {
            items: all.items + one.items,
            units: all.units + one.units,
            index_units: all.index_units + one.index_units,
            refused: all.refused + one.refused,
        };
        self.writes.values().fold(Written::default(), add)
    }

    /// Returns the calls of one operation.
    pub fn of(&self, service: &'static str, name: &str) -> Calls {
        self.calls.get(&Operation { service, name: name.to_owned() }).copied().unwrap_or_default()
    }
}

impl Meter {
    /// Creates a meter that also counts what writes to the table cost. It reads the items before and after each write.
    pub fn weighing() -> Self {
        Self { weighing: Some(Arc::default()), ..Self::default() }
    }

    /// Makes each call take as long as `waits` says, on the clock of a paused runtime.
    pub fn waiting(self, waits: fn(&Operation) -> Duration) -> Self {
        Self { waits: Some(waits), ..self }
    }

    /// Returns a client that counts the calls to `client`.
    pub fn around(&self, client: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Metered { meter: self.clone(), to: client })
    }

    /// Sets all counts to zero.
    pub fn reset(&self) {
        *self.counted.lock().unwrap() = Counted::default();
    }

    /// Returns the reads since the last reset.
    pub fn reads(&self) -> Reads {
        self.counted.lock().unwrap().reads.clone()
    }

    /// Returns everything that was counted since the last reset.
    pub fn counted(&self) -> Counted {
        self.counted.lock().unwrap().clone()
    }

    async fn call(&self, to: &SharedHttpConnector, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let operation = operation(&request);
        let body = request.body().bytes().unwrap_or_default().to_vec();
        let sent = request.body().content_length().unwrap_or_default();
        let answer = match &self.weighing {
            Some(turn) if operation.service == "DynamoDB" => {
                let _turn = turn.lock().await;
                self.weigh(to, &operation.name, &body, request).await?
            }
            _ => to.call(request).await?,
        };
        let answered = answer.body().bytes().unwrap_or_default();
        let mut counted = self.counted.lock().unwrap();
        if operation.service == "DynamoDB" {
            counted.read(&operation.name, &body, answered);
        }
        counted.reads.objects += usize::from(operation.name == "GetObject");
        let charged = if operation.service == "SQS" { sent.div_ceil(64 << 10).max(1) } else { 1 };
        let calls = counted.calls.entry(operation).or_default();
        calls.calls += 1;
        calls.sent += sent;
        calls.answered += answered.len() as u64;
        calls.charged += charged;
        drop(counted);
        Ok(answer)
    }
}

/// Returns the operation of a request. The JSON protocols have it in a header; for S3 it follows from the method.
fn operation(request: &HttpRequest) -> Operation {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let (service, name) = target.rsplit_once('.').unwrap_or(("", request.method()));
    let (service, name) = match service.split('_').next().unwrap_or_default() {
        "DynamoDB" => ("DynamoDB", name),
        "DynamoDBStreams" => ("Streams", name),
        "AmazonSQS" => ("SQS", name),
        "TrentService" => ("KMS", name),
        _ if request.uri().contains("list-type=2") => ("S3", "ListObjectsV2"),
        _ => match name {
            "PUT" => ("S3", "PutObject"),
            "GET" => ("S3", "GetObject"),
            other => ("S3", other),
        },
    };
    Operation { service, name: name.to_owned() }
}

#[derive(Clone, Debug)]
struct Metered<T> {
    meter: Meter,
    to: T,
}

impl HttpClient for Metered<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let to = self.to.http_connector(settings, components);
        SharedHttpConnector::new(Metered { meter: self.meter.clone(), to })
    }
}

impl HttpConnector for Metered<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { meter, to } = self.clone();
        HttpConnectorFuture::new(async move {
            let Some(waits) = meter.waits else { return meter.call(&to, request).await };
            let wait = waits(&operation(&request));
            // The engines run on other threads, which a paused clock does not wait for.
            let answer = held(meter.call(&to, request)).await;
            tokio::time::sleep(wait).await;
            answer
        })
    }
}
