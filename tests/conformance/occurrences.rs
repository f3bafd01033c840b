use model::id::ReferenceId;
use model::timeline::{Hour, Minute};
use server::system::Resources;
use store::ports::{Occurrences, Page, Reference, ReferenceRange};

use super::at;
use super::error_commits::{commit, committed, error, project};

pub(crate) async fn newest_first(on: &Resources) {
    let mut read = error("a");
    for n in 0..12 {
        // Not in time order.
        read = committed(on, commit(read, n, (n as i64 * 5 % 12) * 60)).await;
    }
    let uid = read.uid;
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = on.table.references(project(), &uid, before.as_ref(), 5).await.unwrap();
        all.extend(page.items);
        match page.next {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    assert_eq!(all.len(), 12);
    assert!(all.is_sorted_by(|a, b| a.last > b.last));
    assert_eq!(on.table.reference(project(), &uid, &all[3].id).await.unwrap().as_ref(), Some(&all[3]));
    let ids = |page: Page<Reference, ReferenceId>| page.items.iter().map(|one| one.id).collect::<Vec<_>>();
    let between = ReferenceRange { newer_than: Some(all[8].id), older_than: Some(all[2].id), oldest_first: true };
    let page = on.table.references_in_range(project(), &uid, &between, 3).await.unwrap();
    assert_eq!((page.next, ids(page)), (Some(all[5].id), vec![all[7].id, all[6].id, all[5].id]));
    let rest = on.table.references_in_range(project(), &uid, &between.after(all[5].id), 3).await.unwrap();
    assert_eq!(ids(rest), [all[4].id, all[3].id]);
    let nothing = ReferenceRange { newer_than: Some(all[2].id), older_than: Some(all[2].id), oldest_first: false };
    assert_eq!(ids(on.table.references_in_range(project(), &uid, &nothing, 3).await.unwrap()), []);
    let ids: Vec<_> = all[..11].iter().map(|reference| reference.id).collect();
    on.table.remove_references(project(), &uid, &ids).await.unwrap();
    assert_eq!(on.table.references(project(), &uid, None, 5).await.unwrap().items, all[11..]);
}

pub(crate) async fn by_the_hour(on: &Resources) {
    let mut read = error("a");
    for (n, seconds) in [(1, 0), (2, 59), (3, 3_600), (4, 7_200)] {
        read = committed(on, commit(read, n, seconds)).await;
    }
    let total = async |first, last| {
        on.table.timeline(project(), &read.uid, Hour::of(at(first))..=Hour::of(at(last))).await.unwrap().total()
    };
    assert_eq!((total(0, 0).await, total(3_600, 3_600).await, total(0, 7_200).await), (2, 1, 4));
    let hour = Hour::of(at(0));
    let first = on.table.timeline(project(), &read.uid, hour..=hour).await.unwrap();
    assert_eq!(first.minutes().collect::<Vec<_>>(), [(Minute::of(at(0)), 2)]);
    assert!(!on.table.remove_timeline(project(), &read.uid).await.unwrap());
    assert_eq!(total(0, 7_200).await, 0);
}
