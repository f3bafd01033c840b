//! S3: the protocol is implemented by `s3s`; objects are stored in an SQLite database.
//!
//! Covered: CreateBucket, HeadBucket; PutObject with `If-None-Match: *` and `If-Match`, and with Content-MD5 and all
//! checksums of S3, which are verified before anything is stored; GetObject with ranges and conditions; HeadObject,
//! DeleteObject, DeleteObjects; CopyObject of an object onto itself, which renews its time; ListObjectsV2 with prefix, delimiter, start-after and continuation. Answers are sent
//! after the commit, and a request sees every object that was answered before it. Exactly one of several concurrent
//! conditional puts succeeds. [`S3::expire`] does the work of a bucket's lifecycle rule.
//!
//! Not covered: multipart uploads, other copies, versions, tags, access control, encryption settings, bucket deletion, and
//! presigned links (they need a socket). An object can have at most [`MAX_OBJECT`] bytes, because it is held in memory.
//! The file does not shrink by itself: space of deleted objects is used for new ones. Deleted or replaced data is
//! overwritten at once; it disappears from the journal when that is moved into the file, at the latest when the engine
//! is closed. Requests must be signed with [`ACCESS_KEY_ID`] and [`SECRET_ACCESS_KEY`], and clients must use path-style
//! addresses.
//!
//! `s3s` logs every refused request at level ERROR, even for a missing object: filter its target out of the log.
//!
//! Power loss: WAL with `synchronous=FULL`. An answered put or delete is on disk. One that was not answered took effect
//! completely or not at all. This order matters: a segment must be durable before the aggregate that refers to it.

mod failure;
mod get;
mod list;
mod objects;
mod put;
mod rows;

use std::fmt;
use std::time::SystemTime;

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http::{HeaderValue, Method, header};
use rusqlite::params;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};

use crate::shared::clock::to_ms;
use crate::shared::directory::EngineStorage;
use crate::shared::fault::Fault;
use crate::shared::sqlite::{Options, Sqlite};
use crate::shared::wire;
use crate::{Clock, Error};
use objects::Objects;

/// The access key id with which clients sign.
pub const ACCESS_KEY_ID: &str = "AKIAEMBEDDEDEMBEDDED";

/// The secret with which clients sign. It protects nothing, because the engine has no socket.
pub const SECRET_ACCESS_KEY: &str = "embedded";

/// The largest object in bytes: 128 MiB.
pub const MAX_OBJECT: usize = 128 << 20;

/// How many expired objects are deleted at once, so that puts can run in between.
const EXPIRE_STEP: usize = 50;

/// The S3 engine: an `HttpClient` for `aws-sdk-s3`.
#[derive(Clone)]
pub struct S3 {
    service: S3Service,
    database: Sqlite,
}

impl S3 {
    pub(crate) fn open(place: &EngineStorage, clock: Clock) -> Result<Self, Error> {
        // Segments have tens to hundreds of kilobytes. Pages of 16 KiB keep the chain of pages for each short.
        let options = Options { file: "s3.db", schema: rows::SCHEMA, page_size: 16 << 10, group: 64, erase: true };
        let database = Sqlite::open(place, &options)?;
        let mut builder = S3ServiceBuilder::new(Objects { database: database.clone(), clock });
        builder.set_auth(SimpleAuth::from_single(ACCESS_KEY_ID, SECRET_ACCESS_KEY));
        Ok(Self { service: builder.build(), database })
    }

    /// Deletes the objects whose key starts with `prefix` and that were last written before `older_than`, like a
    /// lifecycle rule. Returns how many were deleted.
    ///
    /// # Errors
    /// [`Error::NoBucket`], or [`Error::Failed`] if a deletion fails; earlier deletions remain in effect.
    pub async fn expire(&self, bucket: &str, prefix: &str, older_than: SystemTime) -> Result<u64, Error> {
        let failed = |fault: Fault| Error::failed("s3", fault);
        let before = to_ms(older_than);
        let (name, prefix) = (bucket.to_owned(), prefix.to_owned());
        let expired = self.database.read(move |c| {
            if !rows::bucket_exists(c, &name)? {
                return Ok(None);
            }
            Ok(Some(rows::written_before(c, &name, &prefix, before)?))
        });
        let Some(expired) = expired.await.map_err(failed)? else {
            return Err(Error::NoBucket { name: bucket.to_owned() });
        };
        let mut deleted = 0;
        for step in expired.chunks(EXPIRE_STEP) {
            let step = step.to_vec();
            deleted += self
                .database
                .write(move |c| {
                    // Check the time again: if an object was rewritten in the meantime, it kept its row.
                    let mut delete = c.prepare_cached("DELETE FROM object WHERE id = ?1 AND modified < ?2")?;
                    let mut deleted = 0;
                    for id in step {
                        deleted += delete.execute(params![id, before])? as u64;
                    }
                    Ok(deleted)
                })
                .await
                .map_err(failed)?;
        }
        Ok(deleted)
    }

    /// See [`crate::Engines::reclaim`].
    pub(crate) async fn reclaim(&self) -> Result<u64, Error> {
        self.database.reclaim().await.map_err(|fault| Error::failed("s3", fault))
    }

    async fn serve(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let mut request = request.try_into_http1x().map_err(|e| ConnectorError::user(e.into()))?;
        // With a socket, the HTTP client adds this header. The signature covers it.
        if !request.headers().contains_key(header::HOST)
            && let Some(authority) = request.uri().authority()
            && let Ok(host) = HeaderValue::from_str(authority.as_str())
        {
            request.headers_mut().insert(header::HOST, host);
        }
        let is_head = request.method() == Method::HEAD;
        let answer = self.service.call(request.map(s3s::Body::http_body)).await;
        let mut answer = answer.map_err(|e| ConnectorError::other(e.into(), None))?;
        if is_head {
            // With a socket, the HTTP server does this. With a body, the client would not recognise a plain 404 as "not
            // found".
            *answer.body_mut() = s3s::Body::empty();
        }
        answer.map(SdkBody::from_body_1_x).try_into().map_err(|e| ConnectorError::other(Box::new(e), None))
    }
}

impl fmt::Debug for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("S3")
    }
}

wire::http_client!(S3);
