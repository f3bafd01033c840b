//! The schema of the tables: their keys, their indexes, and the key of each kind of item.
//!
//! The directory:
//!
//! | item | `pk` | `sk` | index `pk` / `sk` |
//! |---|---|---|---|
//! | key | `KEY` | SHA-256 of the key | `K#{project}` / SHA-256, for keys of one project |
//! | user | `USER` | id | |
//! | personal access token | `TOKEN` | SHA-256 of the token | `T#{user}` / SHA-256 |
//! | entry of the audit log | `AUDIT#{yyyy-mm}` | ULID | |
//! | invitation, or link to sign in | `INVITATION` | SHA-256 of its token | |
//! | project | `PROJECT` | name | |
//! | project by number | `PROJECT_ID` | number | |
//! | last project number | `PROJECT_ID` | `LAST` | |
//! | former name of a project | `PROJECT_ID` | `NAME#{name}` | |
//! | session | `SESSION#{SHA-256 of its token}` | `SESSION` | |
//! | source map, or ProGuard mapping | `SM#{project}` | `I#{debug id}` | |
//! | upload of maps | `SM#{project}` | `U#{time}-{SHA-1 of the bundle}` | |
//! | newest upload of a bundle | `SM#{project}` | `B#{SHA-1 of the bundle}` | |
//! | when the project's source maps last changed | `SM#{project}` | `CHANGED` | |
//! | mark that some are found by URL | `SM#{project}` | `URLS` | |
//! | release as a build tool announced it | `AR#{project}` | `{hash}` | `AR#{project}` / `{created}-{hash}` |
//! | failed attempts to sign in | `SIGNIN#{source}` | `M#{minute}` | |
//!
//! The table of errors:
//!
//! | item | `pk` | `sk` | index `pk` / `sk` |
//! |---|---|---|---|
//! | error | `P#{project}` | `E#{fingerprint}` | `S#{project}#{status}` / `{slot}-{fingerprint}` |
//! | alias of an error | `P#{project}` | `A#{hash}` | |
//! | the key that signs marks of a project's issues | `P#{project}` | `C#issues` | |
//! | posted configs | `P#{project}` | `C#{config}` | |
//! | rules | `P#{project}` | `RULES` | |
//! | removed error with contents still to be purged | `P#{project}` | `B#{uid}` | |
//! | usage of a month | `P#{project}` | `U#{yyyy-mm}` | |
//! | the limit that the project last reached | `P#{project}` | `LIMITED` | |
//! | release | `P#{project}` | `V#{hash}` | `V#{project}` / `{first seen}-{hash}` |
//! | timeline of an error | `E#{project}#{uid}` | `T#{hour}` | |
//! | timeline of a project, of the stack | `PT#{project}`, `STACK` | `T#{hour}` | |
//! | reference | `E#{project}#{uid}` | `O#{reference}` | |
//! | entry of a history | `E#{project}#{uid}` | `H#{ulid}` | |
//! | postings of an order, or of a common term | `X#{project}#{hash of the term}` | `{order}-{batch}-{chunk}` | |
//! | node of the search tree | `I#{project}#{digits}` | `.`, once something moved further down | |
//! | postings in a node | `I#{project}#{digits}` | `{time}-{batch}-{chunk}` | |
//! | event index, single event | `D#{project}#{event hash}` | `{reference}` | |
//! | event index, events of a batch | `D#{project}#{bits}#{bucket}` | `{ULID}` | |
//! | last use of a key | `KEY_USE` | id | |
//! | why a message failed | `FAILED#{message}` | `WHY` | |
//! | lane of the outbox | `N#{project}` | `{lane}` | `DUE` / `{time}-{project}-{lane}`, while something waits |
//!
//! A slot is ten minutes of `lastSeen`, so that an update within the same slot writes nothing to the index. Every item
//! has the version of its format in `v`. Items that expire have the time in `ttl`, in seconds since 1970.

use formats::event_index::Bucket;
use model::error::PostingBatch;
use model::error::history::EntryId;
use model::error::{ErrorAggregate, Status};
use model::id::{
    Checksum, ConfigId, DebugId, ErrorUid, EventHash, Fingerprint, KeyHash, KeyId, ProjectId, ReferenceId, UploadId,
    UserId,
};
use model::time::Timestamp;
use model::timeline::Hour;
use rules::lane::LaneId;
use search::{Block, Node, TermHash};

use crate::ports::{PostingPosition, TotalsScope};

/// The only global secondary index of the table of errors: errors by status and time, and also releases and due lanes.
pub const INDEX: &str = "by-last-seen";
/// The directory's only global secondary index: the keys and the announced releases of a project, and the tokens of a
/// user.
pub const DIRECTORY_INDEX: &str = "by-project";

pub(crate) const PK: &str = "pk";
pub(crate) const SK: &str = "sk";
pub(crate) const INDEX_PK: &str = "ipk";
pub(crate) const INDEX_SK: &str = "isk";
pub(crate) const TTL: &str = "ttl";
pub(crate) const FORM: &str = "v";

/// Partition and sort key of an item that never exists.
pub(crate) const NOTHING: &str = "NOTHING";

pub(crate) const KEYS: &str = "KEY";
/// One partition, because each key is written at most once a day.
pub(crate) const KEY_USES: &str = "KEY_USE";
/// The index partition of a project's keys.
pub(crate) fn project_keys_pk(project: ProjectId) -> String {
    format!("K#{project}")
}

/// The position after the key with this id, or before all keys: `~` sorts after hexadecimal digits.
pub(crate) fn keys_after(id: Option<KeyId>) -> String {
    id.map_or(" ".to_owned(), |id| format!("{id}~"))
}

/// The position after all keys.
pub(crate) fn keys_end() -> String {
    "~".to_owned()
}

pub(crate) const USERS: &str = "USER";
pub(crate) const TOKENS: &str = "TOKEN";
pub(crate) const INVITATIONS: &str = "INVITATION";

/// The audit log of a month (in UTC).
pub(crate) fn audit_pk(moment: Timestamp) -> String {
    format!("AUDIT#{}", &moment.date()[..7])
}

/// The index partition of a user's tokens.
pub(crate) fn user_tokens_pk(user: UserId) -> String {
    format!("T#{user}")
}

pub(crate) const PROJECTS: &str = "PROJECT";
pub(crate) const PROJECT_IDS: &str = "PROJECT_ID";
pub(crate) const LAST: &str = "LAST";

/// The length of a slot of the index, in seconds.
const SLOT: i64 = 600;

pub(crate) fn project_pk(project: ProjectId) -> String {
    format!("P#{project}")
}

/// The project of a partition that [`project_pk`] named.
pub(crate) fn project_of_pk(pk: &str) -> Option<ProjectId> {
    ProjectId::parse(pk.strip_prefix("P#")?).ok()
}

/// It is written when a limit is reached, so that the stream has it.
pub(crate) const LIMITED: &str = "LIMITED";

pub(crate) const ERROR: &str = "E#";

pub(crate) fn error_sk(fingerprint: &Fingerprint) -> String {
    format!("{ERROR}{fingerprint}")
}

pub(crate) const ALIAS: &str = "A#";

pub(crate) fn alias_sk(hash: &Fingerprint) -> String {
    format!("{ALIAS}{hash}")
}

pub(crate) const CONFIG: &str = "C#";
/// It begins like the configs, so that it is removed with them.
pub(crate) const ISSUE_KEY: &str = "C#issues";

pub(crate) fn config_sk(id: ConfigId) -> String {
    format!("{CONFIG}{id}")
}

/// A separate item, not an attribute of the project: each write of an item is charged for its whole size, and the
/// document may have 64 KiB.
pub(crate) const RULES: &str = "RULES";

pub(crate) const PENDING_PURGE: &str = "B#";

pub(crate) fn pending_purge_sk(uid: &ErrorUid) -> String {
    format!("{PENDING_PURGE}{uid}")
}

/// The sort key for the month (in UTC) of `moment`.
pub(crate) fn usage_sk(moment: Timestamp) -> String {
    format!("U#{}", &moment.date()[..7])
}

pub(crate) const RELEASE: &str = "V#";

/// A hash, because the name is text from a client.
fn release_hash(name: &str) -> Fingerprint {
    Fingerprint::of("release", [name])
}

pub(crate) fn release_sk(name: &str) -> String {
    format!("{RELEASE}{}", release_hash(name))
}

/// The index partition of a project's releases.
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

/// The term is hashed: no event data is part of a key.
pub(crate) fn postings_pk(project: ProjectId, term: TermHash) -> String {
    format!("X#{project}#{term}")
}

pub(crate) fn block_sk(block: &Block) -> String {
    posting_sk(block.order, block.batch, block.chunk)
}

pub(crate) fn posting_sk(order: u32, PostingBatch(batch): PostingBatch, chunk: u16) -> String {
    format!("{order:010}-{batch:08x}-{chunk:04x}")
}

/// The position of the first posting of a block.
pub(crate) fn posting_position(sk: &str) -> Option<PostingPosition> {
    let mut parts = sk.split('-');
    let order = parts.next()?.parse().ok()?;
    let batch = PostingBatch(u32::from_str_radix(parts.next()?, 16).ok()?);
    Some(PostingPosition { order, batch, chunk: u16::from_str_radix(parts.next()?, 16).ok()?, at: 0 })
}

/// The partition of a node of the search tree.
pub(crate) fn node_pk(project: ProjectId, node: Node) -> String {
    format!("I#{project}#{node}")
}

/// The item that says how much moved from a node to each child. It sorts before all packs.
pub(crate) const NODE_STATE: &str = ".";

/// The sort key of a pack, without the number of its chunk.
pub(crate) fn pack_sk(time: i64, PostingBatch(batch): PostingBatch) -> String {
    format!("{time:010}-{batch:08x}")
}

/// The partition of one event in the event index.
pub(crate) fn event_pk(project: ProjectId, event: EventHash) -> String {
    format!("D#{project}#{event}")
}

/// The partition of a bucket in the event index, with blocks of many events.
pub(crate) fn block_pk(project: ProjectId, bucket: Bucket) -> String {
    format!("D#{project}#{bucket}")
}

pub(crate) const FAILED: &str = "FAILED#";

/// One partition for each message, so that many failing messages do not throttle each other.
pub(crate) fn failed_pk(message: &str) -> String {
    format!("{FAILED}{message}")
}

pub(crate) const WHY: &str = "WHY";

/// A project's source maps and their uploads.
pub(crate) fn source_maps_pk(project: ProjectId) -> String {
    format!("SM#{project}")
}

pub(crate) fn source_map_sk(id: DebugId) -> String {
    format!("I#{id}")
}

pub(crate) const UPLOAD: &str = "U#";

pub(crate) fn upload_sk(id: &UploadId) -> String {
    format!("{UPLOAD}{id}")
}

pub(crate) fn bundle_sk(bundle: Checksum) -> String {
    format!("B#{bundle}")
}

pub(crate) const FILE_MAPS: &str = "URLS";

pub(crate) const SOURCE_MAPS_CHANGED: &str = "CHANGED";

/// Releases of a project that build tools announced, also in the index.
pub(crate) fn announced_pk(project: ProjectId) -> String {
    format!("AR#{project}")
}

pub(crate) fn announced_sk(name: &str) -> String {
    release_hash(name).to_string()
}

/// Sessions of the web UI.
pub(crate) const SESSION: &str = "SESSION";

pub(crate) fn session_pk(token: &KeyHash) -> String {
    format!("{SESSION}#{token}")
}

pub(crate) const SIGN_IN_ATTEMPTS: &str = "M#";

/// One partition for each source, so that a source that tries thousands of keys does not slow others down.
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

/// The position after all lanes that were due at `now`.
pub(crate) fn due_bound(now: Timestamp) -> String {
    format!("{:016}", now.micros() + 1)
}

pub(crate) fn index_pk(project: ProjectId, status: Status) -> String {
    format!("S#{project}#{status}")
}

pub(crate) fn index_sk(error: &ErrorAggregate) -> String {
    format!("{:08}-{}", error.last_seen.seconds() / SLOT, error.fingerprint)
}
