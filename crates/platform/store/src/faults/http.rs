use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use tokio::sync::oneshot;

use super::{Call, Fault, Faults, refusal};

type HttpAnswer = Result<HttpResponse, ConnectorError>;

impl Faults {
    /// Wraps `client` with these faults. The result can be the `http_client` of an SDK client.
    pub fn around(&self, client: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Line { faults: self.clone(), to: client })
    }
}

/// A connection to a service, with faults.
#[derive(Clone, Debug)]
struct Line<T> {
    faults: Faults,
    to: T,
}

impl HttpClient for Line<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let to = self.to.http_connector(settings, components);
        SharedHttpConnector::new(Line { faults: self.faults.clone(), to })
    }
}

impl HttpConnector for Line<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let line = self.clone();
        HttpConnectorFuture::new(async move {
            let (there, lands) = line.faults.journey();
            let (back, _) = line.faults.journey();
            let (answer, answered) = oneshot::channel();
            // Runs in its own task, because a request that was sent may arrive although its sender is gone.
            tokio::spawn(async move {
                pause(there).await;
                if answer.is_closed() && !lands {
                    return;
                }
                let arrived = line.deliver(request).await;
                pause(back).await;
                let _ = answer.send(arrived);
            });
            answered.await.unwrap_or_else(|_| Err(broken()))
        })
    }
}

impl Line<SharedHttpConnector> {
    async fn deliver(&self, request: HttpRequest) -> HttpAnswer {
        let call = Call::new(operation(&request));
        let Some(fault) = self.faults.befall(call.clone()) else { return self.to.call(request).await };
        let again = request.try_clone();
        if matches!(fault, Fault::After | Fault::TimeOutAfter | Fault::CrashAfter | Fault::Duplicate) {
            let answer = self.to.call(request).await;
            if fault == Fault::Duplicate {
                if let Some(again) = again {
                    let _ = self.to.call(again).await;
                }
                return answer;
            }
        } else if matches!(fault, Fault::Throttle | Fault::Partly | Fault::Reject) {
            return Ok(refusal::of(&call.operation, fault, &request));
        }
        match fault {
            Fault::Crash | Fault::CrashAfter => {
                self.faults.crash();
                std::future::pending().await
            }
            Fault::TimeOut | Fault::TimeOutAfter => std::future::pending().await,
            _ => Err(broken()),
        }
    }
}

async fn pause(time: std::time::Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

fn broken() -> ConnectorError {
    ConnectorError::io("the connection broke".into())
}

/// The service's name of the operation: the JSON protocols have it in a header; for S3 it follows from method and path.
fn operation(request: &HttpRequest) -> String {
    if let Some((_, operation)) = request.headers().get("x-amz-target").and_then(|target| target.rsplit_once('.')) {
        return operation.to_owned();
    }
    let uri = request.uri();
    match request.method() {
        "PUT" => "PutObject",
        "POST" if uri.contains("?delete") => "DeleteObjects",
        "GET" if uri.contains("list-type=2") => "ListObjectsV2",
        "GET" => "GetObject",
        "DELETE" => "DeleteObject",
        other => other,
    }
    .to_owned()
}
