//! Reading a body within its limits.

use std::borrow::Cow;
use std::io::Read;

use axum::body::Body;
use bytes::Bytes;
use domain::outcome::{Reason, Refusal};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, LengthLimitError, Limited};

/// The largest body as sent, in bytes. A Lambda request holds 6 MB, of which base64 takes a quarter.
pub const MAX_BODY: usize = 4 << 20;
/// The largest body unpacked, in bytes: what bounds the memory of a request.
pub const MAX_UNPACKED: usize = 16 << 20;

/// The body of a request, as sent. A body over the limit is refused before more than the limit was read.
pub async fn read(request: Request<Body>) -> Result<Bytes, Refusal> {
    let too_large = |size: &str| {
        let message = format!("the body has {size} bytes: at most {MAX_BODY} are taken, split it or pack it with gzip");
        Refusal::new(Reason::BodyTooLarge, message)
    };
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if let Some(length) = announced.filter(|&length| length > MAX_BODY as u64) {
        return Err(too_large(&length.to_string()));
    }
    match Limited::new(request.into_body(), MAX_BODY).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large("more")),
        Err(error) => Err(Refusal::new(Reason::BodyEncoding, format!("the body broke off: {error}"))),
    }
}

/// The body of a request, unpacked.
pub async fn read_unpacked(request: Request<Body>) -> Result<Bytes, Refusal> {
    let headers = request.headers().clone();
    let body = read(request).await?;
    let unpacked = match unpack(&headers, &body)? {
        Cow::Owned(unpacked) => Some(unpacked),
        Cow::Borrowed(_) => None,
    };
    Ok(unpacked.map_or(body, Bytes::from))
}

/// `body` unpacked. What it is packed with is told by its first bytes, since a gateway may have unpacked it already and
/// left the header; only Brotli, which has no such bytes, is told by the header.
pub fn unpack<'a>(headers: &HeaderMap, body: &'a [u8]) -> Result<Cow<'a, [u8]>, Refusal> {
    let encoding = headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match body {
        [0x1f, 0x8b, ..] => limited(flate2::read::MultiGzDecoder::new(body), "gzip"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => match zstd::stream::read::Decoder::with_buffer(body) {
            Ok(decoder) => limited(decoder, "zstd"),
            Err(error) => Err(damaged("zstd", &error)),
        },
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => limited(flate2::read::ZlibDecoder::new(body), "deflate"),
        [b'{' | b'[', ..] => Ok(Cow::Borrowed(body)),
        _ if encoding.eq_ignore_ascii_case("br") => limited(brotli_decompressor::Decompressor::new(body, 4_096), "br"),
        _ => Ok(Cow::Borrowed(body)),
    }
}

/// What `body` holds in base64 (of either alphabet, padded or not); `None` if it is none.
pub fn from_base64(body: &[u8]) -> Option<Vec<u8>> {
    use base64::Engine;
    use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
    const EITHER: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let body = body.trim_ascii();
    let standard = GeneralPurpose::new(&base64::alphabet::STANDARD, EITHER);
    let url_safe = GeneralPurpose::new(&base64::alphabet::URL_SAFE, EITHER);
    standard.decode(body).or_else(|_| url_safe.decode(body)).ok()
}

/// All that `packed` unpacks to, reading no more than the limit.
fn limited<'a>(packed: impl Read, encoding: &str) -> Result<Cow<'a, [u8]>, Refusal> {
    let mut unpacked = Vec::new();
    let read = packed.take(MAX_UNPACKED as u64 + 1).read_to_end(&mut unpacked);
    if unpacked.len() > MAX_UNPACKED {
        let message = format!("the body unpacks ({encoding}) to more than {MAX_UNPACKED} bytes: split it");
        return Err(Refusal::new(Reason::BodyTooLargeUnpacked, message));
    }
    read.map_err(|error| damaged(encoding, &error))?;
    Ok(Cow::Owned(unpacked))
}

fn damaged(encoding: &str, error: &std::io::Error) -> Refusal {
    Refusal::new(Reason::BodyEncoding, format!("the body cannot be unpacked as {encoding}: {error}"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use http::HeaderValue;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    const BODY: &[u8] = b"{\"a\":1}";

    #[test]
    fn what_a_body_is_packed_with_is_told_by_its_bytes_not_by_the_header() {
        for packed in [gzip(BODY), zlib(BODY), zstd::bulk::compress(BODY, 3).unwrap(), BODY.to_vec()] {
            for encoding in ["", "gzip", "identity", "br"] {
                let mut headers = HeaderMap::new();
                headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
                assert_eq!(unpack(&headers, &packed).unwrap(), BODY, "{encoding}");
            }
        }
    }

    #[test]
    fn a_bomb_is_refused_after_the_limit() {
        let zeros = vec![0; MAX_UNPACKED + 1];
        for packed in [gzip(&zeros), zlib(&zeros), zstd::bulk::compress(&zeros, 3).unwrap()] {
            assert!(packed.len() < MAX_BODY);
            let refusal = unpack(&HeaderMap::new(), &packed).unwrap_err();
            assert_eq!(refusal.reason, Reason::BodyTooLargeUnpacked);
        }
        assert_eq!(unpack(&HeaderMap::new(), &gzip(&zeros[1..])).unwrap().len(), MAX_UNPACKED);
    }

    #[test]
    fn a_damaged_body_says_so() {
        let packed = gzip(&[b"some text that packs".as_slice(); 9].concat());
        let refusal = unpack(&HeaderMap::new(), &packed[..packed.len() / 2]).unwrap_err();
        assert_eq!(refusal.reason, Reason::BodyEncoding);
        assert!(refusal.message.contains("gzip"), "{refusal}");
    }
}
