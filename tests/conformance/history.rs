use model::error::history::{Action, Actor, EntryId, HistoryEntry};
use model::error::{ErrorChange, StatusChange};
use model::id::{KeyId, UserId};
use server::system::Resources;
use store::Kind;
use store::ports::{Commit, ErrorCommits, Errors, History};

use super::at;
use super::error_commits::{commit, committed, error, project};

fn comment(seconds: i64, text: &str) -> HistoryEntry {
    let by = Actor::Key { id: KeyId::parse("0123456789abcdef").unwrap(), name: "ci".to_owned() };
    HistoryEntry {
        id: EntryId::new(at(seconds), 0, 7),
        at: at(seconds),
        by,
        action: Action::Commented { text: text.to_owned() },
    }
}

/// Returns the actions of a history, newest first, read in pages of two.
async fn all(on: &Resources, of: &model::error::ErrorAggregate) -> Vec<Action> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = on.table.history(project(), &of.uid, before.as_ref(), 2).await.unwrap();
        assert!(page.items.len() <= 2);
        all.extend(page.items.into_iter().map(|entry| entry.action));
        match page.next {
            Some(next) => before = Some(next),
            None => return all,
        }
    }
}

/// An entry is written together with the change that it records, or not at all.
pub(crate) async fn whole(on: &Resources) {
    let read = committed(on, commit(error("a"), 1, 0)).await;
    let (status, assignee) = (Some(StatusChange::Unresolved), Some(Some("Ada".to_owned())));
    let change = ErrorChange { status, assignee, assignee_user: Some(UserId::from_random(7)) };
    let entries = HistoryEntry::all(Action::of(&change, &read), &Actor::Operator, at(10), 5);
    on.table.change(&read, &change, &entries, at(10)).await.unwrap().unwrap();
    let [unresolved, assigned] =
        [Action::Unresolved, Action::Assigned { assignee: "Ada".to_owned(), user: Some(UserId::from_random(7)) }];
    assert_eq!(
        all(on, &read).await,
        [assigned.clone(), unresolved.clone()],
        "entries of the same time are newest first, too"
    );

    let (regressed, by) = (Action::Regressed { release: Some("1.2.3".to_owned()) }, Actor::Occurrence);
    let entry = HistoryEntry { id: EntryId::new(at(20), 0, 6), at: at(20), by, action: regressed.clone() };
    let with = |commit: Commit| Commit { history: Some(entry.clone()), ..commit };
    let stale = on.table.commit(&[with(commit(read.clone(), 2, 15))]).await;
    assert_eq!(stale[0].as_ref().unwrap_err().kind(), Kind::Conflict);
    assert_eq!(all(on, &read).await.len(), 2, "the refused commit wrote no entry");
    let now = Errors::get(&*on.table, project(), &read.fingerprint).await.unwrap().unwrap();
    committed(on, with(commit(now, 2, 15))).await;
    assert_eq!(all(on, &read).await, [regressed, assigned, unresolved]);
}

pub(crate) async fn commented(on: &Resources) {
    let read = committed(on, commit(error("a"), 1, 0)).await;
    let long = "é".repeat(5_000);
    for (seconds, text) in [(1, "one"), (2, long.as_str()), (3, "<b>three</b>\n")] {
        assert!(on.table.add_entry(&read, &comment(seconds, text)).await.unwrap());
    }
    let said = |text: &str| Action::Commented { text: text.to_owned() };
    assert_eq!(all(on, &read).await, [said("<b>three</b>\n"), said(&long), said("one")]);
    let one = comment(1, "one");
    assert_eq!(on.table.entry(project(), &read.uid, &one.id).await.unwrap(), Some(one.clone()));

    let deleted = HistoryEntry { action: Action::CommentDeleted, ..comment(4, "") };
    assert!(on.table.replace_entry(&read, &one.id, &deleted).await.unwrap());
    let again = HistoryEntry { action: Action::CommentDeleted, ..comment(5, "") };
    assert!(!on.table.replace_entry(&read, &one.id, &again).await.unwrap(), "the comment was deleted");
    assert_eq!(all(on, &read).await, [Action::CommentDeleted, said("<b>three</b>\n"), said(&long)]);
    assert_eq!(on.table.entry(project(), &read.uid, &one.id).await.unwrap(), None);

    on.table.start_purge(&read).await.unwrap();
    assert!(!on.table.add_entry(&read, &comment(6, "late")).await.unwrap(), "a deleted error gets no entries");
    assert!(!on.table.remove_history(project(), &read.uid).await.unwrap(), "everything is removed");
    assert_eq!(all(on, &read).await, []);
}
