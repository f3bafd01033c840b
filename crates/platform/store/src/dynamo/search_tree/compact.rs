//! Moves postings down the tree.

use model::error::PostingBatch;
use model::id::{Fingerprint, ProjectId};
use search::{Node, TermPostings};

use super::node_range;
use super::packs::{Moved, PackId, StoredPack};
use crate::dynamo::Table;
use crate::dynamo::item::key;
use crate::dynamo::schema::node_pk;
use crate::error::Result;

/// The size from which on a node is full.
const FULL: usize = 32 * 1024;
/// The most that one move takes from a node.
const MAX_MOVED: usize = 64 * 1024;
/// The most packs that one move takes from a node.
const MAX_PACKS: usize = 200;
/// The most moves of one compaction. The next one goes on.
const MAX_MOVES: usize = 16;

/// A node to compact. If it has a parent: the parent, the number of the child, and the bytes that moved to it.
struct OpenNode {
    node: Node,
    parent: Option<(Node, usize, i64)>,
}

impl Table {
    /// Moves postings out of full nodes, with at most [`MAX_MOVES`] moves.
    pub(in crate::dynamo) async fn compact_tree(&self, project: ProjectId) -> Result<()> {
        let mut moves = 0;
        let mut open = vec![OpenNode { node: Node::ROOT, parent: None }];
        while let Some(OpenNode { node, parent }) = open.pop() {
            let mut range = node_range(project, node);
            range.limit = Some(MAX_PACKS);
            let mut moved = None;
            loop {
                let (mut part, _) = self.read_part(&range).await?;
                let size = part.keep_first(MAX_MOVED);
                if size < FULL {
                    moved = moved.or(part.moved);
                    break;
                }
                if moves == MAX_MOVES {
                    return Ok(());
                }
                moves += 1;
                moved = Some(self.move_down(project, node, part.packs).await?);
            }
            if let Some((parent, child, counted)) = parent {
                self.count_moved(project, parent, &Moved::from([(child, -counted)]), None).await?;
            }
            for (number, counted) in moved.unwrap_or_default() {
                if let (true, Some(child)) = (counted >= FULL as i64, node.child(number)) {
                    open.push(OpenNode { node: child, parent: Some((node, number, counted)) });
                }
            }
        }
        Ok(())
    }

    /// Moves packs to the places below their node. Returns what has moved to each child.
    async fn move_down(&self, project: ProjectId, node: Node, packs: Vec<StoredPack>) -> Result<Moved> {
        let (mut postings, mut keys, mut expires_at) = (TermPostings::default(), Vec::new(), self.clock.now());
        // The same packs move to the same items, however often this is repeated.
        let hash = Fingerprint::of("packs", packs.iter().map(|pack| pack.sk.as_str())).to_bytes();
        let batch = PostingBatch(u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]));
        let time = i64::from(u32::from_be_bytes([hash[4], hash[5], hash[6], hash[7]]));
        for pack in packs {
            keys.push(key(node_pk(project, node), pack.sk));
            expires_at = expires_at.max(pack.expires_at);
            postings.merge(pack.postings);
        }
        let moved = self.write_below(project, node, &PackId { time, batch }, postings, expires_at).await?;
        self.remove_all("removing what moved down in the search tree", keys).await?;
        Ok(moved)
    }
}
