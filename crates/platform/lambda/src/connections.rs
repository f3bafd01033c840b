//! HTTPS connections that do not outlive a pause.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use parking_lot::Mutex;

/// After how long without a request connections are not used again. Lambda freezes a function between two invocations.
/// In the meantime the other side may have closed its connections, or a NAT gateway may have forgotten them, without the
/// function noticing: a request on such a connection waits for an answer until its time is up. The client's own limit for
/// idle connections does not help, because its timers stand still, too.
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// A client that opens new connections after a pause. The pause is measured by the wall clock, which goes on while the
/// function is frozen.
pub(crate) struct FreshConnections<Make, Now> {
    make: Make,
    now: Now,
    current: Mutex<Current>,
}

struct Current {
    client: SharedHttpClient,
    used_at: SystemTime,
}

impl<Make, Now> FreshConnections<Make, Now>
where
    Make: Fn() -> SharedHttpClient,
    Now: Fn() -> SystemTime,
{
    /// A client whose connections are those of the client that `make` creates. `now` is the wall clock.
    pub(crate) fn new(make: Make, now: Now) -> Self {
        let current = Mutex::new(Current { client: make(), used_at: now() });
        Self { make, now, current }
    }

    fn client(&self) -> SharedHttpClient {
        let now = (self.now)();
        let mut current = self.current.lock();
        // A clock that was set back says nothing about the pause.
        if now.duration_since(current.used_at).is_ok_and(|pause| pause > MAX_PAUSE) {
            current.client = (self.make)();
        }
        current.used_at = now;
        current.client.clone()
    }
}

impl<Make, Now> HttpClient for FreshConnections<Make, Now>
where
    Make: Fn() -> SharedHttpClient + Send + Sync,
    Now: Fn() -> SystemTime + Send + Sync,
{
    /// The SDK calls this for each attempt.
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        self.client().http_connector(settings, components)
    }
}

impl<Make, Now> fmt::Debug for FreshConnections<Make, Now> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FreshConnections").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use aws_sdk_dynamodb::config::Credentials;
    use aws_smithy_runtime_api::client::http::SharedHttpClient;
    use store::aws::{self, Account, Service};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    /// Answers `requests` requests on one connection, then keeps it open and answers no more: what a client sees of a
    /// connection that was dropped silently.
    async fn answer(mut stream: TcpStream, requests: usize) {
        let mut buffer = [0; 4_096];
        for _ in 0..requests {
            let mut head = Vec::new();
            while !head.ends_with(b"{}") {
                match stream.read(&mut buffer).await {
                    Ok(0) | Err(_) => return,
                    Ok(read) => head.extend_from_slice(&buffer[..read]),
                }
            }
            let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 2\r\n\r\n{}";
            stream.write_all(answer.as_bytes()).await.expect("the client is there");
        }
        std::future::pending::<()>().await;
    }

    #[tokio::test]
    async fn a_connection_that_was_dropped_during_a_freeze_is_not_used() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let connections = Arc::new(AtomicU64::new(0));
        let counted = connections.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(answer(stream, 2));
            }
        });

        let seconds = Arc::new(AtomicU64::new(1_000));
        let wall = seconds.clone();
        let now = move || SystemTime::UNIX_EPOCH + Duration::from_secs(wall.load(Ordering::Relaxed));
        let trusted = || crate::roots::trusted().expect("the roots that are compiled in");
        let fresh = FreshConnections::new(move || crate::setup::https(trusted()), now);
        let account = Account {
            region: "eu-central-1".to_owned(),
            credentials: Credentials::new("id", "secret", None, None, "test"),
        };
        let service = Service { endpoint: Some(endpoint), ..Service::new(SharedHttpClient::new(fresh)) };
        let client = aws::dynamodb(&account, &service);
        let call = async || client.list_tables().send().await.expect("an answer");

        call().await;
        seconds.fetch_add(MAX_PAUSE.as_secs(), Ordering::Relaxed);
        call().await;
        assert_eq!(connections.load(Ordering::Relaxed), 1, "a short pause keeps the connection");
        // Frozen: the connection is dead, and neither side has said so.
        seconds.fetch_add(MAX_PAUSE.as_secs() + 1, Ordering::Relaxed);
        let began = std::time::Instant::now();
        call().await;
        assert_eq!(connections.load(Ordering::Relaxed), 2);
        assert!(began.elapsed() < aws::ATTEMPT, "the first attempt was answered");
    }
}
