use std::collections::{BTreeMap, HashSet};

use model::error::PostingBatch;
use model::id::{Fingerprint, ProjectId};
use search::{Posting, Step, Term, TermHash};
use server::system::Resources;
use store::ports::{PostingPosition, SearchIndex};

use super::at;
use super::error_commits::{fingerprint, project};

fn posting(term: TermHash, order: Option<u32>, number: u32) -> Posting {
    let fingerprint = fingerprint(&number.to_string());
    Posting { project: project(), term, order, fingerprint, expires_at: at(4_000_000_000) }
}

fn by_count() -> TermHash {
    Term::Count(Step::of(0)).hash()
}

fn word(number: u32) -> TermHash {
    Term::Word(format!("word{number}")).hash()
}

fn numbers(errors: &HashSet<Fingerprint>, below: u32) -> Vec<u32> {
    (0..below).filter(|number| errors.contains(&fingerprint(&number.to_string()))).collect()
}

/// Postings of an order are listed with the highest position first. Each is on exactly one page, wherever pages end.
pub(crate) async fn listed(on: &Resources) {
    let post = async |batch: u32, postings: Vec<Posting>| {
        on.table.post(PostingBatch(batch), &postings).await.unwrap();
    };
    let of =
        |order: u32, errors: std::ops::Range<u32>| errors.map(move |n| posting(by_count(), Some(order), n)).collect();
    for _ in 0..2 {
        post(1, of(7, 0..260)).await;
    }
    post(2, of(7, 300..303)).await;
    for n in 0..40 {
        post(n + 1, of(100 + n, 1_000 + n..1_001 + n)).await;
    }
    let elsewhere = Posting { project: ProjectId::new(8).unwrap(), ..posting(by_count(), Some(9), 5) };
    let other = posting(Term::Users(Step::of(0)).hash(), Some(9), 6);
    post(1, vec![elsewhere, other]).await;
    post(1, Vec::new()).await;

    let mut expected: Vec<Fingerprint> = (0..40).rev().map(|n| fingerprint(&(1_000 + n).to_string())).collect();
    for range in [300..303, 0..260] {
        expected.extend(range.map(|n: u32| fingerprint(&n.to_string())));
    }
    for limit in [1, 7, 45, 303, 1_000] {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = on.table.list(project(), by_count(), after.as_ref(), limit).await.unwrap();
            assert!(page.items.len() <= limit);
            all.extend(page.items);
            match page.next {
                Some(next) => after = Some(serde_json::from_value(serde_json::json!(next)).unwrap()),
                None => break,
            }
        }
        let listed: Vec<_> = all.iter().map(|posted| posted.fingerprint).collect();
        assert_eq!(listed[..43], expected[..43], "{limit} per page");
        // Blocks that are full are listed last to first.
        assert_eq!(sorted(&listed), sorted(&expected), "{limit} per page");
        assert!(all.is_sorted_by(|a, b| a.position.order >= b.position.order));
        assert_eq!((all[40].position.order, all[40].position.batch), (7, PostingBatch(2)));
    }
    let page = on.table.list(project(), by_count(), Some(&PostingPosition::above(7)), 1_000).await.unwrap();
    assert_eq!((page.items.len(), page.next), (263, None), "all of this order and below, none of a higher one");
    let none = on.table.list(project(), Term::FirstSeen(0).hash(), None, 10).await.unwrap();
    assert!(none.items.is_empty() && none.next.is_none());
}

fn sorted(errors: &[Fingerprint]) -> Vec<Fingerprint> {
    let mut errors = errors.to_vec();
    errors.sort();
    errors
}

/// Errors are found by every term, wherever in the tree their postings are.
pub(crate) async fn found(on: &Resources) {
    const ERRORS: u32 = 1_500;
    // Every error has the word 0, each tenth one the word 1, and each has two words of its own.
    let of = |n: u32| {
        let mut words = vec![0, 10_000 + n, 20_000 + n];
        words.extend(n.is_multiple_of(10).then_some(1));
        words.extend(n.is_multiple_of(500).then_some(2));
        words.into_iter().map(move |number| posting(word(number), None, n))
    };
    let check = async |errors: u32, when: &str| {
        let own = [3, errors / 2, errors - 1];
        let mut terms = vec![word(0), word(1), word(2), word(9_999)];
        terms.extend(own.iter().flat_map(|n| [word(10_000 + n), word(20_000 + n)]));
        let found = on.table.find(project(), &terms, 400).await.unwrap();
        let found: Vec<_> = found.iter().map(|errors| errors.as_ref().map(|errors| numbers(errors, ERRORS))).collect();
        assert_eq!(found[0], (errors <= 400).then(|| (0..errors).collect()), "{when}: all errors");
        assert_eq!(found[1], Some((0..errors).step_by(10).collect()), "{when}");
        assert_eq!(found[2], Some((0..errors).step_by(500).collect()), "{when}");
        assert_eq!(found[3], Some(Vec::new()), "{when}: no error");
        for (index, n) in own.into_iter().flat_map(|n| [n, n]).enumerate() {
            assert_eq!(found[4 + index], Some(vec![n]), "{when}");
        }
    };
    let mut grown = BTreeMap::new();
    let mut post = async |batch: u32, postings: Vec<Posting>| {
        for (project, bytes) in on.table.post(PostingBatch(batch), &postings).await.unwrap() {
            *grown.entry(project).or_insert(0) += bytes;
        }
    };
    // Errors that come alone, then some together, then so many that they skip the root.
    for n in 0..100 {
        post(n + 1, of(n).collect()).await;
    }
    check(100, "in the root").await;
    on.table.compact(project()).await.unwrap();
    check(100, "not full yet").await;
    let mut n = 100;
    for together in [40, 60, 300, 1_000] {
        post(n + 1, (n..n + together).flat_map(of).collect()).await;
        n += together;
        check(n, &format!("{n} errors")).await;
        for _ in 0..2 {
            on.table.compact(project()).await.unwrap();
            check(n, &format!("{n} errors, compacted")).await;
        }
    }
    assert_eq!(grown.len(), 1);
    assert!(grown[&project()] > 60_000, "{grown:?}");
    let other = ProjectId::new(8).unwrap();
    assert_eq!(on.table.find(other, &[word(0)], 400).await.unwrap(), [Some(HashSet::new())]);
    assert_eq!(on.table.find(project(), &[], 400).await.unwrap(), []);
}
