use formats::segment::FrameRange;
use model::error::{ErrorAggregate, Posted, Sighting, StatusChange};
use model::id::{
    AttachmentFolder, ConfigId, ErrorUid, EventId, Fingerprint, OccurrenceId, ProjectId, ReferenceId, SegmentId,
};
use model::occurrence::{Occurrence, Source};
use model::project::TimeUnit;
use model::timeline::{Hour, Minute};
use server::system::Resources;
use store::Kind;
use store::ports::{Commit, ErrorCommits, Errors, FramePlace, Occurrences, Reference};

use super::at;

pub(crate) fn project() -> ProjectId {
    ProjectId::new(7).unwrap()
}

pub(crate) fn fingerprint(name: &str) -> Fingerprint {
    Fingerprint::of("test", [name])
}

fn event(n: u64) -> EventId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&n.to_be_bytes());
    EventId::from_bytes(bytes)
}

pub(crate) fn error(name: &str) -> ErrorAggregate {
    let uid = ErrorUid::new(at(0), u128::from(name.len() as u64) << 64 | u128::from(name.as_bytes()[0]));
    ErrorAggregate::new(project(), fingerprint(name), uid, at(0))
}

/// A commit of event number `n`, which happened at `seconds`.
pub(crate) fn commit(mut error: ErrorAggregate, n: u64, seconds: i64) -> Commit {
    let moment = at(seconds);
    let mut occurrence = Occurrence::new(event(n), Source::V1, moment, moment);
    occurrence.kind = "T".to_owned();
    occurrence.release = Some(format!("r{n}"));
    occurrence.environment = Some("production".to_owned());
    error.observe(TimeUnit::Minute, [&Sighting::of(&occurrence, "m")]);
    let id = ReferenceId::new(moment, u128::from(n));
    let configs = ConfigId::parse(&format!("{n:032x}")).unwrap();
    error.posted = Some(Posted { configs, occurrence: OccurrenceId::new(moment, id, 0) });
    let reference = Reference {
        id,
        frame: match n % 2 {
            0 => FramePlace::Inline(vec![n as u8; 10].into()),
            _ => FramePlace::Segment {
                id: SegmentId::new(project(), moment, u128::from(n)),
                range: FrameRange { offset: n, length: 10 },
            },
        },
        first: moment,
        last: moment,
        events: vec![occurrence.event_id.hash()],
        attached: match n % 3 {
            0 => vec![AttachmentFolder { project: project(), retention: None, event: occurrence.event_id }],
            _ => Vec::new(),
        },
    };
    let (references, aliases) = (vec![reference], Vec::new());
    let expires_at = at(4_000_000_000);
    Commit { error, target: None, references, aliases, history: None, target_history: None, expires_at }
}

/// Commits, which must succeed, and returns the error as it is stored afterwards.
pub(crate) async fn committed(on: &Resources, commit: Commit) -> ErrorAggregate {
    let key = (commit.error.project, commit.error.fingerprint);
    for result in on.table.commit(&[commit]).await {
        result.unwrap();
    }
    on.table.load(&[key]).await.unwrap().remove(&key).unwrap()
}

pub(crate) async fn whole(on: &Resources) {
    let first = commit(error("a"), 1, 30);
    let read = committed(on, first.clone()).await;
    assert_eq!(read, ErrorAggregate { version: 1, expires_at: first.expires_at, ..first.error.clone() });
    let mut second = commit(read, 2, 90);
    second.expires_at = at(3_000_000_000);
    let read = committed(on, second.clone()).await;
    assert_eq!((read.count, read.version), (2, 2));
    assert_eq!(read.expires_at, first.expires_at, "the later expiry of the first commit stays");
    assert_eq!(Errors::get(&*on.table, project(), &fingerprint("a")).await.unwrap(), Some(read.clone()));

    let references = on.table.references(project(), &read.uid, None, 10).await.unwrap().items;
    assert_eq!(references, [second.references[0].clone(), first.references[0].clone()]);
    let hour = Hour::of(at(30));
    let timeline = on.table.timeline(project(), &read.uid, hour..=hour).await.unwrap();
    assert_eq!(timeline.minutes().collect::<Vec<_>>(), [(Minute::of(at(30)), 1), (Minute::of(at(90)), 1)]);
}

pub(crate) async fn conflicts(on: &Resources) {
    let read = committed(on, commit(error("a"), 1, 30)).await;
    let kind = async |commit: Commit| on.table.commit(&[commit]).await.remove(0).map_err(|error| error.kind());
    assert_eq!(kind(commit(error("a"), 2, 31)).await, Err(Kind::Conflict), "the error exists already");
    committed(on, commit(read.clone(), 3, 32)).await;
    assert_eq!(kind(commit(read.clone(), 4, 33)).await, Err(Kind::Conflict), "another commit came first");
    on.table.change(&read, &StatusChange::Resolved(None).into(), &[], at(50)).await.unwrap().unwrap();
    let before = ErrorAggregate { version: 2, ..read.clone() };
    assert_eq!(kind(commit(before, 5, 34)).await, Err(Kind::Conflict), "a status change came first");

    let other_incarnation = ErrorAggregate { version: 3, uid: ErrorUid::new(at(1), 99), ..read.clone() };
    assert_eq!(
        kind(commit(other_incarnation.clone(), 6, 35)).await,
        Err(Kind::Conflict),
        "it is another incarnation of the error"
    );
    assert_eq!(
        on.table.start_purge(&other_incarnation).await.unwrap_err().kind(),
        Kind::Conflict,
        "another incarnation must not be purged"
    );

    let now = Errors::get(&*on.table, project(), &fingerprint("a")).await.unwrap().unwrap();
    assert_eq!((now.count, now.version), (2, 3));
    let references = on.table.references(project(), &now.uid, None, 10).await.unwrap().items;
    assert_eq!(references.len(), 2, "a commit in conflict writes nothing");
    let hour = Hour::of(at(30));
    assert_eq!(on.table.timeline(project(), &now.uid, hour..=hour).await.unwrap().total(), 2);
}

pub(crate) async fn aliases(on: &Resources) {
    let known = async |names: &[&str]| {
        let hashes: Vec<_> = names.iter().map(|name| (project(), fingerprint(name))).collect();
        let owners = on.table.owners(&hashes).await.unwrap();
        hashes.iter().map(|hash| owners.get(hash).copied()).collect::<Vec<_>>()
    };
    let with_alias =
        |name: &str, alias: &str| Commit { aliases: vec![fingerprint(alias)], ..commit(error(name), 1, 0) };
    assert_eq!(known(&["a", "system"]).await, [None, None]);
    committed(on, with_alias("a", "system")).await;
    let a = Some(fingerprint("a"));
    assert_eq!(known(&["a", "system", "other"]).await, [a, a, None]);
    let results = on.table.commit(&[with_alias("bb", "system"), with_alias("ccc", "own")]).await;
    assert_eq!(results[0].as_ref().unwrap_err().kind(), Kind::Conflict, "the hash belongs to another error");
    assert!(results[1].is_ok());
    assert_eq!(known(&["system", "bb", "own"]).await, [a, None, Some(fingerprint("ccc"))]);
    committed(on, commit(error("system"), 1, 0)).await;
    assert_eq!(
        known(&["system"]).await,
        [Some(fingerprint("system"))],
        "an error's own fingerprint wins over an alias"
    );
}

pub(crate) async fn neighbours(on: &Resources) {
    for name in ["old", "older"] {
        committed(on, commit(error(name), 1, 0)).await;
    }
    let names: Vec<_> = (0..90).map(|n| format!("n{n}")).collect();
    let mut commits: Vec<_> = names.iter().map(|name| commit(error(name), 2, 1)).collect();
    commits.insert(10, commit(error("old"), 3, 1));
    commits.insert(70, commit(error("older"), 3, 1));
    let mut oversized = commit(error("oversized"), 4, 1);
    oversized.references[0].events = vec![event(1).hash(); 60_000];
    commits.insert(40, oversized);

    let results = on.table.commit(&commits).await;
    let failed: Vec<_> = results
        .iter()
        .enumerate()
        .filter_map(|(index, result)| result.as_ref().err().map(|error| (index, error.kind())))
        .collect();
    assert_eq!(failed, [(10, Kind::Conflict), (40, Kind::Rejected), (71, Kind::Conflict)]);
    for name in &names {
        let error = Errors::get(&*on.table, project(), &fingerprint(name)).await.unwrap();
        assert_eq!(error.map(|error| error.count), Some(1), "{name}");
    }
    assert_eq!(Errors::get(&*on.table, project(), &fingerprint("oversized")).await.unwrap(), None);
}

pub(crate) async fn counted_by_minute(on: &Resources) {
    let mut read = error("a");
    for n in 0..10 {
        read = committed(on, commit(read, n, n as i64 * 60)).await;
    }
    let minute = |n: i64| Minute::of(at(n * 60));
    let counted = on.table.counted(project(), &read.uid, minute(3)..=minute(5)).await.unwrap();
    assert_eq!(counted, [3, 4, 5].map(|n| event(n).hash()).into());
    let other = on.table.counted(project(), &error("bb").uid, minute(0)..=minute(9)).await.unwrap();
    assert!(other.is_empty());
}
