//! Serves GetObject and HeadObject.

use bytes::Bytes;
use rusqlite::{Connection, MAIN_DB};
use s3s::dto::{
    ChecksumMode, ChecksumType, ETag, ETagCondition, GetObjectInput, GetObjectOutput, HeadObjectInput,
    HeadObjectOutput, StreamingBlob, Timestamp,
};
use s3s::{S3ErrorCode, s3_error};

use super::failure::Failure;
use super::rows::{self, Checksums, Stored};
use crate::shared::clock::from_ms;

pub(super) fn get(c: &Connection, input: GetObjectInput) -> Result<GetObjectOutput, Failure> {
    let stored = existing(c, &input.bucket, &input.key)?;
    check_conditions(&stored.etag, input.if_match, input.if_none_match)?;
    let range = match input.range {
        Some(range) => range.check(stored.size).map_err(|e| s3_error!(e, InvalidRange))?,
        None => 0..stored.size,
    };
    let too_large = |_| s3_error!(InternalError, "the object is larger than memory");
    let mut body = vec![0; usize::try_from(range.end - range.start).map_err(too_large)?];
    c.blob_open(MAIN_DB, c"object", c"body", stored.id, true)?
        .read_at_exact(&mut body, usize::try_from(range.start).map_err(too_large)?)?;
    let is_part = input.range.is_some();
    let attributes = stored.attributes;
    // Checksums are of the whole object; the client would compare them with the part.
    let checksums = wanted(attributes.checksums, input.checksum_mode.as_ref(), is_part);
    Ok(GetObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: i64::try_from(body.len()).ok(),
        content_range: is_part.then(|| format!("bytes {}-{}/{}", range.start, range.end - 1, stored.size)),
        body: Some(StreamingBlob::from(s3s::Body::from(Bytes::from(body)))),
        e_tag: Some(ETag::Strong(stored.etag)),
        last_modified: Some(Timestamp::from(from_ms(stored.modified))),
        content_type: input.response_content_type.or(attributes.content_type),
        content_encoding: input.response_content_encoding.or(attributes.content_encoding),
        content_disposition: input.response_content_disposition.or(attributes.content_disposition),
        content_language: input.response_content_language.or(attributes.content_language),
        cache_control: input.response_cache_control.or(attributes.cache_control),
        metadata: attributes.metadata.map(|metadata| metadata.into_iter().collect()),
        checksum_type: (checksums != Checksums::default()).then(|| ChecksumType::from_static("FULL_OBJECT")),
        checksum_crc32: checksums.crc32,
        checksum_crc32c: checksums.crc32c,
        checksum_crc64nvme: checksums.crc64nvme,
        checksum_sha1: checksums.sha1,
        checksum_sha256: checksums.sha256,
        ..Default::default()
    })
}

pub(super) fn head(c: &Connection, input: HeadObjectInput) -> Result<HeadObjectOutput, Failure> {
    let stored = existing(c, &input.bucket, &input.key)?;
    check_conditions(&stored.etag, input.if_match, input.if_none_match)?;
    let attributes = stored.attributes;
    let checksums = wanted(attributes.checksums, input.checksum_mode.as_ref(), false);
    Ok(HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: i64::try_from(stored.size).ok(),
        e_tag: Some(ETag::Strong(stored.etag)),
        last_modified: Some(Timestamp::from(from_ms(stored.modified))),
        content_type: attributes.content_type,
        content_encoding: attributes.content_encoding,
        content_disposition: attributes.content_disposition,
        content_language: attributes.content_language,
        cache_control: attributes.cache_control,
        metadata: attributes.metadata.map(|metadata| metadata.into_iter().collect()),
        checksum_crc32: checksums.crc32,
        checksum_crc32c: checksums.crc32c,
        checksum_crc64nvme: checksums.crc64nvme,
        checksum_sha1: checksums.sha1,
        checksum_sha256: checksums.sha256,
        ..Default::default()
    })
}

fn existing(c: &Connection, bucket: &str, key: &str) -> Result<Stored, Failure> {
    match rows::find(c, bucket, key)? {
        Some(stored) => Ok(stored),
        None => {
            rows::require_bucket(c, bucket)?;
            Err(S3ErrorCode::NoSuchKey.into())
        }
    }
}

fn check_conditions(
    etag: &str,
    if_match: Option<ETagCondition>,
    if_none_match: Option<ETagCondition>,
) -> Result<(), Failure> {
    let is = |condition: ETagCondition| match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(wanted) => wanted.value() == etag,
    };
    if if_match.is_some_and(|condition| !is(condition)) {
        return Err(S3ErrorCode::PreconditionFailed.into());
    }
    if if_none_match.is_some_and(is) {
        return Err(S3ErrorCode::NotModified.into());
    }
    Ok(())
}

fn wanted(checksums: Checksums, mode: Option<&ChecksumMode>, is_part: bool) -> Checksums {
    if mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED) && !is_part {
        checksums
    } else {
        Checksums::default()
    }
}
