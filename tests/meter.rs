//! What is read of the table, counted on the way to it.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use serde_json::Value;

/// Counts what calls read. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Mutex<Reads>>);

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

impl Meter {
    /// `client`, whose calls are counted.
    pub fn around(&self, client: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Metered { meter: self.clone(), to: client })
    }

    /// Begins anew.
    pub fn reset(&self) {
        *self.0.lock().unwrap() = Reads::default();
    }

    /// What was read since.
    pub fn reads(&self) -> Reads {
        self.0.lock().unwrap().clone()
    }

    fn count(&self, operation: &str, is_get: bool, answer: &HttpResponse) {
        let body = answer.body().bytes().unwrap_or_default();
        let mut reads = self.0.lock().unwrap();
        if operation.is_empty() {
            reads.objects += usize::from(is_get);
            return;
        }
        let json = || serde_json::from_slice::<Value>(body).unwrap_or_default();
        let items = match operation {
            "GetItem" => usize::from(!json()["Item"].is_null()),
            "Query" => json()["Items"].as_array().map_or(0, Vec::len),
            "BatchGetItem" => json()["Responses"]["faultline"].as_array().map_or(0, Vec::len),
            _ => return,
        };
        reads.calls += 1;
        reads.items += items;
        reads.bytes += body.len();
    }
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
        let (meter, to) = (self.meter.clone(), self.to.clone());
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let is_get = request.method() == "GET";
        HttpConnectorFuture::new(async move {
            let answer = to.call(request).await?;
            meter.count(&operation, is_get, &answer);
            Ok(answer)
        })
    }
}
