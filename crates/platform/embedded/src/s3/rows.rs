//! The tables, and the statements that several operations need.

use std::collections::BTreeMap;

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Connection, OptionalExtension, params};
use s3s::S3ErrorCode;
use serde::{Deserialize, Serialize};

use super::failure::Failure;

/// Keys are blobs because those are compared by bytes, which is the order of S3's lists. The body is the last column,
/// so that reading the others does not touch its pages.
pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS bucket (
        name TEXT PRIMARY KEY,
        created INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS object (
        id INTEGER PRIMARY KEY,
        bucket TEXT NOT NULL,
        key BLOB NOT NULL,
        size INTEGER NOT NULL,
        etag TEXT NOT NULL,
        modified INTEGER NOT NULL,
        attributes TEXT NOT NULL,
        body BLOB NOT NULL
    );
    CREATE UNIQUE INDEX IF NOT EXISTS object_key ON object(bucket, key);
    CREATE INDEX IF NOT EXISTS object_age ON object(bucket, modified);";

/// Everything about an object except its body.
pub(super) struct Stored {
    pub(super) id: i64,
    pub(super) size: u64,
    pub(super) etag: String,
    /// Milliseconds since 1970.
    pub(super) modified: i64,
    pub(super) attributes: ObjectAttributes,
}

/// The headers that are returned as they were sent; one JSON column.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct ObjectAttributes {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_encoding: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_disposition: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cache_control: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) metadata: Option<BTreeMap<String, String>>,
    pub(super) checksums: Checksums,
}

/// The checksums that were sent with the object, in base64.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Checksums {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) crc32: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) crc32c: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) crc64nvme: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sha1: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sha256: Option<String>,
}

impl FromSql for ObjectAttributes {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?).map_err(|e| FromSqlError::Other(e.into()))
    }
}

pub(super) fn bucket_exists(c: &Connection, bucket: &str) -> rusqlite::Result<bool> {
    c.prepare_cached("SELECT 1 FROM bucket WHERE name = ?1")?.exists([bucket])
}

pub(super) fn require_bucket(c: &Connection, bucket: &str) -> Result<(), Failure> {
    if bucket_exists(c, bucket)? { Ok(()) } else { Err(S3ErrorCode::NoSuchBucket.into()) }
}

pub(super) fn find(c: &Connection, bucket: &str, key: &str) -> rusqlite::Result<Option<Stored>> {
    c.prepare_cached("SELECT id, size, etag, modified, attributes FROM object WHERE bucket = ?1 AND key = ?2")?
        .query_row(params![bucket, key.as_bytes()], |row| {
            Ok(Stored {
                id: row.get(0)?,
                size: row.get(1)?,
                etag: row.get(2)?,
                modified: row.get(3)?,
                attributes: row.get(4)?,
            })
        })
        .optional()
}

pub(super) fn delete(c: &Connection, bucket: &str, key: &str) -> rusqlite::Result<()> {
    c.prepare_cached("DELETE FROM object WHERE bucket = ?1 AND key = ?2")?
        .execute(params![bucket, key.as_bytes()])
        .map(drop)
}

/// Sets the time of writing of an object, and removes its metadata. Returns its ETag, if it exists.
pub(super) fn renew(c: &Connection, bucket: &str, key: &str, now: i64) -> rusqlite::Result<Option<String>> {
    let Some(stored) = find(c, bucket, key)? else { return Ok(None) };
    let attributes = ObjectAttributes { metadata: None, ..stored.attributes };
    let attributes =
        serde_json::to_string(&attributes).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))?;
    c.prepare_cached("UPDATE object SET modified = ?2, attributes = ?3 WHERE id = ?1")?
        .execute(params![stored.id, now, attributes])?;
    Ok(Some(stored.etag))
}

/// The ids of the objects under `prefix` that were last written before this time, in milliseconds.
pub(super) fn written_before(c: &Connection, bucket: &str, prefix: &str, before: i64) -> rusqlite::Result<Vec<i64>> {
    let mut select = c.prepare_cached(
        "SELECT id FROM object INDEXED BY object_age
         WHERE bucket = ?1 AND modified < ?2 AND key >= ?3 AND key < ?4",
    )?;
    let ids = select.query_map(params![bucket, before, prefix.as_bytes(), end_of(prefix)], |row| row.get(0))?;
    ids.collect()
}

/// The bytes after all keys that start with `prefix`, and before all later keys.
pub(super) fn end_of(prefix: &str) -> Vec<u8> {
    // No byte of UTF-8 is 0xff, so the sum does not overflow, and 0xff comes after every key.
    let mut bytes = prefix.as_bytes().to_vec();
    match bytes.last_mut() {
        Some(last) => *last += 1,
        None => bytes.push(0xff),
    }
    bytes
}
