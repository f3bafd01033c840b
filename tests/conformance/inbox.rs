use std::time::Duration;

use futures_util::future::join_all;
use server::system::Resources;
use store::Kind;
use store::ports::{Inbox, MESSAGE_LIMIT};

/// Concurrent sends are combined into batches. Each gets its own result.
pub(crate) async fn concurrent_sends(on: &Resources) {
    let mut texts: Vec<_> = (0..200).map(|n| format!("1.{n:03}")).collect();
    texts.push("x".repeat(MESSAGE_LIMIT));
    let bad = ["x".repeat(MESSAGE_LIMIT + 1), "not a character of XML: \u{1}".to_owned()];
    let all = texts.iter().take(100).chain(&bad).chain(texts.iter().skip(100));
    let results = join_all(all.map(|text| on.sender.send(text.clone()))).await;
    let failed: Vec<_> =
        results.iter().enumerate().filter_map(|(index, result)| Some((index, result.as_ref().err()?.kind()))).collect();
    assert_eq!(failed, [(100, Kind::Rejected), (101, Kind::Rejected)]);
    let received = on.inbox.receive(1_000, 64 << 20, Duration::from_secs(60)).await.unwrap();
    let mut bodies: Vec<_> = received.into_iter().map(|message| message.body).collect();
    bodies.sort();
    assert_eq!(bodies, texts);
}
