//! A paused clock that works with engines on other threads.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use tokio::sync::Mutex;

/// Runs `work` on a paused clock, which advances to the next timer whenever nothing can run.
pub fn paused<T>(work: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().start_paused(true).build().unwrap().block_on(work)
}

/// Waits for `work` on other threads. The paused clock does not see those, but it advances only when no blocking task
/// is left.
pub async fn held<T>(work: impl Future<Output = T>) -> T {
    let (done, waits) = std::sync::mpsc::channel::<()>();
    let holds = tokio::task::spawn_blocking(move || waits.recv().is_ok());
    let result = work.await;
    drop(done);
    holds.await.unwrap();
    result
}

/// Lets one request through at a time, in the order in which they arrived.
#[derive(Clone, Debug, Default)]
pub struct Turns(Arc<Mutex<()>>);

impl Turns {
    /// Returns a client that sends one request at a time.
    pub fn around(&self, client: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(InTurn { turns: self.clone(), to: client })
    }
}

#[derive(Clone, Debug)]
struct InTurn<T> {
    turns: Turns,
    to: T,
}

impl HttpClient for InTurn<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let to = self.to.http_connector(settings, components);
        SharedHttpConnector::new(InTurn { turns: self.turns.clone(), to })
    }
}

impl HttpConnector for InTurn<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let line = self.clone();
        HttpConnectorFuture::new(async move {
            let _turn = line.turns.0.lock().await;
            held(line.to.call(request)).await
        })
    }
}
