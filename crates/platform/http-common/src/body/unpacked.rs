//! A body that is decoded while it is read.

use axum::body::Body;
use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use model::outcome::Refusal;

use super::chain::{Chain, refuse_damaged};
use super::{MAX_BODY, MAX_UNPACKED, PIECE, announced, broke_off, too_large, too_large_unpacked};

/// How many bytes of a body are used to detect its encoding.
const PREFIX: usize = 64 << 10;

/// How many bytes are decoded before other requests get a turn.
const TURN: usize = 1 << 20;

/// The largest size of a body, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The size as sent.
    pub sent: usize,
    /// The size after decoding.
    pub unpacked: usize,
}

impl Limits {
    /// [`MAX_BODY`] and [`MAX_UNPACKED`].
    pub const DEFAULT: Self = Self { sent: MAX_BODY, unpacked: MAX_UNPACKED };
}

/// The body of a request, decoded piece by piece, so that the reader decides how much stays in memory.
pub struct Unpacked {
    headers: HeaderMap,
    body: Body,
    limits: Limits,
    /// Bytes that were read but not decoded yet.
    unread: Bytes,
    is_read: bool,
    chain: Option<Chain>,
    sent: usize,
    unpacked: usize,
    piece: Vec<u8>,
}

impl Unpacked {
    /// Wraps a request without reading anything yet.
    pub fn new(request: Request<Body>, limits: Limits) -> Self {
        let (parts, body) = request.into_parts();
        Self {
            headers: parts.headers,
            body,
            limits,
            unread: Bytes::new(),
            is_read: false,
            chain: None,
            sent: 0,
            unpacked: 0,
            piece: Vec::new(),
        }
    }

    /// Returns the next piece, of at most 64 KiB, or `None` at the end. Do not call it again after a refusal.
    pub async fn next(&mut self) -> Result<Option<&[u8]>, Refusal> {
        let mut chain = match self.chain.take() {
            Some(chain) => chain,
            None => self.begin().await?,
        };
        self.piece.resize(PIECE, 0);
        loop {
            let moved = chain.step(&self.unread, &mut self.piece).map_err(|error| refuse_damaged(&error))?;
            self.unread.advance(moved.read);
            self.unpacked += moved.written;
            if self.unpacked > self.limits.unpacked {
                return Err(too_large_unpacked(&chain.name(), self.limits.unpacked));
            }
            // A few bytes may decode to many, so let other requests take a turn in between.
            if self.unpacked / TURN != (self.unpacked - moved.written) / TURN {
                tokio::task::yield_now().await;
            }
            if moved.written > 0 {
                self.chain = Some(chain);
                return Ok(Some(&self.piece[..moved.written]));
            }
            if moved.read > 0 {
                continue;
            }
            match self.read().await? {
                Some(bytes) => self.unread = bytes,
                None => {
                    chain.finish().map_err(|error| refuse_damaged(&error))?;
                    self.chain = Some(chain);
                    return Ok(None);
                }
            }
        }
    }

    /// Reads as much as is needed to detect the encoding.
    async fn begin(&mut self) -> Result<Chain, Refusal> {
        if let Some(length) = announced(&self.headers).filter(|&length| length > self.limits.sent as u64) {
            return Err(too_large(&length.to_string(), self.limits.sent));
        }
        let mut prefix = BytesMut::new();
        while prefix.len() < PREFIX {
            match self.read().await? {
                Some(bytes) if prefix.is_empty() && bytes.len() >= PREFIX => {
                    self.unread = bytes;
                    return Chain::for_body(&self.headers, &self.unread[..PREFIX], false);
                }
                Some(bytes) => prefix.extend_from_slice(&bytes),
                None => break,
            }
        }
        self.unread = prefix.freeze();
        Chain::for_body(&self.headers, &self.unread, self.is_read)
    }

    /// Returns the next bytes of the body as sent.
    async fn read(&mut self) -> Result<Option<Bytes>, Refusal> {
        while !self.is_read {
            match self.body.frame().await {
                Some(frame) => {
                    let Ok(bytes) = frame.map_err(|error| broke_off(&error))?.into_data() else { continue };
                    self.sent += bytes.len();
                    if self.sent > self.limits.sent {
                        return Err(too_large("too many", self.limits.sent));
                    }
                    return Ok(Some(bytes));
                }
                None => self.is_read = true,
            }
        }
        Ok(None)
    }
}
