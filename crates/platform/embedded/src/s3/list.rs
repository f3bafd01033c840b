//! ListObjectsV2. A page reads only the objects that it returns, and one object for each common prefix.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rusqlite::{Connection, params};
use s3s::dto::{CommonPrefix, ETag, ListObjectsV2Input, ListObjectsV2Output, Object, ObjectStorageClass, Timestamp};
use s3s::{S3Error, s3_error};

use super::failure::Failure;
use super::rows::{self, end_of};
use crate::shared::clock::from_ms;

/// The most entries of a page, which is also the default.
const MAX_KEYS: i32 = 1000;

pub(super) fn list(c: &Connection, input: ListObjectsV2Input) -> Result<ListObjectsV2Output, Failure> {
    rows::require_bucket(c, &input.bucket)?;
    let max_keys = input.max_keys.unwrap_or(MAX_KEYS).clamp(0, MAX_KEYS);
    let after = match &input.continuation_token {
        Some(token) => from_token(token)?,
        None => input.start_after.clone().unwrap_or_default(),
    };
    let query = Query {
        bucket: &input.bucket,
        prefix: input.prefix.as_deref().unwrap_or_default(),
        delimiter: input.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty()),
        limit: usize::try_from(max_keys).unwrap_or(0),
    };
    let page = query.page(c, &after)?;
    Ok(ListObjectsV2Output {
        key_count: i32::try_from(page.objects.len() + page.prefixes.len()).ok(),
        max_keys: Some(max_keys),
        is_truncated: Some(page.next.is_some()),
        next_continuation_token: page.next.map(|last| BASE64_URL_SAFE_NO_PAD.encode(last)),
        contents: Some(page.objects).filter(|objects| !objects.is_empty()),
        common_prefixes: Some(page.prefixes).filter(|prefixes| !prefixes.is_empty()),
        continuation_token: input.continuation_token,
        delimiter: input.delimiter,
        name: Some(input.bucket),
        prefix: input.prefix,
        start_after: input.start_after,
        ..Default::default()
    })
}

fn from_token(token: &str) -> Result<String, S3Error> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| s3_error!(InvalidArgument, "The continuation token provided is incorrect"))
}

struct Query<'a> {
    bucket: &'a str,
    prefix: &'a str,
    delimiter: Option<&'a str>,
    limit: usize,
}

#[derive(Default)]
struct Page {
    objects: Vec<Object>,
    prefixes: Vec<CommonPrefix>,
    /// The last entry, if there are more after it.
    next: Option<String>,
}

impl Query<'_> {
    /// The entries after `after`, which is a key, or a common prefix whose keys have all been covered.
    fn page(&self, c: &Connection, after: &str) -> Result<Page, Failure> {
        let mut page = Page::default();
        if self.limit == 0 {
            return Ok(page);
        }
        let mut select = c.prepare_cached(
            "SELECT key, size, etag, modified FROM object
             WHERE bucket = ?1 AND key >= ?2 AND key < ?3 ORDER BY key",
        )?;
        let end = end_of(self.prefix);
        let mut from = self.start(after);
        let mut last = String::new();
        'jump: loop {
            let mut rows = select.query(params![self.bucket, from, end])?;
            while let Some(row) = rows.next()? {
                if page.objects.len() + page.prefixes.len() == self.limit {
                    page.next = Some(last);
                    return Ok(page);
                }
                let key = String::from_utf8(row.get(0)?).map_err(|e| s3_error!(e, InternalError))?;
                if let Some(common) = self.common_prefix(&key) {
                    from = end_of(common);
                    page.prefixes.push(CommonPrefix { prefix: Some(common.to_owned()) });
                    last = common.to_owned();
                    continue 'jump;
                }
                last.clone_from(&key);
                page.objects.push(Object {
                    key: Some(key),
                    size: Some(row.get(1)?),
                    e_tag: Some(ETag::Strong(row.get(2)?)),
                    last_modified: Some(Timestamp::from(from_ms(row.get(3)?))),
                    storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
                    ..Default::default()
                });
            }
            return Ok(page);
        }
    }

    /// The smallest key to look at.
    fn start(&self, after: &str) -> Vec<u8> {
        if after < self.prefix || after.is_empty() {
            return self.prefix.as_bytes().to_vec();
        }
        if self.common_prefix(after) == Some(after) {
            return end_of(after);
        }
        // The smallest bytes greater than the key itself.
        [after.as_bytes(), &[0]].concat()
    }

    /// The beginning of the key up to the first delimiter after the prefix.
    fn common_prefix<'k>(&self, key: &'k str) -> Option<&'k str> {
        let delimiter = self.delimiter?;
        let rest = key.strip_prefix(self.prefix)?;
        let at = rest.find(delimiter)?;
        Some(&key[..self.prefix.len() + at + delimiter.len()])
    }
}
