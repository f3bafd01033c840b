//! Reads the bodies of requests within limits.

mod chain;
mod codec;
mod drain;
mod unpacked;

use std::borrow::Cow;

use axum::body::Body;
use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use model::outcome::{Reason, Refusal};

use chain::{Chain, refuse_damaged};
pub(crate) use drain::Lent;
pub use unpacked::{Limits, Unpacked};

/// The largest body as sent, in bytes, except for envelopes. A Lambda request holds 6 MB, and base64 takes a quarter of
/// that.
pub const MAX_BODY: usize = 4 << 20;
/// The largest body after decoding, in bytes, except for envelopes. It bounds the memory of a request.
pub const MAX_UNPACKED: usize = 16 << 20;

/// Reads the body of a request as sent. A body over the limit is refused before more than the limit was read.
pub async fn read(request: Request<Body>) -> Result<Bytes, Refusal> {
    if let Some(length) = announced(request.headers()).filter(|&length| length > MAX_BODY as u64) {
        return Err(too_large(&length.to_string(), MAX_BODY));
    }
    match Limited::new(request.into_body(), MAX_BODY).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large("too many", MAX_BODY)),
        Err(error) => Err(broke_off(&error)),
    }
}

/// Reads and decodes the body of a request within the default limits.
pub async fn read_unpacked(request: Request<Body>) -> Result<Bytes, Refusal> {
    read_within(request, Limits::DEFAULT).await
}

/// Reads and decodes the body of a request within `limits`.
pub async fn read_within(request: Request<Body>, limits: Limits) -> Result<Bytes, Refusal> {
    let mut body = Unpacked::new(request, limits);
    let mut whole = Vec::new();
    while let Some(piece) = body.next().await? {
        whole.extend_from_slice(piece);
    }
    Ok(whole.into())
}

/// Decodes `body`. Tries the encodings that the header names first, then the one that the first bytes show, then none.
pub fn unpack<'a>(headers: &HeaderMap, body: &'a [u8]) -> Result<Cow<'a, [u8]>, Refusal> {
    let mut chain = Chain::for_body(headers, body, true)?;
    if chain.is_plain() {
        return Ok(Cow::Borrowed(body));
    }
    let (mut rest, mut whole, mut piece) = (body, Vec::new(), vec![0; PIECE]);
    loop {
        let moved = chain.step(rest, &mut piece).map_err(|error| refuse_damaged(&error))?;
        rest = &rest[moved.read..];
        if whole.len() + moved.written > MAX_UNPACKED {
            return Err(too_large_unpacked(&chain.name(), MAX_UNPACKED));
        }
        whole.extend_from_slice(&piece[..moved.written]);
        if moved.is_none() {
            chain.finish().map_err(|error| refuse_damaged(&error))?;
            return Ok(Cow::Owned(whole));
        }
    }
}

/// How many bytes are decoded at once.
const PIECE: usize = 64 << 10;

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_large(size: &str, limit: usize) -> Refusal {
    let message =
        format!("the body has {size} bytes: at most {limit} are accepted, so split it or compress it with gzip");
    Refusal::new(Reason::BodyTooLarge, message)
}

fn too_large_unpacked(encoding: &str, limit: usize) -> Refusal {
    let how = if encoding.is_empty() { "has".to_owned() } else { format!("unpacks ({encoding}) to") };
    Refusal::new(Reason::BodyTooLargeUnpacked, format!("the body {how} more than {limit} bytes: split it"))
}

fn broke_off(error: &impl std::fmt::Display) -> Refusal {
    Refusal::new(Reason::BodyEncoding, format!("failed to read the body: {error}"))
}

/// Decodes base64 (of either alphabet, padded or not). `None` if `body` is not base64.
pub fn decode_base64(body: &[u8]) -> Option<Vec<u8>> {
    use base64::Engine;
    use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
    const EITHER: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let body = body.trim_ascii();
    let standard = GeneralPurpose::new(&base64::alphabet::STANDARD, EITHER);
    let url_safe = GeneralPurpose::new(&base64::alphabet::URL_SAFE, EITHER);
    standard.decode(body).or_else(|_| url_safe.decode(body)).ok()
}

#[cfg(test)]
mod tests;
