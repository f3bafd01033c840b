//! A connection's bytes, with timeouts for sending headers and for reading an answer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// A stream that fails if its client is too slow. It does not limit how long a connection may be idle: hyper's header
/// timeout does that, because it also runs before the first byte of a request.
pub(super) struct Timed {
    stream: TcpStream,
    /// Set between requests, and cleared when the first byte of the next one arrives.
    is_between: Arc<AtomicBool>,
    header_limit: Duration,
    stall_limit: Duration,
    header: Option<Pin<Box<Sleep>>>,
    stall: Option<Pin<Box<Sleep>>>,
    /// Whether the headers of a request are arriving. Cleared when the service gets the request.
    in_header: Arc<AtomicBool>,
}

/// Signals from the service to the stream.
#[derive(Clone)]
pub(super) struct Marks {
    is_between: Arc<AtomicBool>,
    in_header: Arc<AtomicBool>,
}

impl Marks {
    /// Signals that the headers of a request are complete.
    pub(super) fn request(&self) {
        self.in_header.store(false, Ordering::Relaxed);
        self.is_between.store(false, Ordering::Relaxed);
    }

    /// Signals that the request was answered: the next byte begins another request.
    pub(super) fn answered(&self) {
        self.is_between.store(true, Ordering::Relaxed);
    }
}

impl Timed {
    /// `header_limit` is the time for the headers of a request, from their first byte. `stall_limit` is the time
    /// without progress while an answer is written.
    pub(super) fn new(stream: TcpStream, header_limit: Duration, stall_limit: Duration) -> (Self, Marks) {
        let marks = Marks { is_between: Arc::new(AtomicBool::new(true)), in_header: Arc::new(AtomicBool::new(false)) };
        let Marks { is_between, in_header } = marks.clone();
        (Self { stream, is_between, header_limit, stall_limit, header: None, stall: None, in_header }, marks)
    }

    /// Fails if the client has read nothing for too long. To be called when a write makes no progress.
    fn poll_stall(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let limit = self.stall_limit;
        match self.stall.get_or_insert_with(|| Box::pin(sleep(limit))).as_mut().poll(cx) {
            Poll::Ready(()) => Err(late("the client stopped reading the answer")),
            Poll::Pending => Ok(()),
        }
    }

    fn wrote<T>(&mut self, cx: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match polled {
            Poll::Ready(done) => {
                self.stall = None;
                Poll::Ready(done)
            }
            Poll::Pending => match self.poll_stall(cx) {
                Ok(()) => Poll::Pending,
                Err(error) => Poll::Ready(Err(error)),
            },
        }
    }
}

fn late(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, what)
}

impl AsyncRead for Timed {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before && self.is_between.swap(false, Ordering::Relaxed) {
            self.in_header.store(true, Ordering::Relaxed);
            self.header = Some(Box::pin(sleep(self.header_limit)));
        }
        if !self.in_header.load(Ordering::Relaxed) {
            self.header = None;
        } else if let Some(header) = self.header.as_mut()
            && header.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Err(late("the headers of a request did not arrive in time")));
        }
        polled
    }
}

impl AsyncWrite for Timed {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.wrote(cx, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.wrote(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
