//! PutObject: reads the body, verifies it, and stores it in one statement.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use md5::{Digest, Md5};
use rusqlite::{Connection, params};
use s3s::checksum::ChecksumHasher;
use s3s::dto::{
    ChecksumType, ETag, ETagCondition, IfMatch, IfNoneMatch, PutObjectInput, PutObjectOutput, StreamingBlob,
};
use s3s::{S3ErrorCode, S3Request, S3Result, TrailingHeaders, s3_error};

use super::MAX_OBJECT;
use super::failure::Failure;
use super::rows::{self, Checksums, ObjectAttributes};
use crate::Clock;
use crate::shared::sqlite::Sqlite;

pub(super) async fn put(database: &Sqlite, clock: &Clock, req: S3Request<PutObjectInput>) -> S3Result<PutObjectOutput> {
    let mut input = req.input;
    let body = match input.body.take() {
        Some(stream) => read(stream).await?,
        None => Bytes::new(),
    };
    let checksums = sent_checksums(&input, req.trailing_headers);
    if computed_checksums(&checksums, &body) != checksums {
        return Err(s3_error!(BadDigest, "a checksum does not match the body"));
    }
    let md5 = Md5::digest(&body);
    if input.content_md5.is_some_and(|sent| sent != BASE64_STANDARD.encode(md5)) {
        return Err(s3_error!(BadDigest, "Content-MD5 does not match the body"));
    }
    let etag = hex::encode(md5);
    let output = PutObjectOutput {
        e_tag: Some(ETag::Strong(etag.clone())),
        checksum_crc32: checksums.crc32.clone(),
        checksum_crc32c: checksums.crc32c.clone(),
        checksum_crc64nvme: checksums.crc64nvme.clone(),
        checksum_sha1: checksums.sha1.clone(),
        checksum_sha256: checksums.sha256.clone(),
        checksum_type: Some(ChecksumType::from_static(ChecksumType::FULL_OBJECT)),
        ..Default::default()
    };
    let attributes = ObjectAttributes {
        content_type: input.content_type,
        content_encoding: input.content_encoding,
        content_disposition: input.content_disposition,
        content_language: input.content_language,
        cache_control: input.cache_control,
        metadata: input.metadata.map(|metadata| metadata.into_iter().collect()),
        checksums,
    };
    let attributes = serde_json::to_string(&attributes).map_err(|e| s3_error!(e, InternalError))?;
    let modified = clock.now_ms();
    let (bucket, key, if_match, if_none_match) = (input.bucket, input.key, input.if_match, input.if_none_match);
    database
        .write(move |c| -> Result<(), Failure> {
            rows::require_bucket(c, &bucket)?;
            check_conditions(c, &bucket, &key, if_match, if_none_match)?;
            c.prepare_cached(
                "INSERT INTO object (bucket, key, size, etag, modified, attributes, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (bucket, key) DO UPDATE
                 SET size = ?3, etag = ?4, modified = ?5, attributes = ?6, body = ?7",
            )?
            .execute(params![
                bucket,
                key.as_bytes(),
                body.len(),
                etag,
                modified,
                attributes,
                &body[..]
            ])?;
            Ok(())
        })
        .await?;
    Ok(output)
}

/// Reads the whole body. A single chunk, the usual case, is not copied.
async fn read(mut stream: StreamingBlob) -> S3Result<Bytes> {
    let mut first: Option<Bytes> = None;
    let mut rest: Option<BytesMut> = None;
    let mut length = 0;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|e| s3_error!(IncompleteBody, "{e}"))?;
        length += chunk.len();
        if length > MAX_OBJECT {
            return Err(s3_error!(EntityTooLarge, "the embedded S3 accepts at most {MAX_OBJECT} bytes"));
        }
        match (&mut rest, first.take()) {
            (Some(rest), _) => rest.extend_from_slice(&chunk),
            (None, Some(first)) => rest.insert(BytesMut::from(&first[..])).extend_from_slice(&chunk),
            (None, None) => first = Some(chunk),
        }
    }
    Ok(rest.map(BytesMut::freeze).or(first).unwrap_or_default())
}

/// The checksums that the client sent, in headers or, after a chunked body, in trailers.
fn sent_checksums(input: &PutObjectInput, trailers: Option<TrailingHeaders>) -> Checksums {
    let trailers = trailers.and_then(|trailers| trailers.take()).unwrap_or_default();
    let sent = |header: &Option<String>, trailer: &str| {
        header.clone().or_else(|| trailers.get(trailer)?.to_str().ok().map(str::to_owned))
    };
    Checksums {
        crc32: sent(&input.checksum_crc32, "x-amz-checksum-crc32"),
        crc32c: sent(&input.checksum_crc32c, "x-amz-checksum-crc32c"),
        crc64nvme: sent(&input.checksum_crc64nvme, "x-amz-checksum-crc64nvme"),
        sha1: sent(&input.checksum_sha1, "x-amz-checksum-sha1"),
        sha256: sent(&input.checksum_sha256, "x-amz-checksum-sha256"),
    }
}

/// Computes the same kinds of checksums as were sent.
fn computed_checksums(sent: &Checksums, body: &[u8]) -> Checksums {
    let mut hasher = ChecksumHasher {
        crc32: sent.crc32.as_ref().map(|_| Default::default()),
        crc32c: sent.crc32c.as_ref().map(|_| Default::default()),
        crc64nvme: sent.crc64nvme.as_ref().map(|_| Default::default()),
        sha1: sent.sha1.as_ref().map(|_| Default::default()),
        sha256: sent.sha256.as_ref().map(|_| Default::default()),
    };
    hasher.update(body);
    let computed = hasher.finalize();
    Checksums {
        crc32: computed.checksum_crc32,
        crc32c: computed.checksum_crc32c,
        crc64nvme: computed.checksum_crc64nvme,
        sha1: computed.checksum_sha1,
        sha256: computed.checksum_sha256,
    }
}

/// Runs in the transaction that stores the object, so that only one of several concurrent conditional puts succeeds.
fn check_conditions(
    c: &Connection,
    bucket: &str,
    key: &str,
    if_match: Option<IfMatch>,
    if_none_match: Option<IfNoneMatch>,
) -> Result<(), Failure> {
    if if_match.is_none() && if_none_match.is_none() {
        return Ok(());
    }
    let stored = rows::find(c, bucket, key)?;
    match if_none_match {
        Some(ETagCondition::Any) if stored.is_some() => return Err(S3ErrorCode::PreconditionFailed.into()),
        Some(ETagCondition::ETag(_)) => return Err(S3ErrorCode::NotImplemented.into()),
        _ => {}
    }
    match (if_match, stored) {
        (None, _) | (Some(ETagCondition::Any), Some(_)) => Ok(()),
        (Some(_), None) => Err(S3ErrorCode::NoSuchKey.into()),
        (Some(ETagCondition::ETag(wanted)), Some(stored)) if wanted.as_strong() == Some(&stored.etag) => Ok(()),
        (Some(_), Some(_)) => Err(S3ErrorCode::PreconditionFailed.into()),
    }
}
