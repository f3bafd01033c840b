//! Calls of AWS's services, counted on the way to the engines: how many, how many bytes, and what DynamoDB charges.

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

/// Counts calls. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    counted: Arc<Mutex<Counted>>,
    /// Writes of the table go one by one, with a look at the items before and after; `None` if nobody asks what they cost.
    weighing: Option<Arc<tokio::sync::Mutex<()>>>,
    /// How long each call takes.
    waits: Option<fn(&Operation) -> Duration>,
}

/// What an operation is called, and its service: DynamoDB, Streams, S3, SQS or KMS.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operation {
    /// The service.
    pub service: &'static str,
    /// Such as `PutItem`.
    pub name: String,
}

/// All calls of an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// How many.
    pub calls: u64,
    /// Bytes of the requests' bodies.
    pub sent: u64,
    /// Bytes of the answers' bodies.
    pub answered: u64,
    /// How many requests SQS charges: one for each 64 KiB. Of other services, calls.
    pub charged: u64,
}

/// Writes of items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// How many items were written, or would have been.
    pub items: u64,
    /// Units of the table.
    pub units: u64,
    /// Units of its index.
    pub index_units: u64,
    /// How many of the writes were refused, since a condition did not hold. They cost the same.
    pub refused: u64,
}

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counted {
    /// Of all services.
    pub calls: BTreeMap<Operation, Calls>,
    /// What was written to the table, by the kind of item.
    pub writes: BTreeMap<&'static str, Written>,
    /// The same, by item: of errors only, since those are what a storm meets.
    pub errors: HashMap<String, Written>,
    /// Units of the table and of the index that reads took.
    pub read_units: f64,
    /// By how many bytes the table grew, its index included, as storage is charged.
    pub grown: i64,
    reads: Reads,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// How many calls read the table.
    pub calls: usize,
    /// How many items, or entries of the index, they returned.
    pub items: usize,
    /// How many bytes of JSON these were.
    pub bytes: usize,
    /// How many objects of S3 were read.
    pub objects: usize,
}

impl Counted {
    /// All writes to the table.
    pub fn written(&self) -> Written {
        let add = |all: Written, one: &Written| Written {
            items: all.items + one.items,
            units: all.units + one.units,
            index_units: all.index_units + one.index_units,
            refused: all.refused + one.refused,
        };
        self.writes.values().fold(Written::default(), add)
    }

    /// All calls of an operation.
    pub fn of(&self, service: &'static str, name: &str) -> Calls {
        self.calls.get(&Operation { service, name: name.to_owned() }).copied().unwrap_or_default()
    }
}

impl Meter {
    /// One that also counts what writes of the table cost, for which it reads their items before and after.
    pub fn weighing() -> Self {
        Self { weighing: Some(Arc::default()), ..Self::default() }
    }

    /// The same, where each call takes as long as `waits` says, by the clock of a paused runtime.
    pub fn waiting(self, waits: fn(&Operation) -> Duration) -> Self {
        Self { waits: Some(waits), ..self }
    }

    /// `client`, whose calls are counted.
    pub fn around(&self, client: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Metered { meter: self.clone(), to: client })
    }

    /// Begins anew.
    pub fn reset(&self) {
        *self.counted.lock().unwrap() = Counted::default();
    }

    /// What was read since.
    pub fn reads(&self) -> Reads {
        self.counted.lock().unwrap().reads.clone()
    }

    /// What was counted since.
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

/// What the services call the operation: the header of the JSON protocols has it, S3's are told by the method.
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
            // The engines are other threads, of which a paused clock knows nothing.
            let answer = held(meter.call(&to, request)).await;
            tokio::time::sleep(wait).await;
            answer
        })
    }
}
