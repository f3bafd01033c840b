//! Reads the rest of a body that a handler did not read.
//!
//! Many clients (in Java, Go, Node.js and Python, for example) write the whole body before they read the response. If
//! the server responds and closes the connection earlier, they fail with a broken pipe: they never see that the body is
//! too large or the key is unknown, and send it again.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http::header::EXPECT;
use http::{HeaderMap, Request};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use parking_lot::Mutex;

/// The most bytes of a body that are read after its request was decided.
const MAX_DRAINED: usize = 256 << 20;
/// The longest time for which they are read.
const MAX_DRAINING: Duration = Duration::from_secs(20);

/// The body of a request while a handler uses it.
pub(crate) struct Lent {
    shared: Arc<Mutex<Shared>>,
    /// Whether the client sends the body only after `100 Continue`.
    is_awaited: bool,
}

struct Shared {
    body: Body,
    is_begun: bool,
}

impl Lent {
    /// Takes the body of a request and replaces it with one that reads from it. `None` if there is nothing to read.
    pub(crate) fn take(request: &mut Request<Body>) -> Option<Self> {
        if request.body().is_end_stream() {
            return None;
        }
        let is_awaited = awaits_continue(request.headers());
        let body = std::mem::take(request.body_mut());
        let shared = Arc::new(Mutex::new(Shared { body, is_begun: false }));
        *request.body_mut() = Body::new(Borrowed(shared.clone()));
        Some(Self { shared, is_awaited })
    }

    /// Reads and discards the bytes that the handler left, up to a limit of bytes and of time.
    pub(crate) async fn drain(self) {
        let mut rest = {
            let mut shared = self.shared.lock();
            // A client that waits for `100 Continue` accepts the response in place of it.
            if shared.body.is_end_stream() || (self.is_awaited && !shared.is_begun) {
                return;
            }
            std::mem::take(&mut shared.body)
        };
        let read = async {
            let mut drained = 0;
            while drained < MAX_DRAINED {
                match rest.frame().await {
                    Some(Ok(frame)) => drained += frame.data_ref().map_or(0, Bytes::len),
                    Some(Err(_)) | None => return true,
                }
            }
            false
        };
        if !tokio::time::timeout(MAX_DRAINING, read).await.unwrap_or_default() {
            tracing::debug!("failed to read a refused body to its end: it is too long");
        }
    }
}

fn awaits_continue(headers: &HeaderMap) -> bool {
    headers.get(EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// The body that the handler gets.
struct Borrowed(Arc<Mutex<Shared>>);

impl HttpBody for Borrowed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut shared = self.0.lock();
        shared.is_begun = true;
        Pin::new(&mut shared.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::Router;
    use axum::routing::post;
    use futures_util::stream::{self, StreamExt};
    use http::StatusCode;
    use http_body_util::StreamBody;
    use model::outcome::{Reason, Refusal};
    use tower::ServiceExt;

    use super::*;
    use crate::{Front, Outcomes};

    /// A body of `count` pieces of 64 KiB that counts the pieces that were read.
    fn body(count: usize, read: &Arc<AtomicUsize>) -> Body {
        let read = read.clone();
        let pieces = stream::iter(0..count).map(move |_| {
            read.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(Frame::data(Bytes::from_static(&[0; 64 << 10])))
        });
        Body::new(StreamBody::new(pieces))
    }

    /// Returns the status, and how many pieces were read before the response.
    async fn ask(method: &str, path: &str, expect: Option<&str>, count: usize) -> (StatusCode, usize) {
        let outcomes = Arc::<Outcomes>::default();
        let counted = outcomes.clone();
        let refuse = move |request: Request<Body>| {
            let outcomes = counted.clone();
            async move {
                outcomes
                    .answer(async { crate::read(request).await.map(|_| Err(Refusal::new(Reason::KeyUnknown, "no")))? })
                    .await
            }
        };
        let unread = || async { StatusCode::FORBIDDEN };
        let router = Router::new().route("/projects", post(refuse)).route("/tunnel", post(unread));
        let read = Arc::<AtomicUsize>::default();
        let mut request = Request::builder().method(method).uri(path);
        if let Some(expect) = expect {
            request = request.header(EXPECT, expect);
        }
        let request = request.body(body(count, &read)).unwrap();
        let answer = Front::new(router, outcomes).oneshot(request).await.unwrap();
        (answer.status(), read.load(Ordering::Relaxed))
    }

    /// Whatever refused the body, and however much of it was read: a client that writes first can then read the
    /// response.
    #[tokio::test]
    async fn a_refused_body_is_read_before_the_answer_goes_out() {
        let mib = 16;
        assert_eq!(ask("POST", "/projects", None, 40 * mib).await, (StatusCode::PAYLOAD_TOO_LARGE, 40 * mib));
        assert_eq!(ask("POST", "/projects", None, 3).await, (StatusCode::FORBIDDEN, 3));
        assert_eq!(ask("POST", "/tunnel", None, 40 * mib).await, (StatusCode::FORBIDDEN, 40 * mib));
        assert_eq!(ask("POST", "/nowhere", None, mib).await, (StatusCode::NOT_FOUND, mib));
        assert_eq!(ask("PUT", "/tunnel", None, mib).await, (StatusCode::METHOD_NOT_ALLOWED, mib));
        let (status, read) = ask("POST", "/tunnel", None, 400 * mib).await;
        assert_eq!((status, read), (StatusCode::FORBIDDEN, 256 * mib), "up to the bound");
        // The client has not sent anything yet, and does not send the body now.
        assert_eq!(ask("POST", "/tunnel", Some("100-continue"), mib).await, (StatusCode::FORBIDDEN, 0));
    }
}
