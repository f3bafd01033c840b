//! Reads cost what they show, not what is stored.

use std::collections::BTreeMap;

use embedded::Engines;
use faultline_tests::Faultline;
use faultline_tests::meter::{Meter, Reads};
use serde_json::json;
use server::system::Resources;

/// Requests, and the maximum number of calls and of items that each may read from the table.
const QUESTIONS: [(&str, usize, usize); 12] = [
    ("/projects/sample/errors?limit=20", 8, 90),
    ("/projects/sample/errors?limit=20&status=unresolved", 6, 50),
    ("/projects/sample/errors?limit=20&sort=count", 8, 170),
    ("/projects/sample/errors?limit=20&sort=firstSeen", 8, 170),
    ("/projects/sample/errors?limit=20&sort=users", 8, 170),
    ("/projects/sample/errors?limit=20&level=error", 12, 700),
    ("/projects/sample/errors?limit=20&level=error&sort=count", 12, 700),
    ("/projects/sample/errors?limit=20&environment=rare", 12, 160),
    ("/projects/sample/errors?limit=20&text=rarely", 12, 160),
    ("/projects/sample/errors?limit=20&text=nowhere", 24, 1_700),
    ("/projects/sample/errors/number%201", 8, 20),
    ("/projects/sample/errors/number%201/occurrences", 8, 20),
];

/// Returns what each request reads in a project with this many errors, 20 of which have a rare property.
async fn asked(errors: usize) -> BTreeMap<&'static str, Reads> {
    let engines = Engines::memory().unwrap();
    Resources::make(&engines).await.unwrap();
    let meter = Meter::default();
    let resources = Resources::through(&engines, |engine| meter.around(engine)).await.unwrap();
    let faultline = Faultline::builder().engines(engines).resources(resources).start().await;
    for begin in (0..errors).step_by(500) {
        let bodies = (begin..errors.min(begin + 500)).map(|n| match n * 20 / errors != (n + 1) * 20 / errors {
            true => (json!({ "type": "Rarely", "message": format!("number {n}") }), "rare"),
            false => (json!({ "type": "Often", "message": format!("number {n}") }), "production"),
        });
        for environment in ["rare", "production"] {
            let errors: Vec<_> = bodies.clone().filter(|(_, of)| *of == environment).map(|(body, _)| body).collect();
            if !errors.is_empty() {
                let context = json!({ "environment": environment });
                faultline.post("sample", &json!({ "errors": errors, "context": context })).await;
            }
        }
        assert_eq!(faultline.process().await, 0);
        faultline.clock.advance(60);
    }
    let mut reads = BTreeMap::new();
    for (path, ..) in QUESTIONS {
        meter.reset();
        faultline.get(path).await;
        reads.insert(path, meter.reads());
    }
    reads
}

/// Reads cost what they show (promise 7 in docs/src/internals/promises.md): the bound of what a request reads is the
/// same for a project of 100 errors and for one of thirty times as many.
#[tokio::test(flavor = "multi_thread")]
async fn reads_do_not_grow_with_what_is_stored() {
    for errors in [100, 3_000] {
        let reads = asked(errors).await;
        for (path, calls, items) in QUESTIONS {
            let read = &reads[path];
            let when = format!("{path}, of {errors} errors: {read:?}");
            assert!(read.calls > 0 && read.calls <= calls && read.items <= items, "{when}");
        }
    }
}
