use std::collections::BTreeSet;

use model::error::{ErrorAggregate, MergeFamily, Status, StatusChange};
use model::id::Fingerprint;
use model::timeline::Hour;
use server::system::Resources;
use store::Kind;
use store::ports::{Commit, ErrorCommits, Errors, Merges, Occurrences, ReferenceRange};

use super::at;
use super::error_commits::{commit, committed, error, fingerprint, project};

async fn family(on: &Resources, name: &str) -> MergeFamily {
    on.table.family(project(), &fingerprint(name)).await.unwrap().unwrap()
}

async fn stored(on: &Resources, name: &str) -> Option<ErrorAggregate> {
    Errors::get(&*on.table, project(), &fingerprint(name)).await.unwrap()
}

async fn listed(on: &Resources) -> BTreeSet<Fingerprint> {
    let page = on.table.page(project(), &Status::ALL, None, 100).await.unwrap();
    page.items.iter().map(|error| error.fingerprint).collect()
}

/// Returns `a` (seen in minutes 0 and 4) with `bb` (seen in minutes 2 and 6) merged into it.
async fn merged(on: &Resources) -> MergeFamily {
    for (name, minutes) in [("a", [0, 4]), ("bb", [2, 6])] {
        let mut read = error(name);
        for minute in minutes {
            read = committed(on, commit(read, minute, minute as i64 * 60)).await;
        }
    }
    let mut target = family(on, "a").await;
    target.merge(family(on, "bb").await).unwrap();
    let incarnations: Vec<_> = target.into_incarnations().collect();
    on.table.rewrite(&incarnations, &[]).await.unwrap();
    family(on, "a").await
}

/// The next commit of `bb`, with event number `n`.
fn of_part(family: &MergeFamily, n: u64) -> Commit {
    let next = commit(family.merged_errors[0].clone(), n, n as i64 * 60);
    let target = ErrorAggregate { count: family.target.count + 1, ..family.target.clone() };
    Commit { target: Some(target), ..next }
}

/// A merge family reads back as it was written. A merged error is not listed, and its status cannot be set.
pub(crate) async fn rewritten(on: &Resources) {
    let family = merged(on).await;
    assert_eq!((family.target.count, family.target.version, family.merged_errors[0].version), (4, 3, 3));
    assert_eq!(family.target.merged.as_ref().unwrap().own.count, 2);
    assert_eq!(stored(on, "a").await.as_ref(), Some(&family.target));
    assert_eq!(stored(on, "bb").await.as_ref(), Some(&family.merged_errors[0]));
    assert_eq!(listed(on).await, [fingerprint("a")].into());
    let set =
        on.table.change(&family.merged_errors[0], &StatusChange::Resolved(None).into(), &[], at(0)).await.unwrap();
    assert_eq!((set, listed(on).await.len()), (None, 1));

    let mut apart = family.clone();
    let back = apart.split(&fingerprint("bb")).unwrap();
    let incarnations: Vec<_> = apart.into_incarnations().chain(back.into_incarnations()).collect();
    on.table.rewrite(&incarnations, &[]).await.unwrap();
    assert_eq!(listed(on).await.len(), 2);
    let target = stored(on, "a").await.unwrap();
    assert_eq!((target.count, target.merged_errors().len()), (2, 0));
    assert_eq!(stored(on, "bb").await.unwrap().merged_into, None);
    let twice = [target.clone(), target];
    assert_eq!(on.table.rewrite(&twice, &[]).await.unwrap_err().kind(), Kind::Conflict);
    let stale: Vec<_> = family.into_incarnations().collect();
    assert_eq!(on.table.rewrite(&stale, &[]).await.unwrap_err().kind(), Kind::Conflict);
    assert_eq!(on.table.family(project(), &fingerprint("nobody")).await.unwrap(), None);
}

/// A merged error's commit also writes its target, and is refused if either of them has changed.
pub(crate) async fn committed_with_the_whole(on: &Resources) {
    let before = merged(on).await;
    let results = on.table.commit(&[of_part(&before, 8)]).await;
    assert!(results[0].is_ok(), "{results:?}");
    let after = family(on, "a").await;
    assert_eq!((after.target.count, after.merged_errors[0].count), (5, 3));
    assert_eq!(after.merged_errors[0].merged_into, Some(fingerprint("a")));

    let refused = async |commit: Commit| on.table.commit(&[commit]).await.remove(0).unwrap_err().kind();
    let stale_target = MergeFamily { target: before.target.clone(), merged_errors: after.merged_errors.clone() };
    assert_eq!(refused(of_part(&stale_target, 10)).await, Kind::Conflict);
    let stale_merged = MergeFamily { target: after.target.clone(), merged_errors: before.merged_errors };
    assert_eq!(refused(of_part(&stale_merged, 10)).await, Kind::Conflict);
    assert_eq!(family(on, "a").await, after, "a refused commit writes nothing");
    let uid = after.merged_errors[0].uid;
    assert_eq!(on.table.references(project(), &uid, None, 10).await.unwrap().items.len(), 3);
}

/// Occurrences and counts of all errors of a family are read through the target, newest first, at any page size.
pub(crate) async fn read_through(on: &Resources) {
    let family = merged(on).await;
    for limit in 1..6 {
        let (mut all, mut range) = (Vec::new(), ReferenceRange::default());
        loop {
            let page = on.table.references_in_range_of(&family.target, &range, limit).await.unwrap();
            assert!(page.items.len() <= limit);
            all.extend(page.items);
            match page.next {
                Some(next) => range = range.after(next),
                None => break,
            }
        }
        let minutes: Vec<_> = all.iter().map(|reference| (reference.last.seconds() - at(0).seconds()) / 60).collect();
        assert_eq!(minutes, [6, 4, 2, 0], "{limit} at a time");
        for reference in &all {
            let found = on.table.reference_of(&family.target, &reference.id).await.unwrap();
            assert_eq!(found.as_ref(), Some(reference));
        }
    }
    let hours = Hour::of(at(0))..=Hour::of(at(0));
    let timeline = on.table.timeline_of(&family.target, hours).await.unwrap();
    assert_eq!(timeline.minutes().map(|(_, count)| count).collect::<Vec<_>>(), [1; 4]);
}

/// A merged error without new occurrences is kept as long as its target, but never shorter than before.
pub(crate) async fn kept(on: &Resources) {
    let target = merged(on).await.target;
    let expires_at = async || stored(on, "bb").await.unwrap().expires_at;
    for (until, expected) in [(4_000_000_500, 4_000_000_500), (4_000_000_100, 4_000_000_500)] {
        on.table.keep_merged(&target, at(until)).await.unwrap();
        assert_eq!(expires_at().await, at(expected));
    }
    assert_eq!(family(on, "a").await.merged_errors[0].version, 3, "extending the expiry does not change the version");
}

/// Purging a target purges its merged errors. Each incarnation is remembered until its contents are removed.
pub(crate) async fn pending_purges(on: &Resources) {
    let family = merged(on).await;
    let stale = ErrorAggregate { version: family.target.version - 1, ..family.target.clone() };
    assert_eq!(on.table.start_purge(&stale).await.unwrap_err().kind(), Kind::Conflict);
    assert_eq!(on.table.stored(project(), 10).await.unwrap().len(), 2);
    on.table.start_purge(&family.target).await.unwrap();
    assert_eq!(on.table.stored(project(), 10).await.unwrap(), []);
    let mut pending = on.table.pending_purges(project(), 10).await.unwrap();
    pending.sort();
    let mut incarnations: Vec<_> = family.target.uids().collect();
    incarnations.sort();
    assert_eq!(pending, incarnations);
}
