//! Fakes of the services that receive notifications, on loopback. Each checks a request by the service's public API
//! documentation, and refuses what the service would refuse.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test that cannot go on panics")]

mod chat;
mod github;
mod gitlab;
mod on_call;
mod smtp;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::request::Parts;
pub use chat::{DISCORD_TOKEN, SLACK_TOKEN, TEAMS_SIGNATURE, discord, slack, teams, webhook};
pub use github::{GITHUB_TOKEN, GitHub};
pub use gitlab::{GITLAB_TOKEN, GitLab};
use http::{HeaderMap, Method, Response, StatusCode};
use http_body_util::BodyExt;
pub use on_call::{ON_CALL_KEY, OnCallServer};
use serde_json::Value;
pub use smtp::{Mail, SmtpServer, SmtpTls};
use tokio::net::TcpListener;
use tokio::sync::Notify;

#[derive(Clone, Debug)]
pub struct Received {
    pub method: Method,
    /// The path, as it was sent.
    pub path: String,
    /// Names and values of the query.
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Received {
    /// Returns the body as JSON, or `null` if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Returns a header's text, or an empty text if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Returns a value of the query, or an empty text if it is missing.
    pub fn query(&self, name: &str) -> &str {
        self.query.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
    }

    /// Returns `METHOD path`.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

#[derive(Clone, Debug)]
pub struct Reply {
    status: StatusCode,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Reply {
    /// Creates an answer with a status and a body.
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status: StatusCode::from_u16(status).unwrap(), headers: Vec::new(), body: body.into() }
    }

    /// Creates an answer with a status and JSON.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, body.to_string()).header("content-type", "application/json")
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// What happens to the next request instead of the service's answer.
enum Planned {
    Reply(Reply),
    /// The service handles the request, and the answer is lost.
    Lost,
    /// The request is never answered.
    Hang,
}

type Service = Box<dyn Fn(&Received) -> Reply + Send + Sync>;

struct State {
    service: Service,
    planned: Mutex<VecDeque<Planned>>,
    received: Mutex<Vec<Received>>,
    gone: Notify,
}

/// A server on loopback, which stops when this is dropped.
pub struct FakeServer {
    address: SocketAddr,
    state: Arc<State>,
}

impl FakeServer {
    /// Starts a server that answers with `service`.
    pub async fn start(service: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            service: Box::new(service),
            planned: Mutex::default(),
            received: Mutex::default(),
            gone: Notify::new(),
        });
        let serving = state.clone();
        let router = Router::new().fallback(move |request: axum::extract::Request| answer(serving.clone(), request));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, state }
    }

    /// Returns the URL, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Makes the next request get `reply` and not reach the service.
    pub fn plan(&self, reply: Reply) {
        self.state.planned.lock().unwrap().push_back(Planned::Reply(reply));
    }

    /// Makes the next request reach the service, and its answer get lost.
    pub fn plan_lost(&self) {
        self.state.planned.lock().unwrap().push_back(Planned::Lost);
    }

    /// Makes the next request hang.
    pub fn plan_hang(&self) {
        self.state.planned.lock().unwrap().push_back(Planned::Hang);
    }

    /// Returns the requests that arrived since the last call.
    pub fn received(&self) -> Vec<Received> {
        std::mem::take(&mut self.state.received.lock().unwrap())
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        self.state.gone.notify_waiters();
    }
}

async fn answer(state: Arc<State>, request: axum::extract::Request) -> Response<Body> {
    let (Parts { method, uri, headers, .. }, body) = request.into_parts();
    let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let body = body.collect().await.unwrap().to_bytes();
    let received = Received { method, path: uri.path().to_owned(), query, headers, body };
    let gone = state.gone.notified();
    state.received.lock().unwrap().push(received.clone());
    let planned = state.planned.lock().unwrap().pop_front();
    let reply = match planned {
        Some(Planned::Reply(reply)) => reply,
        Some(Planned::Lost) => {
            (state.service)(&received);
            Reply::new(502, "the answer was lost")
        }
        Some(Planned::Hang) => {
            gone.await;
            Reply::new(503, "")
        }
        None => (state.service)(&received),
    };
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(reply.body)).unwrap()
}
