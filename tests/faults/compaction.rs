//! Compaction of the search tree, interrupted at each of its calls.

use std::collections::HashSet;

use model::error::PostingBatch;
use model::id::{Fingerprint, ProjectId};
use search::{Posting, Term, TermHash};
use store::clock::Clock;
use store::faults::{Fault, Faults, When};
use store::ports::SearchIndex;

use crate::turns::paused;
use crate::world::World;

const ERRORS: u32 = 100;

fn fingerprint(number: u32) -> Fingerprint {
    Fingerprint::of("error", [number.to_string().as_str()])
}

fn word(number: u32) -> TermHash {
    Term::Word(format!("word{number}")).hash()
}

/// Posts so many errors, each alone, that the root is full. Each has 30 words, and most words are of several errors.
async fn fill(world: &World, project: ProjectId) {
    for n in 0..ERRORS {
        let posting = |word| Posting {
            project,
            term: word,
            order: None,
            fingerprint: fingerprint(n),
            expires_at: world.clock.now().plus_seconds(86_400),
        };
        let postings: Vec<_> = (0..30).map(|k| posting(word(n + k * k))).collect();
        world.truth.table.post(PostingBatch(n + 1), &postings).await.unwrap();
    }
}

/// Finds the errors of every 17th word.
async fn find_some(world: &World, project: ProjectId) -> Vec<Option<HashSet<Fingerprint>>> {
    let terms: Vec<_> = (0..ERRORS + 29 * 29).step_by(17).map(word).collect();
    world.truth.table.find(project, &terms, 400).await.unwrap()
}

/// Durable on success, counted once (docs/src/internals/promises.md): a search finds the same before, during and after a
/// compaction, wherever it stops.
#[test]
fn a_compaction_that_stops_at_any_call_loses_no_posting() {
    paused(async {
        let world = World::new(0).await;
        let mut steps = 0;
        for fault in [Fault::Crash, Fault::CrashAfter, Fault::Before, Fault::After, Fault::Throttle, Fault::Duplicate] {
            for call in 0.. {
                let project = world.project(&format!("p-{fault:?}-{call}").to_lowercase()).await.id;
                fill(&world, project).await;
                let expected = find_some(&world, project).await;
                let postings: usize = expected.iter().flatten().map(HashSet::len).sum();
                assert!(postings > 100, "{postings}");

                let faults = Faults::seeded(call);
                let table = world.behind(&faults).await.table;
                faults.rule(When::Nth(call), fault, |_| true);
                tokio::select! {
                    biased;
                    // A call that failed once is repeated by the SDK, so the result says nothing.
                    _ = table.compact(project) => {}
                    () = faults.crashed() => {}
                }
                let when = format!("{fault:?} at call {call}");
                assert_eq!(find_some(&world, project).await, expected, "{when}");
                world.truth.table.compact(project).await.unwrap();
                assert_eq!(find_some(&world, project).await, expected, "{when}, and compacted again");
                if faults.count(|call| call.fault.is_some()) == 0 {
                    break;
                }
                steps += 1;
            }
        }
        assert!(steps > 25, "a compaction makes more calls than this: only {steps} steps");
    });
}

/// A node is emptied also if another process compacts it at the same time.
#[test]
fn processes_that_compact_at_the_same_time_lose_no_posting() {
    paused(async {
        let world = World::new(1).await;
        let project = world.project("p").await.id;
        fill(&world, project).await;
        let expected = find_some(&world, project).await;
        let faults = Faults::seeded(1);
        faults.delay(std::time::Duration::from_millis(50));
        let table = world.behind(&faults).await.table;
        let found = async {
            for _ in 0..20 {
                assert_eq!(find_some(&world, project).await, expected);
            }
        };
        let (first, second, ()) = tokio::join!(table.compact(project), table.compact(project), found);
        first.and(second).unwrap();
        assert_eq!(find_some(&world, project).await, expected);
    });
}
