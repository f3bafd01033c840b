use domain::error::{ErrorAggregate, Mute, Status};
use local::system::Resources;
use store::Kind;
use store::ports::Errors;

use super::at;
use super::digests::{commit, committed, error, fingerprint, project};

pub(crate) async fn listed(on: &Resources) {
    // 30 errors, some in the same slot of ten minutes.
    for n in 0..30 {
        committed(on, commit(error(&format!("e{n}")), 1, n * 250)).await;
    }
    for n in [4, 17] {
        let set = on.table.set_status(project(), &fingerprint(&format!("e{n}")), Status::Resolved, at(0)).await;
        assert_eq!(set.unwrap().unwrap().status, Status::Resolved);
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
    assert!(one_page.is_sorted_by(|a, b| a.last_seen >= b.last_seen), "within a page by the exact time");
    assert_eq!(all(&[Status::Resolved], 1).await.len(), 2);
    assert_eq!(all(&[Status::Unresolved], 10).await.len(), 28);
    let nobody = on.table.set_status(project(), &fingerprint("nobody"), Status::Resolved, at(0)).await.unwrap();
    assert_eq!(nobody, None);
}

/// A person's change sets or clears a mute; both reach digest's next commit, which writes them back.
pub(crate) async fn muted(on: &Resources) {
    let read = committed(on, commit(error("a"), 1, 0)).await;
    let fingerprint = fingerprint("a");
    let until = Mute { until: Some(at(50)), until_count: Some(7) };
    let muted = on.table.mute(project(), &fingerprint, until, at(10)).await.unwrap().unwrap();
    let expected = ErrorAggregate { status: Status::Muted, status_at: at(10), mute: Some(until), version: 2, ..read };
    assert_eq!(muted, expected);
    assert_eq!(on.table.page(project(), &[Status::Muted], None, 10).await.unwrap().items, std::slice::from_ref(&muted));
    let still = committed(on, commit(muted, 2, 40)).await;
    assert_eq!((still.status, still.mute), (Status::Muted, Some(until)));
    let ended = committed(on, commit(still, 3, 60)).await;
    assert_eq!((ended.status, ended.mute), (Status::Unresolved, None));

    let less = Mute { until_count: None, ..until };
    for mute in [until, less, Mute::default()] {
        let muted = on.table.mute(project(), &fingerprint, mute, at(70)).await.unwrap().unwrap();
        assert_eq!(muted.mute, Some(mute), "nothing is left of the one before");
    }
    on.table.mute(project(), &fingerprint, until, at(80)).await.unwrap();
    let set = on.table.set_status(project(), &fingerprint, Status::Unresolved, at(90)).await.unwrap().unwrap();
    assert_eq!((set.status, set.mute), (Status::Unresolved, None));
    let set = on.table.set_status(project(), &fingerprint, Status::Muted, at(90)).await.unwrap().unwrap();
    assert_eq!((set.status, set.mute), (Status::Muted, Some(Mute::default())), "for ever");
    let nobody = on.table.mute(project(), &super::digests::fingerprint("nobody"), until, at(0)).await.unwrap();
    assert_eq!(nobody, None);
}

pub(crate) async fn buried(on: &Resources) {
    let old = committed(on, commit(error("a"), 1, 0)).await;
    let new = committed(on, commit(old.clone(), 2, 0)).await;
    assert_eq!(on.table.bury(&old).await.unwrap_err().kind(), Kind::Conflict, "it was seen again since it was read");
    on.table.bury(&new).await.unwrap();
    assert_eq!(Errors::get(&*on.table, project(), &fingerprint("a")).await.unwrap(), None);
    assert!(on.table.page(project(), &Status::ALL, None, 10).await.unwrap().items.is_empty());
    assert_eq!(on.table.buried(project(), 10).await.unwrap(), [new.uid]);
    on.table.forget(project(), &new.uid).await.unwrap();
    assert_eq!(on.table.buried(project(), 10).await.unwrap(), []);
}
