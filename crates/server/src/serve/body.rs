//! Request bodies that are arriving, with a timeout and a limit on the memory of all bodies together.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};

use super::connections::{Connection, Connections};

/// Bytes of each body that do not count against the shared memory. Most events are smaller, so they are accepted
/// however many large bodies wait.
const FREE: usize = 64 << 10;
/// Size in bytes of a unit of the shared memory.
const UNIT: usize = 1 << 10;
/// How long a body waits for memory before it asks to cut off another body, and between further requests.
const PATIENCE: Duration = Duration::from_millis(250);

/// The memory that all bodies together may use, beyond the first 64 KiB of each.
#[derive(Clone, Debug)]
pub(super) struct BodyMemory {
    units: Arc<Semaphore>,
    connections: Arc<Connections>,
}

impl BodyMemory {
    /// Creates a memory of this many bytes for the bodies of `connections`.
    pub(super) fn new(bytes: usize, connections: Arc<Connections>) -> Self {
        Self { units: Arc::new(Semaphore::new((bytes / UNIT).min(Semaphore::MAX_PERMITS))), connections }
    }

    /// Takes units of memory. While there are not enough, it cuts off unfinished bodies of other connections, one after
    /// another.
    async fn take(self, units: u32, taker: Arc<Connection>) -> Option<OwnedSemaphorePermit> {
        let taking = self.units.acquire_many_owned(units);
        tokio::pin!(taking);
        loop {
            tokio::select! {
                taken = &mut taking => return taken.ok(),
                () = sleep(PATIENCE) => { self.connections.cut_off_body(&taker); }
            }
        }
    }
}

/// The memory that one request uses. It is released when the request is answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Taken(Arc<Mutex<Option<OwnedSemaphorePermit>>>);

impl Taken {
    fn add(&self, permit: OwnedSemaphorePermit) {
        let mut taken = self.0.lock();
        match taken.as_mut() {
            Some(taken) => taken.merge(permit),
            None => *taken = Some(permit),
        }
    }
}

/// Why a body ends early.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    #[error("the body did not arrive within {} seconds", .0.as_secs_f32())]
    Slow(Duration),
    #[error("there is no memory for the body")]
    Memory,
    #[error(transparent)]
    Broken(#[from] hyper::Error),
}

type Taking = Pin<Box<dyn Future<Output = Option<OwnedSemaphorePermit>> + Send>>;

/// A request body that is arriving.
pub(super) struct Arriving {
    body: Incoming,
    connection: Arc<Connection>,
    memory: BodyMemory,
    taken: Taken,
    limit: Duration,
    /// The timeout. It starts when the body is first polled: until then the client may be waiting for `100 Continue`.
    timer: Option<Pin<Box<Sleep>>>,
    bytes: usize,
    units: usize,
    /// Data that has arrived and waits for memory.
    waiting: Option<(Bytes, Taking)>,
}

impl Arriving {
    pub(super) fn new(
        body: Incoming,
        connection: Arc<Connection>,
        memory: BodyMemory,
        taken: Taken,
        limit: Duration,
    ) -> Self {
        Self { body, connection, memory, taken, limit, timer: None, bytes: 0, units: 0, waiting: None }
    }

    /// Takes memory for `data`. Returns `None` if it was available, else a future to wait for.
    fn account(&mut self, data: &Bytes) -> Option<Taking> {
        self.bytes += data.len();
        if self.bytes <= FREE {
            return None;
        }
        // Take memory for the whole announced length at once: bodies that each hold a part would wait for each other.
        // No handler keeps more than the body limit of most routes in memory: an envelope may be larger, but what is
        // over the limit is skipped while it is read.
        let announced = self.body.size_hint().upper().and_then(|left| usize::try_from(left).ok()).unwrap_or_default();
        let expected = (self.bytes + announced).min(http_common::MAX_BODY);
        let needed = (expected - FREE).div_ceil(UNIT);
        let more = u32::try_from(needed.saturating_sub(self.units)).unwrap_or(u32::MAX);
        if more == 0 {
            return None;
        }
        self.units = needed;
        match self.memory.units.clone().try_acquire_many_owned(more) {
            Ok(permit) => {
                self.taken.add(permit);
                None
            }
            Err(_) => Some(Box::pin(self.memory.clone().take(more, self.connection.clone()))),
        }
    }
}

impl Body for Arriving {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let limit = this.limit;
        if this.timer.get_or_insert_with(|| Box::pin(sleep(limit))).as_mut().poll(cx).is_ready() {
            this.connection.body_ended();
            return Poll::Ready(Some(Err(BodyError::Slow(limit))));
        }
        if let Some((_, taking)) = this.waiting.as_mut() {
            let taken = ready!(taking.as_mut().poll(cx));
            let data = this.waiting.take().map(|(data, _)| data).unwrap_or_default();
            return Poll::Ready(Some(match taken {
                Some(permit) => {
                    this.taken.add(permit);
                    Ok(Frame::data(data))
                }
                None => Err(BodyError::Memory),
            }));
        }
        let frame = match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
            Some(Ok(frame)) => frame,
            ended => {
                this.connection.body_ended();
                return Poll::Ready(ended.map(|frame| frame.map_err(BodyError::from)));
            }
        };
        let data = match frame.into_data() {
            Ok(data) => data,
            Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
        };
        match this.account(&data) {
            None => Poll::Ready(Some(Ok(Frame::data(data)))),
            Some(taking) => {
                this.waiting = Some((data, taking));
                // Poll again at once, so that the waiting begins.
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.waiting.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        self.connection.body_ended();
    }
}

/// The body of an answer. When it is dropped, its connection waits for the next request.
pub(super) struct AnswerBody {
    pub(super) body: axum::body::Body,
    pub(super) connection: Arc<Connection>,
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for AnswerBody {
    fn drop(&mut self) {
        self.connection.enter(super::connections::Phase::Waiting);
    }
}
