use model::error::{ErrorAggregate, Link};
use model::id::{ErrorUid, ProjectId};
use rules::lane::{Lane, LaneEntry, LaneId, OutboxEvent, RuleRef, Scope};
use server::system::Resources;
use store::Kind;
use store::ports::{Errors, Links, Outbox, Undelivered};

use super::at;
use super::error_commits::{commit, committed, error, fingerprint, project};

fn lane_id(destination: &str) -> LaneId {
    let scope = Scope::Error(ErrorUid::new(at(0), 1));
    LaneId { project: ProjectId::new(1).unwrap(), scope, destination: destination.to_owned() }
}

fn entry() -> LaneEntry {
    let event = OutboxEvent::Limited { episode: "e".to_owned(), limit: "l".to_owned(), until: at(9) };
    LaneEntry { event, rule: RuleRef::Project("r".to_owned()), since: at(0), redriven: 0 }
}

/// A lane reads back as it was written. Only the sender that read its last version may write it.
pub(crate) async fn written_by_one(on: &Resources) {
    let id = lane_id("a");
    assert_eq!(on.table.lane(&id).await.unwrap(), None);
    let mut lane = Lane::new(id.clone());
    lane.add([entry()], at(5));
    let first = on.table.save(lane.clone(), at(100)).await.unwrap();
    assert_eq!(on.table.lane(&id).await.unwrap(), Some(first.clone()));
    assert_eq!(on.table.save(lane, at(100)).await.unwrap_err().kind(), Kind::Conflict, "the lane exists already");
    let mut second = first.clone();
    assert!(second.take(7, at(5)));
    let second = on.table.save(second, at(100)).await.unwrap();
    assert_eq!(on.table.lane(&id).await.unwrap(), Some(second));
    assert_eq!(on.table.save(first, at(100)).await.unwrap_err().kind(), Kind::Conflict);
}

/// Due lanes are found, the longest due first. Lanes that wait, are being sent or are done are not.
pub(crate) async fn due(on: &Resources) {
    for (destination, due) in [("later", 50), ("b", 10), ("a", 5), ("now", 20)] {
        let mut lane = Lane::new(lane_id(destination));
        lane.add([entry()], at(due));
        on.table.save(lane, at(1_000)).await.unwrap();
    }
    let due = async |now: i64, limit: usize| {
        let ids = on.table.due(at(now), limit).await.unwrap();
        ids.into_iter().map(|id| id.destination).collect::<Vec<_>>()
    };
    assert_eq!(due(20, 10).await, ["a", "b", "now"]);
    assert_eq!(due(20, 2).await, ["a", "b"]);
    let mut taken = on.table.lane(&lane_id("a")).await.unwrap().unwrap();
    taken.take(1, at(20));
    let mut taken = on.table.save(taken, at(1_000)).await.unwrap();
    assert_eq!(due(20, 10).await, ["b", "now"]);
    taken.settle(&[entry().token()], at(20), at(20));
    on.table.save(taken, at(1_000)).await.unwrap();
    assert_eq!(due(10_000, 10).await, ["b", "now", "later"]);
}

/// A link is read with its error, survives the next commit, and is not taken over by another incarnation.
pub(crate) async fn links(on: &Resources) {
    let error = error("m");
    let link = |number: u64| Link { number, url: format!("https://issues.example/a b/{number}") };
    assert_eq!(
        on.table.link(&error, "d", &link(1)).await.unwrap_err().kind(),
        Kind::Conflict,
        "the error does not exist yet"
    );
    let stored = committed(on, commit(error.clone(), 1, 0)).await;
    on.table.link(&error, "d", &link(1)).await.unwrap();
    on.table.link(&error, "e", &link(2)).await.unwrap();
    on.table.link(&error, "d", &link(3)).await.unwrap();
    committed(on, commit(stored, 2, 1)).await;
    let read = on.table.get(project(), &fingerprint("m")).await.unwrap().unwrap();
    let links: Vec<_> = read.links.into_iter().collect();
    assert_eq!((read.count, links), (2, vec![("d".to_owned(), link(3)), ("e".to_owned(), link(2))]));
    let other = ErrorAggregate { uid: ErrorUid::new(at(1), 2), ..error };
    assert_eq!(on.table.link(&other, "d", &link(4)).await.unwrap_err().kind(), Kind::Conflict);
}

/// A dead letter is received by one reader at a time, until it is released or removed.
pub(crate) async fn undelivered(on: &Resources) {
    let queue = &on.undelivered;
    queue.keep("a".to_owned()).await.unwrap();
    let received = queue.receive().await.unwrap();
    assert_eq!(received.iter().map(|received| received.letter.text.as_str()).collect::<Vec<_>>(), ["a"]);
    assert!(queue.receive().await.unwrap().is_empty());
    queue.release(&received[0]).await.unwrap();
    let received = queue.receive().await.unwrap();
    queue.remove(&received[0]).await.unwrap();
    assert!(queue.receive().await.unwrap().is_empty());
}
