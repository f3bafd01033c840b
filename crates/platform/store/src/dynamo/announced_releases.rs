//! Releases that build tools announced, in the directory: its role is narrow, and it is always on demand. The index orders
//! them by their creation.

use async_trait::async_trait;
use model::announced::AnnouncedRelease;
use model::id::ProjectId;
use model::time::Timestamp;

use super::Directory;
use super::call::Range;
use super::item::{Attributes, Reader, Writer, bytes, is_expired, key, number, text};
use super::schema::{DIRECTORY_INDEX, INDEX_PK, INDEX_SK, PK, SK, announced_pk, announced_sk, release_index_sk};
use crate::error::{Result, StoreError};
use crate::ports::AnnouncedReleases;

const RELEASE: &str = "release";
const VERSION: &str = "version";
/// The largest release, in bytes, before it is compressed.
const MAX_TEXT: usize = 1 << 20;

#[async_trait]
impl AnnouncedReleases for Directory {
    async fn announced(&self, project: ProjectId, name: &str) -> Result<Option<(AnnouncedRelease, u64)>> {
        let doing = "reading an announced release";
        let item = self.table.get(doing, key(announced_pk(project), announced_sk(name)), true).await?;
        let item = item.filter(|item| !is_expired(item, self.table.clock.now()));
        item.map(|item| Ok((decode(doing, &item)?, Reader::new(doing, &item)?.number(VERSION)?))).transpose()
    }

    async fn announced_of(&self, project: ProjectId, names: &[&str]) -> Result<Vec<AnnouncedRelease>> {
        let doing = "reading announced releases";
        let mut sks: Vec<_> = names.iter().map(|name| announced_sk(name)).collect();
        // DynamoDB refuses to read an item twice.
        sks.sort();
        sks.dedup();
        self.read_announced(doing, sks.into_iter().map(|sk| key(announced_pk(project), sk)).collect()).await
    }

    async fn newest_announced(&self, project: ProjectId, limit: usize) -> Result<Vec<AnnouncedRelease>> {
        let doing = "listing announced releases";
        let call = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .index_name(DIRECTORY_INDEX)
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", INDEX_PK)
            .expression_attribute_values(":pk", text(announced_pk(project)))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .scan_index_forward(false);
        let page = call.send().await.map_err(|error| StoreError::of_call(doing, &error))?;
        let keys = page.items.unwrap_or_default();
        let mut releases = self.read_announced(doing, keys_of(doing, &keys)?).await?;
        releases.sort_by_cached_key(|release| std::cmp::Reverse(release_index_sk(release.created_at, &release.name)));
        Ok(releases)
    }

    async fn put_announced(
        &self,
        project: ProjectId,
        release: &AnnouncedRelease,
        version: Option<u64>,
        expires_at: Timestamp,
    ) -> Result<()> {
        let doing = "storing an announced release";
        let failed = |error: &dyn std::fmt::Display| StoreError::corrupt("packing an announced release", error);
        let packed = serde_json::to_vec(release).map_err(|error| failed(&error))?;
        let packed = zstd::bulk::compress(&packed, 0).map_err(|error| failed(&error))?;
        let item = Writer::new(announced_pk(project), announced_sk(&release.name))
            .with(RELEASE, bytes(packed))
            .with(VERSION, number(version.map_or(1, |version| version + 1)))
            .with(INDEX_PK, text(announced_pk(project)))
            .with(INDEX_SK, text(release_index_sk(release.created_at, &release.name)))
            .expiring(expires_at)
            .done();
        let call = self.table.client.put_item().table_name(&self.table.name).set_item(Some(item));
        let call = match version {
            None => {
                // One that has expired is replaced.
                let now = number(self.table.clock.now().seconds());
                call.condition_expression("attribute_not_exists(#pk) OR #ttl < :now")
                    .expression_attribute_names("#pk", PK)
                    .expression_attribute_names("#ttl", super::schema::TTL)
                    .expression_attribute_values(":now", now)
            }
            Some(version) => call
                .condition_expression("#version = :version")
                .expression_attribute_names("#version", VERSION)
                .expression_attribute_values(":version", number(version)),
        };
        call.send().await.map(drop).map_err(|error| StoreError::of_call(doing, &error))
    }

    async fn remove_announced(&self, project: ProjectId, name: &str) -> Result<()> {
        self.table.remove("removing an announced release", key(announced_pk(project), announced_sk(name))).await
    }

    async fn remove_some_announced(&self, project: ProjectId) -> Result<bool> {
        let doing = "removing a project's announced releases";
        let mut range = Range::of_prefix(announced_pk(project), "");
        range.limit = Some(1_000);
        range.consistent = true;
        let (items, next) = self.table.query(doing, &range).await?;
        self.table.remove_all(doing, keys_of(doing, &items)?).await?;
        Ok(next.is_some())
    }
}

impl Directory {
    async fn read_announced(&self, doing: &'static str, keys: Vec<Attributes>) -> Result<Vec<AnnouncedRelease>> {
        let items = self.table.get_all(doing, keys, false).await?;
        let now = self.table.clock.now();
        items.iter().filter(|item| !is_expired(item, now)).map(|item| decode(doing, item)).collect()
    }
}

fn keys_of(doing: &'static str, items: &[Attributes]) -> Result<Vec<Attributes>> {
    let of = |item: &Attributes| {
        let read = Reader::of_any_form(doing, item);
        Ok(key(read.text(PK)?, read.text(SK)?))
    };
    items.iter().map(of).collect()
}

fn decode(doing: &'static str, item: &Attributes) -> Result<AnnouncedRelease> {
    Reader::new(doing, item)?.parsed_bytes(RELEASE, |packed| {
        let text = zstd::bulk::decompress(packed, MAX_TEXT).map_err(|error| error.to_string())?;
        serde_json::from_slice(&text).map_err(|error| error.to_string())
    })
}
