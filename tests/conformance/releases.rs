use model::id::ProjectId;
use model::time::Timestamp;
use model::timeline::{Hour, Minute, Timeline};
use server::system::Resources;
use store::ports::{Release, ReleaseCursor, Releases, Totals, TotalsScope};

use super::at;

fn project(number: u64) -> ProjectId {
    ProjectId::new(number).unwrap()
}

fn release(name: &str, first: i64, last: i64) -> Release {
    Release { name: name.to_owned(), first_seen: at(first), last_seen: at(last) }
}

async fn note(on: &Resources, name: &str, first: i64, last: i64) -> Release {
    on.table.note(project(7), &release(name, first, last), at(3_000_000_000)).await.unwrap()
}

pub(crate) async fn noted(on: &Resources) {
    assert_eq!(note(on, "a", 100, 200).await, release("a", 100, 200));
    assert_eq!(note(on, "a", 300, 3_000).await, release("a", 100, 200), "the last occurrence is stored to the hour");
    assert_eq!(note(on, "a", 300, 3_700).await, release("a", 100, 3_700));
    assert_eq!(note(on, "a", 50, 60).await, release("a", 50, 3_700), "received earlier, processed later");
    assert_eq!(note(on, "b/+ é", 100, 100).await, release("b/+ é", 100, 100));
    assert_eq!(on.table.release(project(7), "a").await.unwrap(), Some(release("a", 50, 3_700)));
    assert_eq!(on.table.release(project(8), "a").await.unwrap(), None);
    assert_eq!(on.table.release(project(7), "A").await.unwrap(), None);
}

pub(crate) async fn listed(on: &Resources) {
    for (name, first) in [("c", 30), ("a", 10), ("e", 50), ("b", 30), ("d", 40)] {
        note(on, name, first, first).await;
    }
    on.table.note(project(8), &release("x", 20, 20), at(3_000_000_000)).await.unwrap();
    let list = async |start, end, after: Option<&ReleaseCursor>, limit| {
        on.table.releases(project(7), at(start)..at(end), after, limit).await.unwrap()
    };
    let names = |releases: &[Release]| releases.iter().map(|release| release.name.clone()).collect::<Vec<_>>().concat();
    let all = list(0, 100, None, 10).await;
    assert_eq!((names(&all.items).len(), all.next), (5, None));
    assert!(names(&all.items).starts_with("ed") && names(&all.items).ends_with('a'));
    assert_eq!(names(&list(30, 50, None, 10).await.items).len(), 3, "including the start, excluding the end");
    let (mut paged, mut after) = (Vec::new(), None);
    loop {
        let page = list(0, 100, after.as_ref(), 2).await;
        paged.extend(page.items);
        let Some(next) = page.next else { break };
        after = Some(ReleaseCursor::parse(next.as_str()).unwrap());
    }
    assert_eq!(paged, all.items);

    assert!(!on.table.remove_releases(project(7)).await.unwrap());
    assert_eq!(list(0, 100, None, 10).await.items, []);
    assert!(on.table.release(project(8), "x").await.unwrap().is_some());
}

pub(crate) async fn counted_whole(on: &Resources) {
    let ever = || Hour::of(Timestamp::default())..=Hour::of(at(100_000));
    let mut timeline = Timeline::default();
    for seconds in [0, 0, 59, 60, 3_600] {
        timeline.add(Minute::of(at(seconds)), 1);
    }
    let of = TotalsScope::Project(project(7));
    for whole in [of, of, TotalsScope::Stack, TotalsScope::Project(project(8))] {
        on.table.add_totals(whole, &timeline, at(3_700), at(3_000_000_000)).await.unwrap();
    }
    assert_eq!(on.table.counted_up_to(TotalsScope::Stack).await.unwrap(), Some(at(3_700)));
    assert_eq!(on.table.counted_up_to(TotalsScope::Project(project(9))).await.unwrap(), None);
    let twice = on.table.totals(of, ever()).await.unwrap();
    let minutes: Vec<_> = twice.minutes().map(|(_, count)| count).collect();
    assert_eq!(minutes, [6, 2, 2]);
    assert_eq!(on.table.totals(TotalsScope::Stack, ever()).await.unwrap(), timeline);
    assert_eq!(on.table.totals(TotalsScope::Stack, Hour::of(at(0))..=Hour::of(at(0))).await.unwrap().total(), 4);
    assert!(!on.table.remove_totals(project(7)).await.unwrap());
    assert_eq!(on.table.totals(of, ever()).await.unwrap().total(), 0);
    assert_eq!(on.table.totals(TotalsScope::Stack, ever()).await.unwrap().total(), 5);
}
