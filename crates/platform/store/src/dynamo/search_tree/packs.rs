//! Packs and nodes as items.

use std::collections::BTreeMap;

use model::error::PostingBatch;
use model::id::ProjectId;
use model::time::Timestamp;
use search::{Node, TermPostings};

use super::READING;
use crate::dynamo::item::{Attributes, Reader, Writer, bytes};
use crate::dynamo::schema::{NODE_STATE, SK, TTL, node_pk, pack_sk};
use crate::error::Result;

/// Postings of a batch that take more than this skip the root: moving them later would cost more.
const LARGE: usize = 8 * 1024;

const PACK: &str = "pack";

/// A pack in a node.
pub(super) struct StoredPack {
    pub(super) sk: String,
    pub(super) postings: TermPostings,
    pub(super) size: usize,
    pub(super) expires_at: Timestamp,
}

/// The number of bytes that moved to each child of a node, less those that moved on from there.
pub(super) type Moved = BTreeMap<usize, i64>;

/// A node as it was read.
#[derive(Default)]
pub(super) struct StoredNode {
    pub(super) packs: Vec<StoredPack>,
    /// `None` if nothing ever moved down from here.
    pub(super) moved: Option<Moved>,
}

/// The postings of a batch in one project.
pub(in crate::dynamo) struct NewPacks {
    pub(super) project: ProjectId,
    pub(super) id: PackId,
    pub(super) postings: TermPostings,
    packs: Vec<Vec<u8>>,
    pub(super) expires_at: Timestamp,
}

impl NewPacks {
    pub(in crate::dynamo) fn new(
        project: ProjectId,
        batch: PostingBatch,
        postings: TermPostings,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Self {
        // The time as well, because a batch has only 32 random bits.
        let id = PackId { time: now.seconds(), batch };
        Self { project, id, packs: postings.packs(), postings, expires_at }
    }

    /// Their size in bytes.
    pub(in crate::dynamo) fn size(&self) -> usize {
        self.packs.iter().map(Vec::len).sum()
    }

    /// Whether it costs less to write them below the root at once.
    pub(in crate::dynamo) fn skips_root(&self) -> bool {
        self.size() > LARGE
    }

    /// The items of the root.
    pub(in crate::dynamo) fn items(self) -> impl Iterator<Item = Attributes> {
        pack_items(self.project, Node::ROOT, &self.id, self.packs, self.expires_at)
    }
}

/// Identifies the packs that are written together to one node.
pub(super) struct PackId {
    /// Seconds since 1970, or a part of a hash.
    pub(super) time: i64,
    pub(super) batch: PostingBatch,
}

impl StoredNode {
    /// Keeps the first packs, as many as have `most` bytes together. Returns their size.
    pub(super) fn keep_first(&mut self, most: usize) -> usize {
        let mut size = 0;
        self.packs.retain(|pack| {
            let fits = size + pack.size <= most;
            size += if fits { pack.size } else { 0 };
            fits
        });
        size
    }
}

pub(super) fn pack_items(
    project: ProjectId,
    node: Node,
    id: &PackId,
    packs: Vec<Vec<u8>>,
    expires_at: Timestamp,
) -> impl Iterator<Item = Attributes> + use<> {
    let (pk, sk) = (node_pk(project, node), pack_sk(id.time, id.batch));
    packs.into_iter().enumerate().map(move |(chunk, pack)| {
        Writer::new(pk.as_str(), format!("{sk}-{chunk:04x}")).with(PACK, bytes(pack)).expiring(expires_at).done()
    })
}

/// The name of the attribute with the number of bytes that moved to a child.
pub(super) fn moved_name(child: usize) -> String {
    format!("moved{child:x}")
}

pub(super) fn read_moved(doing: &'static str, item: &Attributes) -> Result<Moved> {
    let read = Reader::new(doing, item)?;
    let counted = (0..Node::CHILDREN).map(|child| Ok(Some(child).zip(read.number_if_any(&moved_name(child))?)));
    counted.filter_map(Result::transpose).collect()
}

pub(super) fn read_item(item: &Attributes, node: &mut StoredNode) -> Result<()> {
    let read = Reader::new(READING, item)?;
    let sk = read.text(SK)?.to_owned();
    if sk == NODE_STATE {
        // Also if a number is damaged, readers must look further down.
        let moved = node.moved.insert(Moved::new());
        *moved = read_moved(READING, item)?;
        return Ok(());
    }
    let postings = read.parsed_bytes(PACK, TermPostings::decode)?;
    let expires_at = Timestamp::from_seconds(read.number(TTL)?);
    node.packs.push(StoredPack { sk, postings, size: read.bytes(PACK)?.len(), expires_at });
    Ok(())
}
