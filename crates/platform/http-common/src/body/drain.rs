//! Reading what a handler left of a body.
//!
//! Many clients (those of Java, Go, Node and Python among them) write the whole body before they read the answer. A
//! server that answers and closes before it has read the body makes them fail with a broken pipe: they never see that
//! the body is too large or the key unknown, and send it again.

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

/// How much of a body is read after its request was decided, in bytes.
const MAX_DRAINED: usize = 256 << 20;
/// For how long it is read.
const MAX_DRAINING: Duration = Duration::from_secs(20);

/// The body of a request, lent to its handler.
pub(crate) struct Lent {
    shared: Arc<Mutex<Shared>>,
    /// Whether the client sends the body only when it is asked for.
    is_awaited: bool,
}

struct Shared {
    body: Body,
    is_begun: bool,
}

impl Lent {
    /// Puts a body in the place of the request's that reads the same; `None` if there is nothing to read.
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

    /// Reads what the handler left, and throws it away: within limits of bytes and time.
    pub(crate) async fn drain(self) {
        let mut rest = {
            let mut shared = self.shared.lock();
            // A client that waits for `100 Continue` takes the answer instead of it.
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
            tracing::debug!("a body that was not wanted is too long to be read to its end");
        }
    }
}

fn awaits_continue(headers: &HeaderMap) -> bool {
    headers.get(EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// What the handler reads.
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

    /// A body of `count` pieces of 64 KiB, which counts those that were read.
    fn body(count: usize, read: &Arc<AtomicUsize>) -> Body {
        let read = read.clone();
        let pieces = stream::iter(0..count).map(move |_| {
            read.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(Frame::data(Bytes::from_static(&[0; 64 << 10])))
        });
        Body::new(StreamBody::new(pieces))
    }

    /// The status, and how many pieces were read when the answer was there.
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

    /// Whatever refuses, and however much of the body it read: a client that writes first reads the answer then.
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
        // The client has sent nothing yet, and sends nothing now.
        assert_eq!(ask("POST", "/tunnel", Some("100-continue"), mib).await, (StatusCode::FORBIDDEN, 0));
    }
}
