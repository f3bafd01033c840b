//! `/api/0/organizations/{organization}/chunk-upload/`: bundles are sent in chunks, so that each fits into a request.

use std::io::Read;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http::Request;
use http_common::{Answer, BaseUrl};
use model::id::Checksum;
use model::outcome::{Reason, Refusal};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::form::{invalid, parts};
use crate::Symbols;
use crate::bundle::{MAX_BUNDLE, sha1};
use crate::uploader::Uploader;

/// The size of a chunk in bytes: a power of two, because old clients insist, and less than what fits into a request to a
/// Lambda function.
pub(crate) const CHUNK: usize = 2 << 20;
/// The most chunks in a request. Clients send one.
const MAX_CHUNKS: usize = 16;
/// Characters that are encoded in a segment of a path.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

pub(super) fn routes() -> Router<Arc<Symbols>> {
    Router::new().route("/api/0/organizations/{organization}/chunk-upload", get(show_options).post(receive))
}

async fn show_options(
    State(symbols): State<Arc<Symbols>>,
    _: Uploader,
    Path(organization): Path<String>,
    request: Request<Body>,
) -> Response {
    let base = BaseUrl::from_request(request.headers(), request.extensions());
    let organization = utf8_percent_encode(&organization, RESERVED);
    let options = json!({
        // Some clients do not understand a relative address.
        "url": format!("{}/api/0/organizations/{organization}/chunk-upload/", base.as_str()),
        "chunkSize": CHUNK,
        "chunksPerRequest": 1,
        "maxRequestSize": CHUNK,
        "maxFileSize": MAX_BUNDLE,
        "concurrency": 4,
        "hashAlgorithm": "sha1",
        // With zstd, a client marks the whole request as compressed.
        "compression": ["gzip"],
        "accept": ["release_files", "artifact_bundles", "artifact_bundles_v2", "proguard"],
    });
    symbols.answer(async { http_common::ok(&options) }).await
}

async fn receive(State(symbols): State<Arc<Symbols>>, uploader: Uploader, request: Request<Body>) -> Response {
    symbols.answer(store(&symbols, &uploader, request)).await
}

async fn store(symbols: &Symbols, uploader: &Uploader, request: Request<Body>) -> Answer {
    let mut form = parts(request).await?;
    let mut count = 0;
    while let Some(field) = form.next_field().await.map_err(|error| invalid(&error))? {
        let is_packed = match field.name() {
            Some("file") => false,
            Some("file_gzip") => true,
            Some(_) | None => continue,
        };
        let name = field.file_name().unwrap_or_default().to_owned();
        let named = Checksum::parse(&name);
        let named =
            named.map_err(|error| Refusal::new(Reason::BodyInvalid, format!("the file name of a chunk: {error}")))?;
        count += 1;
        if count > MAX_CHUNKS {
            let message = format!("a request may have at most {MAX_CHUNKS} chunks: send them in several requests");
            return Err(Refusal::new(Reason::BodyInvalid, message));
        }
        let sent = field.bytes().await.map_err(|error| invalid(&error))?;
        let chunk = if is_packed { unpack(named, &sent)? } else { sent };
        if chunk.len() > CHUNK {
            return Err(refuse_large(named));
        }
        let actual = sha1(&chunk);
        if actual != named {
            let message = format!("chunk {named} has the SHA-1 {actual}: it was damaged on the way, so send it again");
            return Err(Refusal::new(Reason::BodyInvalid, message));
        }
        symbols.stores.symbol_files.put_chunk(uploader.project.id, named, chunk).await?;
    }
    http_common::empty()
}

fn unpack(name: Checksum, packed: &[u8]) -> Result<Bytes, Refusal> {
    let mut chunk = Vec::new();
    let read = MultiGzDecoder::new(packed).take(CHUNK as u64 + 1).read_to_end(&mut chunk);
    read.map_err(|error| Refusal::new(Reason::BodyEncoding, format!("chunk {name} is not gzip: {error}")))?;
    if chunk.len() > CHUNK { Err(refuse_large(name)) } else { Ok(chunk.into()) }
}

fn refuse_large(name: Checksum) -> Refusal {
    let message = format!("chunk {name} has more than {CHUNK} bytes: use the `chunkSize` of the options");
    Refusal::new(Reason::BodyTooLargeUnpacked, message)
}
