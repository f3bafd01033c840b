//! Accepts connections and answers their requests, within limits that clients cannot exceed.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use http_common::{BaseUrl, ClientAddress, Front, TrustedProxies};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower::Service;

use super::body::{AnswerBody, Arriving, BodyMemory, Taken};
use super::connections::{Connection, Connections, Open, Phase};
use super::stream::{Marks, Timed};

/// How long to wait if no further connection can be accepted.
const NO_ROOM: Duration = Duration::from_millis(100);

/// The limits of time, connections and memory for clients.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConnectionLimits {
    /// Time for the headers of a request to arrive, from the first byte.
    pub(super) header: Duration,
    /// Time for the body of a request to arrive.
    pub(super) body: Duration,
    /// Time without a byte, between requests and while an answer is sent.
    pub(super) idle: Duration,
    /// Maximum number of open connections.
    pub(super) connections: usize,
    /// Maximum bytes of bodies in memory at the same time, beyond the first 64 KiB of each.
    pub(super) body_memory: usize,
}

/// Everything that is needed to answer requests.
#[derive(Clone)]
pub(super) struct Server {
    front: Front,
    base: Option<BaseUrl>,
    proxies: Arc<TrustedProxies>,
    limits: ConnectionLimits,
    memory: BodyMemory,
    connections: Arc<Connections>,
}

impl Server {
    /// Creates a server that answers with `front`. Each request carries its client's address, and `base`, the public
    /// URL.
    pub(super) fn new(front: Front, base: Option<BaseUrl>, proxies: TrustedProxies, limits: ConnectionLimits) -> Self {
        let connections = Arc::new(Connections::default());
        let memory = BodyMemory::new(limits.body_memory, connections.clone());
        Self { front, base, proxies: Arc::new(proxies), limits, memory, connections }
    }

    /// Accepts connections until `stopped`. Returns when all requests that had begun are answered.
    pub(super) async fn run(self, listener: TcpListener, mut stopped: watch::Receiver<bool>) {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = until_stopped(&mut stopped) => break,
            };
            match accepted {
                Ok((stream, peer)) => {
                    tokio::select! {
                        () = self.make_room() => {}
                        () = until_stopped(&mut stopped) => break,
                    }
                    let open = self.connections.enter(peer.ip());
                    tokio::spawn(self.clone().answer(stream, open, stopped.clone()));
                }
                Err(error) if is_of_the_connection(&error) => {}
                Err(error) => {
                    tracing::error!(error.message = %error, "failed to accept a connection");
                    self.connections.make_room();
                    tokio::time::sleep(NO_ROOM).await;
                }
            }
        }
        drop(listener);
        self.connections.at_most(0).await;
    }

    /// Waits until one more connection may be opened, and closes others if necessary.
    async fn make_room(&self) {
        let most = self.limits.connections.saturating_sub(1);
        while self.connections.len() > most {
            if !self.connections.make_room() {
                // All connections are answering requests: the next one to finish makes room.
                let _ = tokio::time::timeout(NO_ROOM, self.connections.at_most(most)).await;
            }
        }
    }

    /// Answers the requests of one connection.
    async fn answer(self, stream: TcpStream, open: Open, mut stopped: watch::Receiver<bool>) {
        // Answers are small and written at once: waiting to fill a packet would only delay them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(error.message = %error, "failed to set TCP_NODELAY");
        }
        let idle = self.limits.idle;
        let (stream, marks) = Timed::new(stream, self.limits.header, idle);
        let connection = open.connection.clone();
        let service = service_fn(|request| self.call(request, open.connection.clone(), marks.clone()));
        let serving = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(idle.max(self.limits.header))
            .serve_connection(TokioIo::new(stream), service);
        tokio::pin!(serving);
        let ended = tokio::select! {
            ended = &mut serving => ended,
            () = connection.cut_off() => return,
            () = until_stopped(&mut stopped) => {
                serving.as_mut().graceful_shutdown();
                serving.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(error.message = %error, "a connection ended early");
        }
    }

    async fn call(
        &self,
        mut request: Request<Incoming>,
        connection: Arc<Connection>,
        marks: Marks,
    ) -> Result<Response<AnswerBody>, Infallible> {
        marks.request();
        let has_body = !request.body().is_end_stream();
        connection.enter(if has_body { Phase::Body } else { Phase::Answering });
        let client = self.proxies.client(connection.peer(), request.headers());
        let claimed = self.proxies.claimed(connection.peer(), request.headers());
        self.proxies.strip(connection.peer(), request.headers_mut());
        request.extensions_mut().insert::<ClientAddress>(client);
        if let Some(claimed) = claimed {
            request.extensions_mut().insert(claimed);
        }
        if let Some(base) = &self.base {
            request.extensions_mut().insert::<BaseUrl>(base.clone());
        }
        // Held until there is an answer, because the body is in memory until then.
        let taken = Taken::default();
        let request = request
            .map(|body| Arriving::new(body, connection.clone(), self.memory.clone(), taken.clone(), self.limits.body));
        let mut front = self.front.clone();
        let response = front.call(request).await?;
        drop(taken);
        connection.enter(Phase::Answering);
        marks.answered();
        Ok(response.map(|body| AnswerBody { body, connection }))
    }
}

/// Waits until the server must stop.
async fn until_stopped(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Whether accepting failed only because the client has already closed the connection.
fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
