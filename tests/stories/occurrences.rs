//! Occurrences are found by the id of their event, filtered, and stepped through.

use std::collections::BTreeMap;

use axum::body::Body;
use embedded::Engines;
use fastrand::Rng;
use faultline_tests::{ADMIN, Faultline, LARGE, encoded, noise, raw};
use formats::segment::{FrameRange, blank};
use http::Method;
use model::id::{EventId, ProjectName, SegmentId};
use serde_json::{Value, json};
use server::system::{Resources, stored_keys};
use store::faults::Faults;
use store::ports::{Projects, Segments};

const M: &str = "/projects/sample/errors/m/occurrences";

fn ids(list: &Value) -> Vec<String> {
    list["errors"].as_array().unwrap().iter().map(|one| text(&one["reversedUnixtime"])).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Returns the numbers that a test gave its events, in the order of the list.
fn numbers(list: &Value) -> Vec<u64> {
    list["errors"].as_array().unwrap().iter().map(|one| one["n"].as_u64().unwrap()).collect()
}

/// Posts `events` and processes them as one batch.
async fn batch(faultline: &Faultline, events: Vec<Value>) {
    faultline.post("sample", &json!({ "errors": events })).await;
    assert_eq!(faultline.process().await, 0);
}

/// Returns the status of a request, and the message of its refusal.
async fn refused(faultline: &Faultline, path: &str) -> (u16, String) {
    let answer = faultline.call(Method::GET, path, ADMIN, Body::empty()).await;
    (answer.status.as_u16(), answer.body["message"].as_str().unwrap_or_default().to_owned())
}

/// Returns all ids of an error's occurrences, newest first.
async fn all_ids(faultline: &Faultline, error: &str) -> Vec<String> {
    let path = format!("/projects/sample/errors/{}/occurrences?limit=7", encoded(error));
    faultline.all(&path, "after").await.iter().map(|one| text(&one["reversedUnixtime"])).collect()
}

/// Checks that stepping from the last occurrence to the first visits exactly the list, and back again.
async fn assert_steps(faultline: &Faultline, error: &str) {
    let listed = all_ids(faultline, error).await;
    let path = format!("/projects/sample/errors/{}/occurrences", encoded(error));
    for (end, direction) in [("last", "older"), ("first", "newer")] {
        let mut expected = listed.clone();
        if end == "first" {
            expected.reverse();
        }
        let (mut visited, mut next) = (Vec::new(), json!(end));
        while let Some(id) = next.as_str() {
            let shown = faultline.get(&format!("{path}/{id}")).await;
            visited.push(text(&shown["error"]["reversedUnixtime"]));
            let (newer, older) = (shown["newer"].is_null(), shown["older"].is_null());
            let is = |end: Option<&String>| end == visited.last();
            assert_eq!((newer, older), (is(listed.first()), is(listed.last())), "{error} at {id}");
            next = shown[direction].clone();
        }
        assert_eq!(visited, expected, "{error} from {end}");
    }
}

/// Whatever the batches are: every event is found by its id, with its error, and unknown events are not found. Stepping
/// visits what the list shows.
#[tokio::test]
async fn every_event_is_found_and_stepping_follows_the_list() {
    for seed in 0..3 {
        let (faultline, mut rng) = (Faultline::new().await, Rng::with_seed(seed));
        let mut events = BTreeMap::new();
        for part in 0..4 {
            let many = [1, 3, 30, 50][(part + seed as usize) % 4];
            let errors = (0..many).map(|_| {
                let (error, second) = (["m", "a/b", "long"][rng.usize(..3)], rng.u32(..240));
                let timestamp = format!("2026-11-01T09:{:02}:{:02}Z", second / 60, second % 60);
                json!({ "type": "E", "message": error, "timestamp": timestamp })
            });
            batch(&faultline, errors.collect()).await;
            faultline.clock.advance(30);
        }
        for error in faultline.counts().await.into_keys() {
            let path = format!("/projects/sample/errors/{}/occurrences?limit=50", encoded(&error));
            for one in faultline.all(&path, "after").await {
                events.insert(text(&one["eventId"]), (error.clone(), text(&one["reversedUnixtime"])));
            }
            assert_steps(&faultline, &error).await;
        }
        for (event, (error, id)) in &events {
            let found = faultline.get(&format!("/projects/sample/occurrences/{event}")).await;
            assert_eq!((&text(&found["error"]["eventId"]), &text(&found["error"]["reversedUnixtime"])), (event, id));
            assert_eq!(found["belongsTo"]["message"], error.as_str());
            let path = format!("/projects/sample/errors/{}/occurrences/{id}", encoded(error));
            assert_eq!(found, faultline.get(&path).await, "the answer is the same as through its error");
        }
        for _ in 0..20 {
            let other = EventId::from_bytes(rng.u128(..).to_be_bytes());
            assert_eq!(refused(&faultline, &format!("/projects/sample/occurrences/{other}")).await.0, 404);
        }
    }
}

/// An event is found by every spelling of its id, in its own project only. A text that is not an id is refused.
#[tokio::test]
async fn an_event_is_found_by_its_id_in_any_form() {
    let faultline = Faultline::new().await;
    let key = faultline.client_key().to_owned();
    let event = json!({ "event_id": "9EC79C33-EC99-42AB-8353-589FCB2E04DC", "message": "m" });
    faultline.call(Method::POST, &format!("/api/1/store/?sentry_key={key}"), &key, event.to_string()).await;
    assert_eq!(faultline.process().await, 0);
    faultline.call(Method::POST, "/projects", ADMIN, r#"{"name":"other"}"#).await;
    let plain = "9ec79c33ec9942ab8353589fcb2e04dc";
    for form in [plain, "9EC79C33EC9942AB8353589FCB2E04DC", "9ec79c33-ec99-42ab-8353-589fcb2e04dc"] {
        let found = faultline.get(&format!("/projects/sample/occurrences/{form}")).await;
        assert_eq!(found["error"]["eventId"], plain);
        assert!(found["error"]["grouping"].is_object() || found["error"]["grouping"].is_array(), "{found}");
    }
    let (status, message) = refused(&faultline, &format!("/projects/other/occurrences/{plain}")).await;
    assert_eq!((status, message.contains(plain)), (404, true), "{message}");
    let (status, message) = refused(&faultline, "/projects/sample/occurrences/nonsense").await;
    assert_eq!((status, message.contains("`nonsense` is not an event id")), (400, true), "{message}");

    let list = faultline.get("/projects/sample/errors").await;
    let path = format!("/projects/sample/errors/{}", text(&list["errors"][0]["fingerprint"]));
    assert_eq!(faultline.call(Method::DELETE, &path, ADMIN, Body::empty()).await.status.as_u16(), 204);
    assert_eq!(
        refused(&faultline, &format!("/projects/sample/occurrences/{plain}")).await.0,
        404,
        "the event was deleted"
    );
}

/// Each filter finds the matching occurrences, in the order of the list. Filters can be combined.
#[tokio::test]
async fn occurrences_are_filtered() {
    let faultline = Faultline::new().await;
    let key = faultline.client_key().to_owned();
    for n in 0..12u64 {
        let event = json!({
            "message": "m", "timestamp": 1_793_577_660 - 7_200 + n * 45,
            "level": if n % 2 == 0 { "warning" } else { "error" },
            "environment": if n < 6 { "production" } else { "test" },
            "release": format!("shop@{}", n / 4),
            "tags": { "n": n.to_string() },
            "user": { "id": (n % 3).to_string() },
            "transaction": format!("GET /part/{}", n % 4),
        });
        faultline.call(Method::POST, &format!("/api/1/store/?sentry_key={key}"), &key, event.to_string()).await;
        if n % 5 == 4 {
            faultline.process().await;
        }
    }
    faultline.process().await;
    let list = faultline.get("/projects/sample/errors").await;
    let m = format!("/projects/sample/errors/{}/occurrences", text(&list["errors"][0]["fingerprint"]));
    let check = async |filter: &str, expected: &[u64]| {
        for limit in [1, 5, 100] {
            let all = faultline.all(&format!("{m}?limit={limit}&{filter}"), "after").await;
            let found: Vec<u64> = all.iter().map(|one| text(&one["event"]["tags"]["n"]).parse().unwrap()).collect();
            assert_eq!(found, expected, "{filter}");
        }
    };
    check("", &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]).await;
    check("level=warning", &[10, 8, 6, 4, 2, 0]).await;
    check("environment=test&level=error", &[11, 9, 7]).await;
    check("release=shop%401", &[7, 6, 5, 4]).await;
    check("tag=n:3", &[3]).await;
    check("tag=n:3&tag=environment:production", &[3]).await;
    check("tag=n:3&tag=environment:test", &[]).await;
    check("user=2", &[11, 8, 5, 2]).await;
    check("text=PART/1", &[9, 5, 1]).await;
    // The times of numbers 3 and 6, with offsets and with a `+` that is not encoded.
    let at = |n: u64| model::time::Timestamp::from_seconds((1_793_577_660 - 7_200 + n * 45) as i64).to_string();
    check(&format!("start={}&end={}", at(3), at(6)), &[5, 4, 3]).await;
    check(&format!("start={}", at(9)), &[11, 10, 9]).await;
    check(&format!("end={}&level=error", at(3)), &[1]).await;

    let list = faultline.get(&format!("{m}?level=warning&limit=2")).await;
    assert_eq!(
        (list["totalCount"].as_u64(), list["examined"].as_u64()),
        (Some(12), Some(4)),
        "the count of all, and the number examined"
    );
    for (wrong, says) in [
        ("level=loud", "`loud` is not a level"),
        ("tag=n", "use `key:value`"),
        ("start=x", "start: `x`"),
        ("start=2026-11-02T00:00:00Z&end=2026-11-01T00:00:00Z", "before the start"),
        ("before=x", "is not an occurrence id"),
    ] {
        let (status, message) = refused(&faultline, &format!("{m}?{wrong}")).await;
        assert_eq!((status, message.contains(says)), (400, true), "{wrong}: {message}");
    }
    let (after, before) = (&ids(&list)[0], &ids(&list)[1]);
    let (status, message) = refused(&faultline, &format!("{m}?after={after}&before={before}")).await;
    assert_eq!((status, message.contains("leave one out")), (400, true), "{message}");
}

/// A page leads to the next and the previous one, also while new occurrences arrive.
#[tokio::test]
async fn pages_lead_forwards_and_backwards() {
    let faultline = Faultline::new().await;
    for n in 0..23 {
        faultline.post("sample", &json!({ "errors": [{ "message": "m", "n": n }] })).await;
        faultline.clock.advance(17);
        if n % 4 == 3 {
            faultline.process().await;
        }
    }
    faultline.process().await;
    let first = faultline.get(&format!("{M}?limit=5")).await;
    assert_eq!((numbers(&first), first["previousCursor"].is_null()), (vec![22, 21, 20, 19, 18], true));
    let second = faultline.get(&format!("{M}?limit=5&after={}", text(&first["nextCursor"]))).await;
    let third = faultline.get(&format!("{M}?limit=5&after={}", text(&second["nextCursor"]))).await;
    assert_eq!(numbers(&third), [12, 11, 10, 9, 8]);
    let back = faultline.get(&format!("{M}?limit=5&before={}", text(&third["previousCursor"]))).await;
    assert_eq!((numbers(&back), &back["errors"]), (vec![17, 16, 15, 14, 13], &second["errors"]));
    assert_eq!(back["nextCursor"], second["nextCursor"]);
    batch(&faultline, vec![json!({ "message": "m", "n": 23 })]).await;
    let top = faultline.get(&format!("{M}?limit=9&before={}", text(&back["previousCursor"]))).await;
    assert_eq!((numbers(&top), top["previousCursor"].is_null()), (vec![23, 22, 21, 20, 19, 18], true));
    let last = faultline.get(&format!("{M}?limit=8&after={}", text(&third["nextCursor"]))).await;
    assert_eq!((numbers(&last).len(), last["nextCursor"].is_null()), (8, true), "a full last page ends the list");
}

/// A filter without matches is bounded: the answer says how much was examined, and where to continue.
#[tokio::test]
async fn a_search_is_bounded_and_can_be_continued() {
    let faultline = Faultline::new().await;
    let mut events: Vec<_> =
        (0..50).map(|n| json!({ "message": "m", "n": n, "timestamp": format!("2026-11-01T09:{n:02}:00Z") })).collect();
    events[0]["backtrace"] = json!([{ "function": "needle" }]);
    batch(&faultline, events).await;
    let (mut pages, mut cursor, mut found) = (Vec::new(), String::new(), Vec::new());
    loop {
        let page = faultline.get(&format!("{M}?text=NEEDLE{cursor}")).await;
        pages.push(page["examined"].as_u64().unwrap());
        found.extend(numbers(&page));
        let Some(next) = page["nextCursor"].as_str() else { break };
        cursor = format!("&after={next}");
    }
    assert_eq!((pages, found), (vec![20, 20, 10], vec![0]));
    let first = faultline.get(&format!("{M}/first")).await;
    let page = faultline.get(&format!("{M}?text=nothing&before={}", text(&first["error"]["reversedUnixtime"]))).await;
    assert_eq!((page["examined"].as_u64(), page["errors"].as_array().unwrap().len()), (Some(20), 0));
    let page = faultline.get(&format!("{M}?text=nothing&before={}", text(&page["previousCursor"]))).await;
    assert_eq!(page["examined"], 20, "it continues towards newer ones, too");
}

/// Few small occurrences are stored in the items that refer to them, without an object in the bucket. Nobody sees a
/// difference, and they are deleted with their error.
#[tokio::test]
async fn few_small_occurrences_need_no_segment() {
    let engines = Engines::memory().unwrap();
    let faultline = Faultline::builder().engines(engines.clone()).start().await;
    let objects = async || stored_keys(&engines, "segments/").await.unwrap().len();
    let inline = async || raw::items(&engines).await.iter().filter(|item| item["frame"].is_object()).count();
    batch(&faultline, vec![json!({ "message": "m", "n": 1 })]).await;
    // Three frames of two errors: one error's occurrences are from two minutes.
    let at = |minute: u32| format!("2026-11-01T09:{minute:02}:00Z");
    let event = |message: &str, n: u32| json!({ "message": message, "n": n, "timestamp": at(n) });
    batch(&faultline, vec![event("m", 2), event("m", 3), event("other", 4)]).await;
    assert_eq!((objects().await, inline().await), (0, 4));
    let listed = faultline.get(&format!("{M}?limit=100")).await;
    let numbers: Vec<_> = listed["errors"].as_array().unwrap().iter().map(|event| event["n"].clone()).collect();
    assert_eq!(numbers, [1, 3, 2]);
    assert_steps(&faultline, "m").await;

    // Neither many frames nor large ones are.
    batch(&faultline, (0..9).map(|n| json!({ "message": format!("error {n}") })).collect()).await;
    assert_eq!((objects().await, inline().await), (1, 4), "nine frames share an object");
    batch(&faultline, vec![json!({ "message": "m", "n": 5, "load": noise(LARGE) })]).await;
    assert_eq!((objects().await, inline().await), (2, 4));

    let gone = faultline.call(Method::DELETE, "/projects/sample/errors/m", ADMIN, Body::empty()).await;
    assert_eq!((gone.status.as_u16(), inline().await), (204, 1));
}

/// A damaged, blanked or missing frame affects only its own occurrences. Lists and steps skip it, and a request by
/// event id gets a refusal with the likely reason.
#[tokio::test]
async fn unreadable_occurrences_are_skipped() {
    let engines = Engines::memory().unwrap();
    let faultline = Faultline::builder().engines(engines.clone()).start().await;
    let resources = Resources::make(&engines).await.unwrap();
    let project = resources.directory.by_name(&ProjectName::parse("sample").unwrap()).await.unwrap().unwrap().id;
    for n in 0..7 {
        let mut event = json!({ "message": "m", "timestamp": format!("2026-11-01T09:{n:02}:00Z") });
        // All but one are in a segment each.
        if n != 4 {
            event["load"] = noise(LARGE).into();
        }
        batch(&faultline, vec![event]).await;
    }
    let event = text(&faultline.get(&format!("{M}?limit=100")).await["errors"][4]["eventId"]);
    let before = all_ids(&faultline, "m").await;
    for mut item in raw::items(&engines).await {
        if item["frame"].is_object() {
            item["frame"]["B"] = json!("CQkJ");
            raw::put_item(&engines, &item.to_string()).await;
        }
        let Some(segment) = item["segment"]["S"].as_str() else { continue };
        let segment = SegmentId::parse(project, segment).unwrap();
        let (mut bytes, version) = resources.bucket.get(&segment).await.unwrap();
        let is = |n: usize| item["sk"]["S"].as_str().unwrap()[2..] == before[n][17..43];
        if is(4) {
            bytes[5] ^= 0xff;
            resources.bucket.replace(&segment, bytes, &version).await.unwrap();
        } else if is(3) {
            let range = FrameRange { offset: 0, length: bytes.len() as u64 };
            blank(&mut bytes, range).unwrap();
            resources.bucket.replace(&segment, bytes, &version).await.unwrap();
        } else if is(0) {
            item["segment"]["S"] = json!("2026-11-01/01ARZ3NDEKTSV4RRFFQ69G5FAV");
            raw::put_item(&engines, &item.to_string()).await;
        }
    }
    let kept: Vec<_> = [1, 5, 6].map(|index| before[index].clone()).into();
    assert_eq!(all_ids(&faultline, "m").await, kept);
    assert_steps(&faultline, "m").await;
    let newest = faultline.get("/projects/sample/errors/m").await;
    assert_eq!(newest["error"]["reversedUnixtime"], kept[0].as_str());
    for gone in [0, 2, 3, 4].map(|index| &before[index]) {
        let (status, message) = refused(&faultline, &format!("{M}/{gone}")).await;
        assert_eq!((status, message.contains("has expired")), (410, true), "{message}");
    }
    assert_eq!(refused(&faultline, &format!("/projects/sample/occurrences/{event}")).await.0, 404);
}

/// Requests read the same in a project of few errors and in one of many.
#[tokio::test]
async fn reads_of_occurrences_do_not_grow() {
    let mut reads = Vec::new();
    for errors in [3, 600] {
        let (engines, faults) = (Engines::memory().unwrap(), Faults::seeded(0));
        Resources::make(&engines).await.unwrap();
        let resources = Resources::through(&engines, |engine| faults.around(engine)).await.unwrap();
        let faultline = Faultline::builder().engines(engines).resources(resources).start().await;
        for part in 0..3 {
            let others = (1..errors / 3).map(|n| json!({ "message": format!("{part} {n}") }));
            let one = (0..20).map(|n| json!({ "message": "m", "n": n, "load": noise(1_000 + n) }));
            batch(&faultline, others.chain(one).collect()).await;
            faultline.clock.advance(60);
        }
        let list = faultline.get(&format!("{M}?limit=100")).await;
        let (id, event) = (&ids(&list)[25], text(&list["errors"][25]["eventId"]));
        // The id of the first occurrence in its frame: its neighbour is in another frame.
        let edge = &ids(&list)[20];
        let mut of_project = Vec::new();
        for path in [
            format!("{M}/{id}"),
            format!("{M}/{edge}"),
            format!("{M}/first"),
            format!("{M}/last"),
            M.to_owned(),
            format!("{M}?text=x"),
            format!("/projects/sample/occurrences/{event}"),
            format!("/projects/sample/occurrences/{}", "0".repeat(32)),
        ] {
            let seen = faults.log().len();
            faultline.call(Method::GET, &path, ADMIN, Body::empty()).await;
            let log = faults.log().split_off(seen);
            let of = |operation: &str| log.iter().filter(|call| call.operation == operation).count();
            assert_eq!(of("GetItem") + of("Query") + of("GetObject"), log.len(), "{log:?}");
            of_project.push([of("GetItem"), of("Query"), of("GetObject")]);
        }
        reads.push(of_project);
    }
    assert_eq!(reads[0], reads[1]);
    // The project and the error are two items; the others are references and entries of the event index.
    let expected = [[3, 0, 1], [3, 1, 2], [2, 1, 1], [2, 1, 1], [2, 1, 1], [2, 1, 3], [3, 4, 1], [1, 4, 0]];
    assert_eq!(reads[0], expected);
}
