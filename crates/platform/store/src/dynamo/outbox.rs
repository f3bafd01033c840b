use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use model::error::{ErrorAggregate, Link};
use model::id::ProjectId;
use model::time::Timestamp;
use rules::lane::{self, AdmittedEntries, EntryToken, Lane, LaneId, Lease};

use super::Table;
use super::error_item::{error_key, link_attribute};
use super::item::{Attributes, Reader, Writer, bytes, key, number, text, time};
use super::schema::{DUE, INDEX, INDEX_PK, INDEX_SK, PK, SK, due_bound, due_sk, lane_pk, lane_sk};
use crate::error::{Result, StoreError};
use crate::ports::{Links, Outbox};

const VERSION: &str = "version";

#[async_trait]
impl Outbox for Table {
    async fn lane(&self, id: &LaneId) -> Result<Option<Lane>> {
        let doing = "reading the outbox";
        let item = self.get(doing, key(lane_pk(id.project), lane_sk(id)), true).await?;
        item.map(|item| decode(doing, id, &item)).transpose()
    }

    async fn save(&self, lane: Lane, expires_at: Timestamp) -> Result<Lane> {
        let doing = "writing to the outbox";
        let call = self.client.put_item().table_name(&self.name).set_item(Some(encode(&lane, expires_at)));
        let call = match lane.version {
            0 => call.condition_expression("attribute_not_exists(#pk)").expression_attribute_names("#pk", PK),
            read => call
                .condition_expression("#version = :read")
                .expression_attribute_names("#version", VERSION)
                .expression_attribute_values(":read", number(read)),
        };
        call.send().await.map_err(|error| StoreError::of_call(doing, &error))?;
        Ok(Lane { version: lane.version + 1, ..lane })
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<LaneId>> {
        let doing = "looking for due notifications";
        let call = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(INDEX)
            .key_condition_expression("#pk = :pk AND #sk < :now")
            .expression_attribute_names("#pk", INDEX_PK)
            .expression_attribute_names("#sk", INDEX_SK)
            .expression_attribute_values(":pk", text(DUE))
            .expression_attribute_values(":now", text(due_bound(now)))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let page = call.send().await.map_err(|error| StoreError::of_call(doing, &error))?;
        page.items.unwrap_or_default().iter().map(|item| id_of(doing, item)).collect()
    }
}

#[async_trait]
impl Links for Table {
    async fn link(&self, error: &ErrorAggregate, destination: &str, link: &Link) -> Result<()> {
        let (name, value) = link_attribute(destination, link);
        let call = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(error_key(error.project, &error.fingerprint)))
            .update_expression("SET #link = :link")
            .condition_expression("#uid = :uid")
            .expression_attribute_names("#link", name)
            .expression_attribute_names("#uid", "uid")
            .expression_attribute_values(":link", value)
            .expression_attribute_values(":uid", text(error.uid.to_string()));
        call.send().await.map(drop).map_err(|error| StoreError::of_call("linking an error", &error))
    }
}

fn encode(lane: &Lane, expires_at: Timestamp) -> Attributes {
    let mut item = Writer::new(lane_pk(lane.id.project), lane_sk(&lane.id))
        .with(VERSION, number(lane.version + 1))
        .with("pending", bytes(lane::pack(&lane.pending)))
        .with("more", number(lane.more))
        .with("seen", bytes(tokens(&lane.seen)))
        .with("due", time(lane.due))
        .with("failures", number(lane.failures))
        .expiring(expires_at);
    if !lane.admitted.tokens.is_empty() {
        item = item
            .with("passed", bytes(tokens(&lane.admitted.tokens)))
            .with("passedSince", time(lane.admitted.since))
            .with("passedCount", number(lane.admitted.count));
    }
    if let Some(lease) = lane.lease {
        item = item.with("holder", text(format!("{:032x}", lease.holder))).with("leaseUntil", time(lease.until));
    }
    // The lane is in the index only while something waits, so that the query made each minute stays small.
    if let Some(due) = lane.wakes_at() {
        item = item.with(INDEX_PK, text(DUE)).with(INDEX_SK, text(due_sk(due, &lane.id)));
    }
    item.done()
}

fn tokens(tokens: &[EntryToken]) -> Vec<u8> {
    tokens.iter().flat_map(|token| token.0.to_be_bytes()).collect()
}

fn decode(doing: &'static str, id: &LaneId, item: &Attributes) -> Result<Lane> {
    let read = Reader::new(doing, item)?;
    let pending = lane::unpack(read.bytes("pending")?).map_err(|error| StoreError::corrupt(doing, error))?;
    let token = |chunk: &[u8]| Some(EntryToken(u64::from_be_bytes(chunk.try_into().ok()?)));
    let admitted = match item.contains_key("passed") {
        false => AdmittedEntries::default(),
        true => AdmittedEntries {
            since: read.time("passedSince")?,
            count: read.number("passedCount")?,
            tokens: read.bytes("passed")?.chunks_exact(8).filter_map(token).collect(),
        },
    };
    let lease = match read.text_if_any("holder") {
        None => None,
        Some(_) => Some(Lease {
            holder: read.parsed("holder", |hex| u128::from_str_radix(hex, 16))?,
            until: read.time("leaseUntil")?,
        }),
    };
    Ok(Lane {
        id: id.clone(),
        version: read.number(VERSION)?,
        pending,
        more: read.number("more")?,
        seen: read.bytes("seen")?.chunks_exact(8).filter_map(token).collect(),
        lease,
        due: read.time("due")?,
        failures: read.number("failures")?,
        admitted,
    })
}

/// The lane of an index entry.
fn id_of(doing: &'static str, item: &HashMap<String, AttributeValue>) -> Result<LaneId> {
    let read = Reader::of_any_form(doing, item);
    let project = read.parsed(PK, |pk| ProjectId::parse(pk.trim_start_matches("N#")))?;
    read.parsed(SK, |sk| LaneId::parse(project, sk))
}
