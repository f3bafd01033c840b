//! One connection to the server, reopened when the server closes it.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::target::BenchTarget;
use crate::workload::EventForm;

/// How long to wait for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Connection<'a> {
    target: &'a BenchTarget,
    form: EventForm,
    path: String,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl<'a> Connection<'a> {
    pub(crate) fn to(target: &'a BenchTarget, form: EventForm) -> Self {
        Self { target, form, path: target.path(form), sender: None }
    }

    /// Posts a body. Returns the status of the answer, and when the answer had arrived completely.
    pub(crate) async fn post(&mut self, body: Vec<u8>) -> Result<(StatusCode, Instant), String> {
        let answered = tokio::time::timeout(PATIENCE, self.exchange(body)).await;
        let answered = answered.unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())));
        if answered.is_err() {
            self.sender = None;
        }
        answered
    }

    async fn exchange(&mut self, body: Vec<u8>) -> Result<(StatusCode, Instant), String> {
        let request = self.request(body)?;
        let sender = self.sender().await?;
        let answer = sender.send_request(request).await.map_err(|error| error.to_string())?;
        let status = answer.status();
        answer.into_body().collect().await.map_err(|error| error.to_string())?;
        Ok((status, Instant::now()))
    }

    fn request(&self, body: Vec<u8>) -> Result<Request<Full<Bytes>>, String> {
        let BenchTarget { address, key, .. } = self.target;
        let request =
            Request::post(&self.path).header("host", address.to_string()).header("content-length", body.len());
        let request = match self.form {
            EventForm::V1 => request.header("x-api-key", key).header("content-type", "application/json"),
            EventForm::Envelope | EventForm::Store => {
                let client = concat!("faultline-bench/", env!("CARGO_PKG_VERSION"));
                let auth = format!("Sentry sentry_version=7, sentry_client={client}, sentry_key={key}");
                let kind =
                    if self.form == EventForm::Store { "application/json" } else { "application/x-sentry-envelope" };
                request.header("x-sentry-auth", auth).header("content-type", kind)
            }
        };
        request.body(Full::new(body.into())).map_err(|error| error.to_string())
    }

    async fn sender(&mut self) -> Result<&mut SendRequest<Full<Bytes>>, String> {
        let open = match self.sender.take() {
            Some(mut open) => open.ready().await.ok().map(|()| open),
            None => None,
        };
        let open = match open {
            Some(open) => open,
            None => connect(self.target).await.map_err(|error| format!("{}: {error}", self.target.address))?,
        };
        Ok(self.sender.insert(open))
    }
}

async fn connect(target: &BenchTarget) -> Result<SendRequest<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
    let stream = TcpStream::connect(target.address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}
