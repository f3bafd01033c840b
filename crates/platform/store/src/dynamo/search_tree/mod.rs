//! The search tree of each project: postings of terms that have no order.
//!
//! What a batch posts is one item, a pack, in the root. When a node has more than 32 KiB of packs, they move to its
//! children, and to lists of single terms. So a new error costs one item and a part of the moves, not an item for each
//! of its terms, and a search reads one node of each level and a list.
//!
//! Postings only move down. They are written below before they are removed above, and readers go from top to bottom, so
//! that nobody misses one that moves at the time. An interrupted or repeated move leaves postings in two places, which
//! changes no result.

mod compact;
mod packs;

use std::collections::{BTreeMap, HashSet};

use aws_sdk_dynamodb::types::ReturnValue;
use futures_util::StreamExt;
use futures_util::stream::iter;
use model::id::{Fingerprint, ProjectId};
use model::time::Timestamp;
use search::{Block, Distribution, Node, TermHash, TermPostings, slot};

use super::Table;
use super::call::Range;
use super::item::{VERSION, key, number};
use super::schema::{FORM, NODE_STATE, TTL, node_pk};
use super::search_index::{block_item, postings_range};
use crate::error::{Kind, Result, StoreError};
pub(super) use packs::NewPacks;
use packs::{Moved, PackId, StoredNode, moved_name, pack_items, read_item, read_moved};

/// How many nodes are read at once.
const CONCURRENT_READS: usize = 8;

const READING: &str = "reading the search tree";
const WRITING: &str = "writing to the search tree";

impl Table {
    /// Writes postings that skip the root.
    pub(super) async fn write_large(&self, new: NewPacks) -> Result<()> {
        let NewPacks { project, id, postings, expires_at, .. } = new;
        self.write_below(project, Node::ROOT, &id, postings, expires_at).await.map(drop)
    }

    /// Writes postings to the children of `node` and to lists. Returns what has moved to each child.
    async fn write_below(
        &self,
        project: ProjectId,
        node: Node,
        id: &PackId,
        postings: TermPostings,
        expires_at: Timestamp,
    ) -> Result<Moved> {
        let Distribution { lists, children } = postings.distribute(node);
        let packs: BTreeMap<_, _> = children.into_iter().map(|(child, postings)| (child, postings.packs())).collect();
        let size = |packs: &Vec<Vec<u8>>| packs.iter().map(Vec::len).sum::<usize>() as i64;
        let sizes = packs.iter().map(|(child, packs)| (*child, size(packs))).collect();
        // First, because readers go further down only if this item exists.
        let moved = self.count_moved(project, node, &sizes, Some(expires_at)).await?;
        let order = slot(self.clock.now().seconds());
        let lists = lists.terms().flat_map(|(term, errors)| {
            let errors = errors.iter().copied().collect();
            Block { project, term, order, batch: id.batch, chunk: 0, errors, expires_at }.split()
        });
        let mut items: Vec<_> = lists.map(|block| block_item(&block)).collect();
        for (child, packs) in packs {
            if let Some(child) = node.child(child) {
                items.extend(pack_items(project, child, id, packs, expires_at));
            }
        }
        self.put_all(WRITING, items).await?;
        Ok(moved)
    }

    /// Adds to the number of bytes that moved to each child, and makes the record expire no earlier than `expires_at`.
    /// Returns all numbers.
    async fn count_moved(
        &self,
        project: ProjectId,
        node: Node,
        sizes: &Moved,
        expires_at: Option<Timestamp>,
    ) -> Result<Moved> {
        match self.try_count_moved(project, node, sizes, expires_at).await {
            // The record expires later already.
            Err(error) if expires_at.is_some() && error.kind() == Kind::Conflict => {
                self.try_count_moved(project, node, sizes, None).await
            }
            counted => counted,
        }
    }

    async fn try_count_moved(
        &self,
        project: ProjectId,
        node: Node,
        sizes: &Moved,
        expires_at: Option<Timestamp>,
    ) -> Result<Moved> {
        let doing = "recording a move in the search tree";
        let mut call = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(node_pk(project, node), NODE_STATE)))
            .expression_attribute_names("#form", FORM)
            .expression_attribute_values(":form", number(VERSION))
            .return_values(ReturnValue::AllNew);
        let mut expression = "SET #form = :form".to_owned();
        if let Some(expires_at) = expires_at {
            expression.push_str(", #ttl = :ttl");
            call = call
                .expression_attribute_names("#ttl", TTL)
                .expression_attribute_values(":ttl", number(expires_at.seconds()))
                .condition_expression("attribute_not_exists(#ttl) OR #ttl <= :ttl");
        }
        for (at, (child, size)) in sizes.iter().enumerate() {
            let name = moved_name(*child);
            expression.push_str(if at == 0 { " ADD " } else { ", " });
            expression.push_str(&format!("{name} :{name}"));
            call = call.expression_attribute_values(format!(":{name}"), number(size));
        }
        let updated = call.update_expression(expression).send().await;
        let updated = updated.map_err(|error| StoreError::of_call(doing, &error))?;
        read_moved(doing, &updated.attributes.unwrap_or_default())
    }

    /// Reads a part of a node. A damaged pack affects only its own errors, and those are still in the lists of all
    /// errors.
    async fn read_part(&self, range: &Range) -> Result<(StoredNode, Option<String>)> {
        let (items, next) = self.query(READING, range).await?;
        let mut node = StoredNode::default();
        for item in &items {
            if let Err(error) = read_item(item, &mut node) {
                tracing::error!(error.message = %error, "failed to decode a part of the search tree");
            }
        }
        Ok((node, next))
    }

    async fn read_node(&self, project: ProjectId, node: Node) -> Result<StoredNode> {
        let mut range = node_range(project, node);
        let mut whole = StoredNode::default();
        loop {
            let (part, next) = self.read_part(&range).await?;
            whole.packs.extend(part.packs);
            whole.moved = whole.moved.or(part.moved);
            match next {
                Some(next) => range.after = Some(next),
                None => return Ok(whole),
            }
        }
    }

    /// Finds the errors that were posted under each term; `None` if there are more than `limit`.
    pub(super) async fn find_terms(
        &self,
        project: ProjectId,
        terms: &[TermHash],
        limit: usize,
    ) -> Result<Vec<Option<HashSet<Fingerprint>>>> {
        let mut found = vec![HashSet::new(); terms.len()];
        let mut has_lists = false;
        let mut level = BTreeMap::from([(Node::ROOT, (0..terms.len()).collect::<Vec<_>>())]);
        while !level.is_empty() {
            let reads = level.into_iter().map(|(node, wanted)| async move {
                self.read_node(project, node).await.map(|read| (node, wanted, read))
            });
            let reads: Vec<_> = iter(reads).buffered(CONCURRENT_READS).collect().await;
            level = BTreeMap::new();
            for read in reads {
                let (node, wanted, read) = read?;
                let has_children = read.moved.is_some();
                has_lists |= has_children;
                for index in wanted {
                    let term = terms[index];
                    let errors: &mut HashSet<_> = &mut found[index];
                    errors.extend(read.packs.iter().flat_map(|pack| pack.postings.errors(term)));
                    let child = node.child_number(term).and_then(|number| node.child(number));
                    if let Some(child) = child.filter(|_| has_children && errors.len() <= limit) {
                        level.entry(child).or_default().push(index);
                    }
                }
            }
        }
        let lists = terms.iter().zip(found).map(|(term, mut errors)| async move {
            if has_lists && errors.len() <= limit && !self.add_list(project, *term, limit, &mut errors).await? {
                return Ok(None);
            }
            Ok((errors.len() <= limit).then_some(errors))
        });
        futures_util::future::try_join_all(lists).await
    }

    /// Adds the errors in the list of a term. Returns false if the list is too long to be read.
    async fn add_list(
        &self,
        project: ProjectId,
        term: TermHash,
        limit: usize,
        errors: &mut HashSet<Fingerprint>,
    ) -> Result<bool> {
        let (mut read, mut after) = (0, None);
        loop {
            let mut range = postings_range(project, term);
            // What just moved here from a node must be seen.
            range.consistent = true;
            let missing = (limit + 1).saturating_sub(errors.len());
            let page = self.list_postings(range, after.as_ref(), missing).await?;
            read += page.items.len();
            errors.extend(page.items.into_iter().map(|posted| posted.fingerprint));
            match page.next {
                _ if errors.len() > limit => return Ok(false),
                None => return Ok(true),
                // An error that was posted several times counts several times.
                Some(_) if read > 2 * limit => return Ok(false),
                next => after = next,
            }
        }
    }
}

fn node_range(project: ProjectId, node: Node) -> Range {
    let mut range = Range::of_prefix(node_pk(project, node), "");
    range.consistent = true;
    range
}
