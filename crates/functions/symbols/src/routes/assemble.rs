//! `POST /api/0/organizations/{organization}/artifactbundle/assemble/`: puts a bundle together from its chunks, and stores
//! its source maps. The answer is final: clients do not ask again.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::Request;
use http_common::Answer;
use model::id::Checksum;
use model::outcome::{Reason, Refusal};
use serde::Deserialize;
use store::ports::MapKind;

use super::chunks::CHUNK;
use crate::Symbols;
use crate::assembly::{NamedUpload, assemble};
use crate::bundle::{self, Build, MAX_BUNDLE};
use crate::uploader::Uploader;

/// The most chunks of a bundle.
const MAX_CHUNKS: usize = MAX_BUNDLE / CHUNK;
/// The longest release or build, in characters.
const MAX_VERSION: usize = 250;

pub(super) fn routes() -> Router<Arc<Symbols>> {
    Router::new().route("/api/0/organizations/{organization}/artifactbundle/assemble", post(handle))
}

#[derive(Deserialize)]
struct SentBundle {
    checksum: String,
    chunks: Vec<String>,
    #[serde(default)]
    projects: Vec<String>,
    version: Option<String>,
    dist: Option<String>,
}

async fn handle(State(symbols): State<Arc<Symbols>>, uploader: Uploader, request: Request<Body>) -> Response {
    symbols
        .answer(async {
            let bundle = parse(&uploader, request).await?;
            let of = Build { release: bundle.release.clone(), dist: bundle.dist.clone() };
            let assembled = assemble(&symbols, &uploader, &bundle, move |bytes| bundle::build(bytes, &of)).await?;
            http_common::ok(&assembled) as Answer
        })
        .await
}

async fn parse(uploader: &Uploader, request: Request<Body>) -> Result<NamedUpload, Refusal> {
    let body = http_common::read_unpacked(request).await?;
    let invalid = |message: String| Refusal::new(Reason::BodyInvalid, message);
    let sent: SentBundle = serde_json::from_slice(&body)
        .map_err(|error| invalid(format!("the body does not describe a bundle: {error}")))?;
    if sent.projects.is_empty() {
        return Err(invalid("`projects` must name the project".to_owned()));
    }
    uploader.check_projects(&sent.projects)?;
    if sent.chunks.is_empty() || sent.chunks.len() > MAX_CHUNKS {
        let message = format!(
            "`chunks` must have 1 to {MAX_CHUNKS} entries, which is a bundle of {} MiB (got {}): upload fewer files at once",
            MAX_BUNDLE >> 20,
            sent.chunks.len()
        );
        return Err(invalid(message));
    }
    let checksum = |text: &String| Checksum::parse(text).map_err(|error| invalid(error.to_string()));
    // Without a release, plugins send this word.
    let version = |text: Option<String>| text.filter(|text| !text.is_empty() && text != "undefined");
    let cut = |text: String| text.chars().take(MAX_VERSION).collect::<String>();
    let identity = checksum(&sent.checksum)?;
    Ok(NamedUpload {
        kind: MapKind::SourceMap,
        identity,
        checksum: identity,
        chunks: sent.chunks.iter().map(checksum).collect::<Result<_, _>>()?,
        release: version(sent.version).map(cut),
        dist: version(sent.dist).map(cut),
    })
}
