//! KMS that is slow or unavailable.

use std::time::Duration;

use futures_util::future::join_all;
use model::id::ProjectName;
use store::Kind;
use store::faults::{Fault, Faults, When};
use store::ports::Sealer;
use tokio::time::Instant;

use crate::turns::paused;
use crate::world::World;

async fn sealer(faults: &Faults) -> std::sync::Arc<dyn Sealer> {
    World::new(0).await.behind(faults).await.sealer.unwrap()
}

fn project(number: usize) -> ProjectName {
    ProjectName::parse(&format!("p{number}")).unwrap()
}

/// A storm of posts that each have a config costs one call to KMS per project, and one per project to read them.
#[test]
fn a_storm_costs_no_calls_to_kms() {
    paused(async {
        let faults = Faults::seeded(0);
        let world = World::new(0).await;
        let (one, other) = (world.behind(&faults).await.sealer.unwrap(), world.behind(&faults).await.sealer.unwrap());
        let text = |n: usize| format!("config {n}").into_bytes();
        let projects: Vec<_> = (0..3).map(project).collect();
        let sealed = join_all((0..999).map(|n| {
            let (one, project) = (&one, &projects[n % 3]);
            async move { one.seal(project, &text(n)).await.unwrap() }
        }));
        for (n, sealed) in sealed.await.iter().enumerate() {
            assert_eq!(other.open(&projects[n % 3], sealed).await.unwrap(), text(n));
        }
        let encrypted = one.encrypt_foreign(b"config").await.unwrap();
        for _ in 0..100 {
            assert_eq!(other.open_foreign(&encrypted).await.unwrap(), b"config");
        }
        let calls = |operation: &str| faults.count(|call| call.operation == operation);
        assert_eq!((calls("GenerateDataKey"), calls("Decrypt"), calls("Encrypt")), (3, 3 + 1, 1));
    });
}

/// A caller waits for KMS for two seconds at most. The next caller gets the failure at once.
#[test]
fn only_the_first_caller_waits_in_an_outage_of_kms() {
    paused(async {
        for (fault, kind) in [
            (Fault::Before, Kind::Unavailable),
            (Fault::TimeOut, Kind::Unavailable),
            (Fault::Throttle, Kind::Throttled),
        ] {
            let faults = Faults::seeded(0);
            let sealer = sealer(&faults).await;
            faults.rule(When::Always, fault, |_| true);
            let began = Instant::now();
            let failed = sealer.seal(&project(1), b"SECRET").await.unwrap_err();
            assert_eq!(failed.kind(), kind, "{failed}");
            assert!(!failed.to_string().contains("SECRET"), "{failed}");
            assert!(began.elapsed() <= Duration::from_secs(2), "{fault:?}: {:?}", began.elapsed());
            let (began, calls) = (Instant::now(), faults.log().len());
            assert_eq!(sealer.seal(&project(1), b"SECRET").await.unwrap_err().kind(), kind);
            assert_eq!((began.elapsed(), faults.log().len()), (Duration::ZERO, calls));
        }
    });
}
