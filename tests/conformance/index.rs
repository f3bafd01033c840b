use model::error::PostingBatch;
use model::id::{Fingerprint, ProjectId};
use search::{Block, Term};
use server::system::Resources;
use store::ports::{PostingPosition, SearchIndex};

use super::at;
use super::error_commits::{fingerprint, project};

fn block(order: u32, batch: u32, chunk: u16, errors: std::ops::Range<u32>) -> Block {
    let term = Term::tag("environment", "production").hash();
    let errors = errors.map(|n| fingerprint(&n.to_string())).collect();
    Block { project: project(), term, order, batch: PostingBatch(batch), chunk, errors, expires_at: at(4_000_000_000) }
}

/// Postings are listed with the highest order first. Each is on exactly one page, wherever pages end.
pub(crate) async fn listed(on: &Resources) {
    let term = Term::tag("environment", "production").hash();
    let mut blocks = vec![block(7, 1, 0, 0..250), block(7, 1, 1, 250..260), block(7, 2, 0, 300..303)];
    blocks.extend((0..40).map(|n| block(100 + n, n + 1, 0, 1_000 + n..1_001 + n)));
    on.table.post(&blocks).await.unwrap();
    on.table.post(&blocks[..3]).await.unwrap();
    let mut elsewhere = block(9, 1, 0, 5..6);
    elsewhere.project = ProjectId::new(8).unwrap();
    let other = Block { term: Term::tag("environment", "test").hash(), ..block(9, 1, 0, 6..7) };
    on.table.post(&[elsewhere, other]).await.unwrap();
    on.table.post(&[]).await.unwrap();

    let mut expected: Vec<Fingerprint> = (0..40).rev().map(|n| fingerprint(&(1_000 + n).to_string())).collect();
    for range in [300..303, 250..260, 0..250] {
        expected.extend(range.map(|n: u32| fingerprint(&n.to_string())));
    }
    for limit in [1, 7, 45, 303, 1_000] {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = on.table.list(project(), term, after.as_ref(), limit).await.unwrap();
            assert!(page.items.len() <= limit);
            all.extend(page.items);
            match page.next {
                Some(next) => after = Some(serde_json::from_value(serde_json::json!(next)).unwrap()),
                None => break,
            }
        }
        assert_eq!(all.iter().map(|posted| posted.fingerprint).collect::<Vec<_>>(), expected, "{limit} per page");
        assert!(all.is_sorted_by(|a, b| a.position.order >= b.position.order));
        assert_eq!((all[40].position.order, all[40].position.batch), (7, PostingBatch(2)));
    }
    let page = on.table.list(project(), term, Some(&PostingPosition::above(7)), 1_000).await.unwrap();
    assert_eq!((page.items.len(), page.next), (263, None), "all of this order and below, none of a higher one");
    let none = on.table.list(project(), Term::FirstSeen(0).hash(), None, 10).await.unwrap();
    assert!(none.items.is_empty() && none.next.is_none());
}
