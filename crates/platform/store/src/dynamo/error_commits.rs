use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::RangeInclusive;

use async_trait::async_trait;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use futures_util::StreamExt;
use model::error::ErrorAggregate;
use model::id::{ErrorKey, ErrorUid, EventHash, Fingerprint, ProjectId, ReferenceId};
use model::time::Timestamp;
use model::timeline::{Minute, Timeline};

use super::Table;
use super::call::{Cancelled, Range};
use super::error_item::{self, error_key};
use super::item::{Reader, Writer, key, text};
use super::occurrences::encode;
use super::schema::{ALIAS, ERROR, PK, SK, alias_sk, error_pk, project_pk, reference_sk};
use super::timelines;
use crate::error::{Kind, Result, StoreError};
use crate::ports::{Commit, ErrorCommits};

/// DynamoDB's limit of actions in a transaction.
const MAX_ACTIONS: usize = 100;
/// How many transactions run at once. Each takes some milliseconds, and its cost does not depend on the others.
const CONCURRENT_TRANSACTIONS: usize = 8;

#[async_trait]
impl ErrorCommits for Table {
    async fn load(&self, errors: &[ErrorKey]) -> Result<HashMap<ErrorKey, ErrorAggregate>> {
        let doing = "reading errors";
        let keys = errors.iter().map(|(project, fingerprint)| error_key(*project, fingerprint)).collect();
        let items = self.get_all(doing, keys, true).await?;
        let error = |item| error_item::decode(doing, item).map(|error| ((error.project, error.fingerprint), error));
        items.iter().map(error).collect()
    }

    async fn owners(&self, hashes: &[ErrorKey]) -> Result<HashMap<ErrorKey, Fingerprint>> {
        let doing = "looking up errors by their hashes";
        let keys = hashes
            .iter()
            .flat_map(|(project, hash)| [error_key(*project, hash), key(project_pk(*project), alias_sk(hash))]);
        let mut owners = HashMap::new();
        for item in self.get_all(doing, keys.collect(), true).await? {
            // Accept any version of the format: an item that this version cannot read must affect only its own error.
            let read = Reader::of_any_form(doing, &item);
            let project = read.parsed(PK, |pk| ProjectId::parse(pk.trim_start_matches("P#")))?;
            let of = |prefix: &'static str| move |sk: &str| Fingerprint::parse(sk.trim_start_matches(prefix));
            match read.text_if_any("owner") {
                Some(_) => {
                    let (hash, owner) = (read.parsed(SK, of(ALIAS))?, read.parsed("owner", Fingerprint::parse)?);
                    owners.entry((project, hash)).or_insert(owner);
                }
                // An error's own fingerprint takes precedence over an alias.
                None => {
                    let hash = read.parsed(SK, of(ERROR))?;
                    owners.insert((project, hash), hash);
                }
            }
        }
        Ok(owners)
    }

    async fn counted(
        &self,
        project: ProjectId,
        uid: &ErrorUid,
        minutes: RangeInclusive<Minute>,
    ) -> Result<HashSet<EventHash>> {
        let doing = "reading which events are counted";
        let bound = |minute: Minute| reference_sk(&ReferenceId::floor(minute.start()));
        let mut range = Range::between(error_pk(project, uid), bound(*minutes.start()), bound(minutes.end().next()));
        range.consistent = true;
        let mut counted = HashSet::new();
        for item in self.query_all(doing, range).await? {
            counted.extend(EventHash::unpack(Reader::new(doing, &item)?.bytes("events")?));
        }
        Ok(counted)
    }

    async fn keep_merged(&self, target: &ErrorAggregate, expires_at: Timestamp) -> Result<()> {
        self.keep_alive(target, expires_at).await
    }

    async fn commit(&self, commits: &[Commit]) -> Vec<Result<()>> {
        let transactions = Transactions { table: self, rest: commits.iter().enumerate(), next: None };
        let outcomes = futures_util::stream::iter(transactions)
            .map(|transaction| self.run(transaction))
            .buffer_unordered(CONCURRENT_TRANSACTIONS)
            .collect::<Vec<_>>()
            .await;
        let mut results: Vec<_> = commits.iter().map(|_| Ok(())).collect();
        for (index, error) in outcomes.into_iter().flatten() {
            results[index] = Err(error);
        }
        results
    }
}

/// Puts commits into as few transactions as possible, one by one: the actions of thousands of errors would take much
/// memory.
struct Transactions<'a> {
    table: &'a Table,
    rest: std::iter::Enumerate<std::slice::Iter<'a, Commit>>,
    /// A commit that did not fit into the transaction before.
    next: Option<(usize, Vec<TransactWriteItem>)>,
}

impl Iterator for Transactions<'_> {
    type Item = Transaction;

    fn next(&mut self) -> Option<Transaction> {
        let mut transaction = Transaction::default();
        if let Some((index, actions)) = self.next.take() {
            transaction.push(index, actions);
        }
        for (index, commit) in self.rest.by_ref() {
            match self.table.actions(commit) {
                Ok(actions) if transaction.actions.len() + actions.len() <= MAX_ACTIONS => {
                    transaction.push(index, actions);
                }
                Ok(actions) => {
                    self.next = Some((index, actions));
                    break;
                }
                Err(error) => transaction.failed.push((index, error)),
            }
        }
        (!transaction.actions.is_empty() || !transaction.failed.is_empty()).then_some(transaction)
    }
}

/// Commits that are written in one transaction.
#[derive(Default)]
struct Transaction {
    actions: Vec<TransactWriteItem>,
    /// For each action, the index of its commit.
    owners: Vec<usize>,
    /// Commits for which no actions could be built, and the reasons.
    failed: Vec<(usize, StoreError)>,
}

impl Transaction {
    fn push(&mut self, owner: usize, actions: Vec<TransactWriteItem>) {
        self.owners.extend(std::iter::repeat_n(owner, actions.len()));
        self.actions.extend(actions);
    }

    /// This transaction without the commits in `without`.
    fn without(self, without: &BTreeSet<usize>) -> Self {
        let kept = self.actions.into_iter().zip(self.owners).filter(|(_, owner)| !without.contains(owner));
        let (actions, owners) = kept.unzip();
        Self { actions, owners, failed: Vec::new() }
    }
}

impl Table {
    /// Runs a transaction and returns the commits that failed. If some commits are refused, the others run again
    /// without them: a conflict or an oversized item of one error must not affect the others.
    async fn run(&self, mut transaction: Transaction) -> Vec<(usize, StoreError)> {
        let doing = "writing errors";
        let mut failed = std::mem::take(&mut transaction.failed);
        while !transaction.actions.is_empty() {
            let call = self.client.transact_write_items().set_transact_items(Some(transaction.actions.clone()));
            let Err(error) = call.send().await else { break };
            let refused = refusals(doing, &error, &transaction.owners);
            if refused.is_empty() {
                // The response does not say which action is at fault, so try each commit alone.
                let owners: BTreeSet<_> = transaction.owners.iter().copied().collect();
                let of_all = StoreError::of_call(doing, &error);
                if owners.len() == 1 || of_all.is_transient() {
                    let again = |owner| (owner, StoreError::of_call(doing, &error));
                    failed.extend(owners.into_iter().map(again));
                    break;
                }
                for owner in &owners {
                    let others = owners.iter().copied().filter(|other| other != owner).collect();
                    let alone = Transaction {
                        actions: transaction.actions.clone(),
                        owners: transaction.owners.clone(),
                        failed: Vec::new(),
                    };
                    failed.extend(Box::pin(self.run(alone.without(&others))).await);
                }
                break;
            }
            let owners = refused.keys().copied().collect();
            failed.extend(refused);
            transaction = transaction.without(&owners);
        }
        failed
    }

    /// The actions of one commit: the error, the hours of its timeline, and its references.
    fn actions(&self, commit: &Commit) -> Result<Vec<TransactWriteItem>> {
        let doing = "writing errors";
        let corrupt = |error| StoreError::corrupt(doing, error);
        let Commit { error, target, references, aliases, history, target_history, expires_at } = commit;
        let mut actions = Vec::new();
        let is_new = error.version == 0;
        if is_new {
            let put = error_item::create(error, *expires_at).table_name(&self.name).build().map_err(corrupt)?;
            actions.push(TransactWriteItem::builder().put(put).build());
        }
        for error in std::iter::once(error).filter(|_| !is_new).chain(target) {
            let update = error_item::update(error, *expires_at).table_name(&self.name).build().map_err(corrupt)?;
            actions.push(TransactWriteItem::builder().update(update).build());
        }

        let mut timeline = Timeline::default();
        for reference in references {
            timeline.add(Minute::of(reference.last), reference.events.len() as u64);
        }
        for (hour, minutes) in timeline.hours() {
            let update = timelines::count(error_pk(error.project, &error.uid), hour, minutes, *expires_at);
            let update = update.table_name(&self.name).build().map_err(corrupt)?;
            actions.push(TransactWriteItem::builder().update(update).build());
        }
        for reference in references {
            let item = encode(error.project, &error.uid, reference, *expires_at);
            let put = Put::builder().table_name(&self.name).set_item(Some(item)).build().map_err(corrupt)?;
            actions.push(TransactWriteItem::builder().put(put).build());
        }
        for alias in aliases {
            let item = Writer::new(project_pk(error.project), alias_sk(alias))
                .with("owner", text(error.fingerprint.to_string()))
                .expiring(*expires_at)
                .done();
            // Another processor may have given this hash to another error in the meantime.
            let put = Put::builder()
                .table_name(&self.name)
                .set_item(Some(item))
                .condition_expression("attribute_not_exists(#pk) OR #owner = :owner")
                .expression_attribute_names("#pk", PK)
                .expression_attribute_names("#owner", "owner")
                .expression_attribute_values(":owner", text(error.fingerprint.to_string()))
                .build()
                .map_err(corrupt)?;
            actions.push(TransactWriteItem::builder().put(put).build());
        }
        if let Some(entry) = history {
            actions.push(self.put_entry(doing, error, entry)?);
        }
        if let (Some(target), Some(entry)) = (target, target_history) {
            actions.push(self.put_entry(doing, target, entry)?);
        }
        match actions.len() {
            0..=MAX_ACTIONS => Ok(actions),
            more => Err(StoreError::new(
                Kind::Rejected,
                doing,
                format!("the commit needs {more} actions, but a transaction may have {MAX_ACTIONS}"),
            )),
        }
    }
}

/// The commits that caused the cancellation of a transaction, each with its reason.
fn refusals<E, R>(doing: &'static str, error: &SdkError<E, R>, owners: &[usize]) -> BTreeMap<usize, StoreError>
where
    SdkError<E, R>: Cancelled,
{
    let mut refused = BTreeMap::new();
    for (reason, &owner) in error.reasons().iter().zip(owners) {
        let code = reason.code.as_deref().unwrap_or("None");
        if code != "None" {
            let detail = format!("{code} {}", reason.message.as_deref().unwrap_or_default());
            refused.entry(owner).or_insert_with(|| StoreError::new(Kind::of_code(Some(code), 400), doing, detail));
        }
    }
    refused
}
