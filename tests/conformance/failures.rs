use server::system::Resources;
use store::ports::{Failures, Noted};

use super::at;

/// Returns the newest recorded failure of each message id, and nothing for other ids.
pub(crate) async fn noted(on: &Resources) {
    let ids = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>();
    assert!(on.table.failures(&[]).await.unwrap().is_empty());
    let note = async |id: &str, reason: &str, seconds: i64| {
        let noted = Noted { reason: reason.to_owned(), at: at(seconds) };
        on.table.note_failure(id, &noted, at(4_000_000_000)).await.unwrap();
        noted
    };
    note("a", "first", 1).await;
    let (a, b) = (note("a", "then", 2).await, note("b", "other", 3).await);
    let found = on.table.failures(&ids(&["a", "none", "b", "a"])).await.unwrap();
    assert_eq!(found, [("a".to_owned(), a), ("b".to_owned(), b.clone())].into());
    assert_eq!(on.table.failures(&ids(&["b"])).await.unwrap(), [("b".to_owned(), b)].into());
}
