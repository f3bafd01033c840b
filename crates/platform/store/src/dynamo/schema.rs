//! What the table looks like: its keys, its index, and how each item's key is made.
//!
//! | item | `pk` | `sk` | index `pk` / `sk` |
//! |---|---|---|---|
//! | key | `KEY` | SHA-256 of the key | `K#{project}` / SHA-256, if it is of one |
//! | project | `PROJECT` | name | |
//! | project by number | `PROJECT_ID` | number | |
//! | last project number | `PROJECT_ID` | `LAST` | |
//! | former name of a project | `PROJECT_ID` | `NAME#{name}` | |
//! | error | `P#{project}` | `E#{fingerprint}` | `S#{project}#{status}` / `{slot}-{fingerprint}` |
//! | alias of an error | `P#{project}` | `A#{hash}` | |
//! | the key of a project's issues | `P#{project}` | `C#issues` | |
//! | posted configs | `P#{project}` | `C#{config}` | |
//! | rules | `P#{project}` | `RULES` | |
//! | error whose contents are yet to be purged | `P#{project}` | `B#{uid}` | |
//! | usage of a month | `P#{project}` | `U#{yyyy-mm}` | |
//! | release | `P#{project}` | `V#{hash}` | `V#{project}` / `{first seen}-{hash}` |
//! | timeline | `E#{project}#{uid}` | `T#{hour}` | |
//! | timeline of a project, of all | `PT#{project}`, `STACK` | `T#{hour}` | |
//! | reference | `E#{project}#{uid}` | `O#{reference}` | |
//! | entry of a history | `E#{project}#{uid}` | `H#{ulid}` | |
//! | postings of a term | `X#{project}#{hash of the term}` | `{order}-{batch}-{chunk}` | |
//! | where an event is | `D#{project}#{event hash}` | `{reference}` | |
//! | where a batch's events are | `D#{project}#{bits}#{bucket}` | `{ULID}` | |
//! | why a message failed | `FAILED#{message}` | `WHY` | |
//! | session | `SESSION#{SHA-256 of its token}` | `SESSION` | |
//! | attempts to sign in | `SIGNIN#{source}` | `M#{minute}` | |
//! | lane of the outbox | `N#{project}` | `{lane}` | `DUE` / `{time}-{project}-{lane}`, while something waits |
//!
//! A slot is ten minutes of `lastSeen`, so that an update within a slot writes nothing to the index. Every item has a
//! version of its form in `v`; an item that expires has the second of it in `ttl`.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, StreamSpecification, StreamViewType, TimeToLiveSpecification,
};
use formats::event_index::Bucket;
use model::error::PostingBatch;
use model::error::history::EntryId;
use model::error::{ErrorAggregate, Status};
use model::id::{ConfigId, ErrorUid, EventHash, Fingerprint, KeyHash, KeyId, ProjectId, ReferenceId};
use model::time::Timestamp;
use model::timeline::Hour;
use rules::lane::LaneId;
use search::{Block, TermHash};

use crate::error::{Result, StoreError};
use crate::ports::{PostingPosition, TotalsScope};

/// The index of errors by status and time.
pub const INDEX: &str = "by-last-seen";

pub(crate) const PK: &str = "pk";
pub(crate) const SK: &str = "sk";
pub(crate) const INDEX_PK: &str = "ipk";
pub(crate) const INDEX_SK: &str = "isk";
pub(crate) const TTL: &str = "ttl";
pub(crate) const FORM: &str = "v";

pub(crate) const KEYS: &str = "KEY";
/// Of the index, where a project's keys are.
pub(crate) fn project_keys_pk(project: ProjectId) -> String {
    format!("K#{project}")
}

/// Before all keys, or behind the key of this id and before the next: `~` sorts behind hexadecimal digits.
pub(crate) fn keys_after(id: Option<KeyId>) -> String {
    id.map_or(" ".to_owned(), |id| format!("{id}~"))
}

/// Behind all keys.
pub(crate) fn keys_end() -> String {
    "~".to_owned()
}

pub(crate) const PROJECTS: &str = "PROJECT";
/// Where a key would be that cannot exist: keys are found by 64 hex digits.
pub(crate) const NO_KEY: &str = "none";
pub(crate) const PROJECT_IDS: &str = "PROJECT_ID";
pub(crate) const LAST: &str = "LAST";

/// Seconds of a slot of the index.
const SLOT: i64 = 600;

pub(crate) fn project_pk(project: ProjectId) -> String {
    format!("P#{project}")
}

pub(crate) const ERROR: &str = "E#";

pub(crate) fn error_sk(fingerprint: &Fingerprint) -> String {
    format!("{ERROR}{fingerprint}")
}

pub(crate) const ALIAS: &str = "A#";

pub(crate) fn alias_sk(hash: &Fingerprint) -> String {
    format!("{ALIAS}{hash}")
}

pub(crate) const CONFIG: &str = "C#";
/// Among the configs, so that it goes with them.
pub(crate) const ISSUE_KEY: &str = "C#issues";

pub(crate) fn config_sk(id: ConfigId) -> String {
    format!("{CONFIG}{id}")
}

/// An item of its own, not an attribute of the project: each write of an item pays for all of it, and the document may
/// have 64 KiB.
pub(crate) const RULES: &str = "RULES";

pub(crate) const PENDING_PURGE: &str = "B#";

pub(crate) fn pending_purge_sk(uid: &ErrorUid) -> String {
    format!("{PENDING_PURGE}{uid}")
}

/// Of the month of UTC that `moment` is in.
pub(crate) fn usage_sk(moment: Timestamp) -> String {
    format!("U#{}", &moment.date()[..7])
}

pub(crate) const RELEASE: &str = "V#";

/// By a hash of the name: it is a client's text.
fn release_hash(name: &str) -> Fingerprint {
    Fingerprint::of("release", [name])
}

pub(crate) fn release_sk(name: &str) -> String {
    format!("{RELEASE}{}", release_hash(name))
}

/// Of the index, where a project's releases are.
pub(crate) fn releases_index_pk(project: ProjectId) -> String {
    format!("{RELEASE}{project}")
}

pub(crate) fn release_index_sk(first_seen: Timestamp, name: &str) -> String {
    format!("{:016}-{}", first_seen.micros(), release_hash(name))
}

pub(crate) fn totals_pk(of: TotalsScope) -> String {
    match of {
        TotalsScope::Project(project) => format!("PT#{project}"),
        TotalsScope::Stack => "STACK".to_owned(),
    }
}

pub(crate) fn error_pk(project: ProjectId, uid: &ErrorUid) -> String {
    format!("E#{project}#{uid}")
}

pub(crate) const TIMELINE: &str = "T#";

pub(crate) fn timeline_sk(hour: Hour) -> String {
    format!("{TIMELINE}{hour}")
}

pub(crate) const REFERENCE: &str = "O#";

pub(crate) fn reference_sk(id: &ReferenceId) -> String {
    format!("{REFERENCE}{id}")
}

pub(crate) const HISTORY: &str = "H#";

pub(crate) fn history_sk(id: &EntryId) -> String {
    format!("{HISTORY}{id}")
}

/// Hashed: no data of events is in a key.
pub(crate) fn postings_pk(project: ProjectId, term: TermHash) -> String {
    format!("X#{project}#{term}")
}

pub(crate) fn block_sk(block: &Block) -> String {
    posting_sk(block.order, block.batch, block.chunk)
}

pub(crate) fn posting_sk(order: u32, PostingBatch(batch): PostingBatch, chunk: u16) -> String {
    format!("{order:010}-{batch:08x}-{chunk:04x}")
}

/// The place of the first posting of a block.
pub(crate) fn posting_position(sk: &str) -> Option<PostingPosition> {
    let mut parts = sk.split('-');
    let order = parts.next()?.parse().ok()?;
    let batch = PostingBatch(u32::from_str_radix(parts.next()?, 16).ok()?);
    Some(PostingPosition { order, batch, chunk: u16::from_str_radix(parts.next()?, 16).ok()?, at: 0 })
}

/// Where one event is.
pub(crate) fn event_pk(project: ProjectId, event: EventHash) -> String {
    format!("D#{project}#{event}")
}

/// Where the events of batches are that fall into this bucket.
pub(crate) fn block_pk(project: ProjectId, bucket: Bucket) -> String {
    format!("D#{project}#{bucket}")
}

pub(crate) const FAILED: &str = "FAILED#";

/// A partition for each message: those of a storm that cannot be processed must not wait for each other.
pub(crate) fn failed_pk(message: &str) -> String {
    format!("{FAILED}{message}")
}

pub(crate) const WHY: &str = "WHY";

/// Of the pages: who is signed in.
pub(crate) const SESSION: &str = "SESSION";

pub(crate) fn session_pk(token: &KeyHash) -> String {
    format!("{SESSION}#{token}")
}

pub(crate) const SIGN_IN_ATTEMPTS: &str = "M#";

/// A partition for each source: one that tries keys by the thousand hinders nobody else.
pub(crate) fn attempts_pk(source: &str) -> String {
    format!("SIGNIN#{source}")
}

pub(crate) fn lane_pk(project: ProjectId) -> String {
    format!("N#{project}")
}

pub(crate) fn lane_sk(id: &LaneId) -> String {
    id.to_string()
}

pub(crate) const DUE: &str = "DUE";

pub(crate) fn due_sk(due: Timestamp, id: &LaneId) -> String {
    format!("{:016}-{}-{id}", due.micros(), id.project)
}

/// Behind all that was due at `now`.
pub(crate) fn due_bound(now: Timestamp) -> String {
    format!("{:016}", now.micros() + 1)
}

pub(crate) fn index_pk(project: ProjectId, status: Status) -> String {
    format!("S#{project}#{status}")
}

pub(crate) fn index_sk(error: &ErrorAggregate) -> String {
    format!("{:08}-{}", error.last_seen.seconds() / SLOT, error.fingerprint)
}

/// Makes the table as template.yaml describes it, on demand instead of provisioned; does nothing if it is there.
/// For engines: in AWS the stack makes it.
pub async fn create(client: &Client, table: &str) -> Result<()> {
    let doing = "creating the table";
    let text = |name: &str| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build().ok()
    };
    let keys = |hash: &str, range: &str| {
        let element = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().ok();
        [element(hash, KeyType::Hash), element(range, KeyType::Range)].into_iter().flatten().collect::<Vec<_>>()
    };
    let index = GlobalSecondaryIndex::builder()
        .index_name(INDEX)
        .set_key_schema(Some(keys(INDEX_PK, INDEX_SK)))
        .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
        .build()
        .map_err(|error| StoreError::corrupt(doing, error))?;
    let stream = StreamSpecification::builder()
        .stream_enabled(true)
        .stream_view_type(StreamViewType::NewAndOldImages)
        .build()
        .map_err(|error| StoreError::corrupt(doing, error))?;
    let created = client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some([PK, SK, INDEX_PK, INDEX_SK].into_iter().filter_map(text).collect()))
        .set_key_schema(Some(keys(PK, SK)))
        .global_secondary_indexes(index)
        .stream_specification(stream)
        .send()
        .await;
    match created {
        Ok(_) => {}
        Err(error) if error.code() == Some("ResourceInUseException") => return Ok(()),
        Err(error) => return Err(StoreError::of_call(doing, &error)),
    }
    let ttl = TimeToLiveSpecification::builder()
        .enabled(true)
        .attribute_name(TTL)
        .build()
        .map_err(|error| StoreError::corrupt(doing, error))?;
    let set = client.update_time_to_live().table_name(table).time_to_live_specification(ttl).send().await;
    set.map(drop).map_err(|error| StoreError::of_call(doing, &error))
}
