use model::error::{ErrorAggregate, ErrorChange, Mute, Resolution, Status, StatusChange};
use model::id::{ErrorUid, UserId};
use server::system::Resources;
use store::Kind;
use store::ports::{ErrorCursor, Errors};

use super::at;
use super::error_commits::{commit, committed, error, fingerprint, project};

pub(crate) async fn listed(on: &Resources) {
    // 30 errors, some in the same ten-minute slot.
    for n in 0..30 {
        committed(on, commit(error(&format!("e{n}")), 1, n * 250)).await;
    }
    for n in [4, 17] {
        let error = Errors::get(&*on.table, project(), &fingerprint(&format!("e{n}"))).await.unwrap().unwrap();
        assert_eq!(set(on, &error, StatusChange::Resolved(None), 0).await.unwrap().status, Status::Resolved);
    }
    let all = async |statuses: &[Status], limit| {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = on.table.page(project(), statuses, after.as_ref(), limit).await.unwrap();
            assert!(page.items.len() <= limit);
            all.extend(page.items);
            match page.next {
                Some(next) => after = Some(next),
                None => return all,
            }
        }
    };
    for limit in [1, 7, 100] {
        let listed = all(&Status::ALL, limit).await;
        let slots: Vec<_> = listed.iter().map(|error| error.last_seen.seconds() / 600).collect();
        assert!(slots.is_sorted_by(|a, b| a >= b), "{slots:?}");
        let mut fingerprints: Vec<_> = listed.iter().map(|error| error.fingerprint).collect();
        fingerprints.sort();
        fingerprints.dedup();
        assert_eq!((listed.len(), fingerprints.len()), (30, 30), "each is on exactly one page");
    }
    let one_page = all(&Status::ALL, 100).await;
    assert!(one_page.is_sorted_by(|a, b| a.last_seen >= b.last_seen), "within a page, sorted by the exact time");
    assert_eq!(all(&[Status::Resolved], 1).await.len(), 2);
    assert_eq!(all(&[Status::Unresolved], 10).await.len(), 28);
    assert_eq!(set(on, &error("nobody"), StatusChange::Resolved(None), 0).await, None);
}

/// Sets a status, at this many seconds after the start, and returns the changed error.
async fn set(on: &Resources, error: &ErrorAggregate, status: StatusChange, seconds: i64) -> Option<ErrorAggregate> {
    on.table.change(error, &status.into(), &[], at(seconds)).await.unwrap()
}

/// A person's change sets or clears a mute. The processor's next commit, which writes both back, has the change.
pub(crate) async fn muted(on: &Resources) {
    let read = committed(on, commit(error("a"), 1, 0)).await;
    let until = Mute { until: Some(at(50)), until_count: Some(7) };
    let muted = set(on, &read, StatusChange::Muted(until), 10).await.unwrap();
    let expected = ErrorAggregate { status: Status::Muted, status_at: at(10), mute: Some(until), version: 2, ..read };
    assert_eq!(muted, expected);
    assert_eq!(on.table.page(project(), &[Status::Muted], None, 10).await.unwrap().items, std::slice::from_ref(&muted));
    let still = committed(on, commit(muted, 2, 40)).await;
    assert_eq!((still.status, still.mute), (Status::Muted, Some(until)));
    let ended = committed(on, commit(still, 3, 60)).await;
    assert_eq!((ended.status, ended.mute), (Status::Unresolved, None));

    let less = Mute { until_count: None, ..until };
    for mute in [until, less, Mute::default()] {
        let muted = set(on, &ended, StatusChange::Muted(mute), 70).await.unwrap();
        assert_eq!(muted.mute, Some(mute), "the new mute replaces the old one");
    }
    set(on, &ended, StatusChange::Muted(until), 80).await.unwrap();
    let unresolved = set(on, &ended, StatusChange::Unresolved, 90).await.unwrap();
    assert_eq!((unresolved.status, unresolved.mute), (Status::Unresolved, None));
}

/// Details of a status are stored only with that status. The assignee stays.
pub(crate) async fn changed(on: &Resources) {
    let read = committed(on, commit(error("a"), 1, 0)).await;
    let resolution = Some(Resolution { after: "r2".to_owned() });
    let both = ErrorChange {
        status: Some(StatusChange::Resolved(resolution.clone())),
        assignee: Some(Some("Ada <ada@example.org>".to_owned())),
        assignee_user: Some(UserId::from_random(7)),
    };
    let changed = on.table.change(&read, &both, &[], at(10)).await.unwrap().unwrap();
    let assignee = Some("Ada <ada@example.org>".to_owned());
    let (status, status_at, assignee_user) = (Status::Resolved, at(10), Some(UserId::from_random(7)));
    let changes = ErrorAggregate { status, status_at, resolution, assignee: assignee.clone(), ..read.clone() };
    let expected = ErrorAggregate { assignee_user, version: 2, ..changes };
    assert_eq!(changed, expected);
    let listed = on.table.page(project(), &[Status::Resolved], None, 10).await.unwrap().items;
    assert_eq!(listed, std::slice::from_ref(&changed));
    // An occurrence of the same release does not end the resolution. The processor writes back what it read.
    let seen = committed(on, commit(changed.clone(), 2, 20)).await;
    assert_eq!((seen.status, &seen.resolution, &seen.assignee), (Status::Resolved, &changed.resolution, &assignee));
    let everywhere = set(on, &seen, StatusChange::Resolved(None), 30).await.unwrap();
    assert_eq!((everywhere.resolution, everywhere.assignee), (None, assignee.clone()));
    assert_eq!((seen.assignee_user, everywhere.assignee_user), (assignee_user, assignee_user));
    let text = ErrorChange { assignee: Some(assignee), ..ErrorChange::default() };
    let text = on.table.change(&seen, &text, &[], at(35)).await.unwrap().unwrap();
    assert_eq!((text.assignee.is_some(), text.assignee_user), (true, None), "the assignee is text only");
    let nobody = ErrorChange { assignee: Some(None), ..ErrorChange::default() };
    let nobody = on.table.change(&seen, &nobody, &[], at(40)).await.unwrap().unwrap();
    assert_eq!((nobody.status, nobody.status_at, &nobody.assignee), (Status::Resolved, at(30), &None));
    let other_life = ErrorAggregate { uid: ErrorUid::new(at(1), 99), ..seen };
    assert_eq!(set(on, &other_life, StatusChange::Unresolved, 50).await, None, "this incarnation no longer exists");
    let part = ErrorAggregate { merged_into: Some(fingerprint("b")), ..nobody };
    let part = committed(on, commit(part, 2, 55)).await;
    assert_eq!(
        set(on, &part, StatusChange::Unresolved, 60).await,
        None,
        "a merged error is not listed, and a change must not list it"
    );
}

pub(crate) async fn pending_purges(on: &Resources) {
    let old = committed(on, commit(error("a"), 1, 0)).await;
    let new = committed(on, commit(old.clone(), 2, 0)).await;
    assert_eq!(
        on.table.start_purge(&old).await.unwrap_err().kind(),
        Kind::Conflict,
        "it occurred again after it was read"
    );
    on.table.start_purge(&new).await.unwrap();
    assert_eq!(Errors::get(&*on.table, project(), &fingerprint("a")).await.unwrap(), None);
    assert!(on.table.page(project(), &Status::ALL, None, 10).await.unwrap().items.is_empty());
    assert_eq!(on.table.pending_purges(project(), 10).await.unwrap(), [new.uid]);
    on.table.forget(project(), &new.uid).await.unwrap();
    assert_eq!(on.table.pending_purges(project(), 10).await.unwrap(), []);
}

/// Reads more errors than one call of DynamoDB returns.
pub(crate) async fn many(on: &Resources) {
    for n in 0..150 {
        committed(on, commit(error(&format!("e{n}")), 1, n)).await;
    }
    let asked: Vec<_> = (0..160).chain([3]).map(|n| fingerprint(&format!("e{n}"))).collect();
    let found = on.table.get_many(project(), &asked).await.unwrap();
    let mut found: Vec<_> = found.into_iter().map(|error| error.fingerprint).collect();
    found.sort();
    let mut expected: Vec<_> = (0..150).map(|n| fingerprint(&format!("e{n}"))).collect();
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(on.table.get_many(project(), &[]).await.unwrap(), []);

    let after = ErrorCursor::above(search::slot(at(60).seconds()));
    let places = on.table.places(project(), &[Status::Unresolved], Some(&after), 1_000).await.unwrap();
    assert_eq!((places.items.len(), places.next), (150, None));
    assert_eq!(places.items[0].slot(), search::slot(at(149).seconds()));
    let before_all = ErrorCursor::above(search::slot(at(-601).seconds()));
    assert!(on.table.places(project(), &Status::ALL, Some(&before_all), 10).await.unwrap().items.is_empty());
}
