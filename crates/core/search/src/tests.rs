use std::collections::BTreeSet;

use super::words::words;
use super::*;
use model::error::{ErrorAggregate, Has, Indexed, PostingBatch, Regression, Sighting, Status};
use model::id::{ErrorUid, EventId, Fingerprint, ProjectId};
use model::occurrence::{Exception, Frame, Level, Occurrence, Source, Stacktrace};
use model::project::TimeUnit;
use model::time::Timestamp;

const DAY: i64 = 86_400;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_793_577_600 + seconds)
}

fn occurrence(seconds: i64) -> Occurrence {
    Occurrence::new(EventId::from_bytes([0; 16]), Source::V1, at(seconds), at(seconds))
}

fn named(kind: &str, message: &str, culprit: &str, frames: &str) -> ErrorAggregate {
    let uid = ErrorUid::new(at(0), 1);
    let mut error = ErrorAggregate::new(ProjectId::new(1).unwrap(), Fingerprint::of("m", [message]), uid, at(0));
    let mut occurrence = occurrence(0);
    occurrence.kind = kind.to_owned();
    occurrence.culprit = Some(culprit.to_owned());
    observe(&mut error, &occurrence, message);
    error.frames = Some(frames.to_owned());
    error.expires_at = at(90 * DAY);
    error
}

fn observe(error: &mut ErrorAggregate, occurrence: &Occurrence, message: &str) {
    drop(error.observe(TimeUnit::Minute, [&Sighting::of(occurrence, message)]));
}

#[test]
fn each_power_of_two_has_four_steps() {
    let begins: Vec<_> = (0..=64).filter(|&n| n == 0 || Step::of(n) > Step::of(n - 1)).collect();
    assert_eq!(begins, [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64]);
    assert_eq!([0, 1, 2, 3, 4, 5, 8, 10].map(|n| Step::of(n).number()), [0, 1, 2, 3, 4, 5, 8, 9]);
    assert_eq!(Step::of(u64::MAX).number(), 251);
}

#[test]
fn words_and_their_parts_are_recognised() {
    let check = |text: &str, expected: &[&str]| {
        let expected: BTreeSet<_> = expected.iter().map(|&word| word.to_owned()).collect();
        assert_eq!(words(&named("", text, "", "")), expected, "{text}");
    };
    check("ValueError: bad cart", &["valueerror", "value", "error", "bad", "cart"]);
    check("HTTPServer process_order _x", &["httpserver", "http", "server", "process_order", "process", "order"]);
    check("größeÄndern 日本語", &["größeändern", "größe", "ändern", "日本語"]);
    check("connection to the cart was lost", &["connection", "cart", "lost"]);
    check("user 17 at 10.0.0.1 took 5ms: 7f3a9b2c4d 0xdeadbeef order1234567", &["user", "took"]);
    check("Vec<int> of 5 in <module>", &["vec", "int", "module"]);
    check(&"x".repeat(41), &[]);
    check("utf8 i18n a", &["utf8", "i18n"]);
}

/// Each word is an item that is written for a new error.
#[test]
fn an_error_has_few_words_of_each_of_its_texts() {
    let many = |prefix: &str| (0..50u8).map(|n| format!("{prefix}{} ", char::from(b'a' + n % 26))).collect::<String>();
    let all = words(&named(&many("kind"), &many("message"), &many("culprit"), &many("frame")));
    assert_eq!(all.len(), 24);
    let of = |prefix: &str| all.iter().filter(|word| word.starts_with(prefix)).count();
    assert_eq!([of("kind"), of("culprit"), of("message"), of("frame")], [4, 5, 10, 5]);
    assert_eq!(words(&named("", "", "", &many("frame"))).len(), 24, "what the others leave");
}

#[test]
fn messages_that_differ_in_what_varies_have_the_same_words() {
    let of = |message: &str| words(&named("E", message, "", ""));
    assert_eq!(of("order 17 failed after 3.5s at 2026-11-02"), of("order 18 failed after 0.1s at 2026-11-03"));
}

#[test]
fn frames_are_the_application_s_own_from_where_it_was_raised() {
    let frame = |function: &str, file: &str, in_app: Option<bool>| Frame {
        function: Some(function.to_owned()),
        module: Some(format!("shop.{function}")),
        filename: Some(file.to_owned()),
        in_app,
        ..Frame::default()
    };
    let of = |all: Vec<Frame>| {
        let stacktrace = Some(Stacktrace { frames: all, ..Stacktrace::default() });
        frames(&Occurrence { exceptions: vec![Exception { stacktrace, ..Exception::default() }], ..occurrence(0) })
    };
    let (own, library) = (frame("pay", "/srv/cart.py", Some(true)), frame("send", "lib\\http.py", Some(false)));
    let unmarked = frame("main", "main.py", None);
    assert_eq!(of(vec![unmarked.clone(), own, library.clone()]).unwrap(), "pay shop.pay cart.py");
    assert_eq!(of(vec![unmarked, library.clone()]).unwrap(), "main shop.main main.py");
    assert_eq!(of(vec![library]).unwrap(), "send shop.send http.py");
    assert_eq!(of(Vec::new()), None);
    let long = of((0..9).map(|n| frame(&format!("{n}{}", "f".repeat(30)), "", None)).collect()).unwrap();
    assert!(long.len() <= 120 && long.starts_with('8'), "{long}");
}

fn postings(day: i64, batch: u32) -> Postings {
    Postings { now: at(day * DAY), batch: PostingBatch(batch) }
}

/// A storm of one error posts nothing.
#[test]
fn only_new_terms_are_posted() {
    let mut error = named("E", "cart is empty", "", "");
    let new = postings(0, 7).of(None, &mut error);
    assert_eq!(new.len(), terms(&error).len());
    let first = error.indexed.unwrap();
    assert_eq!((first.first_seen, first.count, first.users), (PostingBatch(7), PostingBatch(7), PostingBatch(7)));
    let mut step = |seconds: i64, day: i64, batch: u32| {
        let before = error.clone();
        observe(&mut error, &Occurrence { kind: "E".to_owned(), ..occurrence(seconds) }, "cart is empty");
        error.expires_at = at((day + 90) * DAY);
        let posted = postings(day, batch).of(Some(&before), &mut error);
        (posted.iter().map(|posting| posting.term).collect::<BTreeSet<_>>(), error.indexed.unwrap())
    };
    let of = |terms: &[Term]| terms.iter().map(Term::hash).collect::<BTreeSet<_>>();
    let count = Term::Count(Step::of(0));
    for (occurrence, batch) in (2..=8).zip(8..) {
        let (terms, indexed) = step(occurrence, 0, batch);
        assert_eq!(terms, of(std::slice::from_ref(&count)), "the {occurrence}th");
        assert_eq!(indexed, Indexed { count: PostingBatch(batch), ..first });
    }
    assert_eq!(step(9, 0, 99).0, of(&[]), "9 is on the step of 8");
    let (terms, indexed) = step(-DAY, 0, 20);
    assert_eq!(terms, of(&[Term::FirstSeen(0), count]));
    assert_eq!(indexed.first_seen, PostingBatch(20), "an older occurrence came");

    assert_eq!(step(10, 31, 30).0, of(&[]));
    let (terms, indexed) = step(11, 32, 31);
    assert_eq!(terms.len(), new.len(), "all terms, when a third of the retention and a day are over");
    assert_eq!(indexed.until, first.until + 32);
    assert_eq!(step(12, 63, 32).0, of(&[]));
}

/// An error can be found as long as it exists: its postings outlive it, even if the project's retention is extended.
#[test]
fn postings_outlive_the_error() {
    let mut error = named("E", "m", "", "");
    let mut expires = std::collections::BTreeMap::new();
    for (day, retention) in [(0, 30), (9, 30), (11, 30), (12, 90), (40, 90), (41, 7), (60, 7), (200, 7)] {
        let before = error.clone();
        error.expires_at = at((day + retention) * DAY + 100).max(error.expires_at);
        for posting in postings(day, 1).of(Some(&before), &mut error) {
            expires.insert(posting.term, posting.expires_at);
        }
        assert!(expires.values().all(|at| *at >= error.expires_at), "day {day}: {expires:?}");
    }
}

#[test]
fn an_error_without_postings_is_posted_completely() {
    let mut error = named("E", "m", "", "");
    let before = error.clone();
    assert_eq!(postings(0, 1).of(Some(&before), &mut error).len(), terms(&error).len());
}

#[test]
fn a_batch_writes_a_block_for_each_order_not_for_each_error() {
    let errors: Vec<_> = (0..300).map(|n| named("E", &format!("alike {n}"), "", "")).collect();
    let posted: Vec<_> = errors.into_iter().flat_map(|mut error| postings(0, 5).of(None, &mut error)).collect();
    let blocks = blocks(PostingBatch(5), &posted);
    // Two blocks for each of: first seen, count, users.
    assert_eq!(blocks.len(), 6);
    let in_all: usize = blocks.iter().map(|block| block.errors.len()).sum();
    assert_eq!(in_all, 3 * 300);
    let places: BTreeSet<_> = blocks.iter().map(|block| (block.term, block.order, block.chunk)).collect();
    assert_eq!(places.len(), 6);
}

fn filter(parameters: &[(&str, &str)]) -> Filter {
    let mut filter = Filter::default();
    for (name, value) in parameters {
        assert!(filter.set(name, value).unwrap(), "{name}");
    }
    filter
}

#[test]
fn an_error_must_match_all_parts_of_a_filter() {
    let mut error = named("ValueError", "cart 17 is Empty", "process_order", "pay shop.pay cart.py");
    let mut older = occurrence(50);
    older.environment = Some("test".to_owned());
    older.tags.insert("plan".to_owned(), "gold".to_owned());
    observe(&mut error, &older, "cart 17 is Empty");
    let mut newest = occurrence(100);
    (newest.kind, newest.culprit) = ("ValueError".to_owned(), Some("process_order".to_owned()));
    (newest.level, newest.platform) = (Level::Warning, "python".to_owned());
    (newest.environment, newest.release) = (Some("production".to_owned()), Some("shop@1.2".to_owned()));
    observe(&mut error, &newest, "cart 17 is Empty");
    error.status = Status::Resolved;
    error.assignee = Some("ann@shop.test".to_owned());
    error.first_release = Some("shop@1.0".to_owned());
    error.regression = Some(Regression { at: at(60), release: Some("shop@1.1".to_owned()), count: 1 });
    let check = |parameters: &[(&str, &str)], expected: bool| {
        assert_eq!(filter(parameters).matches(&error) == Has::Yes, expected, "{parameters:?}");
    };
    check(&[], true);
    for (name, right, wrong) in [
        ("status", "resolved", "muted"),
        ("level", "warning", "fatal"),
        ("level", "error", "fatal"),
        ("environment", "production", "Production"),
        ("environment", "test", "Test"),
        ("tag", "plan:gold", "plan:silver"),
        ("release", "shop@1.2", "shop@1"),
        ("platform", "python", "other"),
        ("assignee", "ann@shop.test", "ann"),
        ("firstRelease", "shop@1.0", "shop@1.1"),
        ("regressedIn", "shop@1.1", "shop@1.0"),
        ("tag", "environment:production", "environment:nowhere"),
        ("tag", "level:warning", "colour:red"),
        ("firstSeenFrom", "2026-11-02T00:00:00Z", "2026-11-02T00:00:01Z"),
        ("firstSeenTo", "2026-11-02T00:00:01Z", "2026-11-02T00:00:00Z"),
        ("lastSeenFrom", "2026-11-02T09:01:40 09:00", "2026-11-02T00:01:41Z"),
        ("lastSeenTo", "2026-11-02T00:01:41Z", "2026-11-02T00:01:40Z"),
        ("text", "VALUEERROR", "valueerro"),
        ("text", "value cart order", "value nothing"),
        ("text", "shop", "shoe"),
    ] {
        check(&[(name, right)], true);
        check(&[(name, wrong)], false);
        check(&[(name, right), ("status", "unresolved")], false);
    }
    check(&[("text", "17")], true);
    let merged = ErrorAggregate { merged_into: Some(error.fingerprint), ..error.clone() };
    assert_eq!(filter(&[]).matches(&merged), Has::No, "lists show the target instead");
    let mut part = filter(&[("text", "valueerro empty")]);
    part.loosen("valueerro");
    assert_eq!(part.matches(&error), Has::Yes, "a word under which nothing is posted is searched as a part");
    let mut other = filter(&[("text", "valuterro")]);
    other.loosen("valuterro");
    assert_eq!(other.matches(&error), Has::No);
}

/// A tag with a different value in each occurrence is posted as such, once.
#[test]
fn values_that_come_and_go_are_not_posted_forever() {
    let mut error = named("E", "m", "", "");
    let mut posted = Vec::new();
    for n in 0..100 {
        let before = error.clone();
        let mut newest = Occurrence { kind: "E".to_owned(), ..occurrence(n) };
        newest.tags.insert("request".to_owned(), format!("r{n}"));
        observe(&mut error, &newest, "m");
        posted.extend(postings(0, 1).of(Some(&before), &mut error).into_iter().map(|posting| posting.term));
    }
    let of_requests: Vec<_> = (0..100).map(|n| Term::tag("request", &format!("r{n}")).hash()).collect();
    assert_eq!(posted.iter().filter(|term| of_requests.contains(term)).count(), 8);
    let many = Term::ManyValues("request".to_owned()).hash();
    assert_eq!(posted.iter().filter(|term| **term == many).count(), 1);
    let newest = filter(&[("tag", "request:r99")]);
    assert_eq!(newest.matches(&error), Has::Yes);
    assert!(newest.terms()[0].or.iter().any(|term| term.hash() == many));
}

/// A reader of the terms' postings misses no matching error.
#[test]
fn an_error_that_matches_is_posted_under_a_term_of_each_set() {
    let mut error = named("ValueError", "cart is empty", "process_order", "pay");
    let mut newest = occurrence(100);
    (newest.environment, newest.release) = (Some("é".repeat(90)), Some("r".repeat(190)));
    newest.kind = "ValueError".to_owned();
    for zone in 0..12 {
        newest.tags.insert("zone".to_owned(), zone.to_string());
        observe(&mut error, &newest, "cart is empty");
    }
    newest.tags.extend((0..31).map(|n| (format!("name{n}"), "v".to_owned())));
    observe(&mut error, &newest, "cart is empty");
    let parameters = [
        ("level", "error"),
        ("platform", "other"),
        ("environment", &"é".repeat(90)),
        ("release", &"r".repeat(190)),
        ("text", "valueerror cart pay"),
        ("tag", "zone:8"),
        ("tag", "name30:v"),
        ("assignee", "ann"),
        ("regressedIn", "2.0"),
    ];
    error.assignee = Some("ann".to_owned());
    error.regression = Some(Regression { at: at(60), release: Some("2.0".to_owned()), count: 1 });
    let has: BTreeSet<_> = terms(&error).iter().map(Term::hash).collect();
    let filter = filter(&parameters);
    assert_eq!(filter.matches(&error), Has::Unknown, "it remembers 20 tags");
    for set in filter.terms() {
        assert!(std::iter::once(&set.term).chain(&set.or).any(|term| has.contains(&term.hash())), "{set:?}");
    }
}

/// Words beyond those that an error is posted under are found too.
#[test]
fn a_word_at_the_end_of_a_long_message_is_found() {
    let message: String = (0..40u8)
        .map(|n| format!("word{} ", char::from(b'a' + n % 26).to_string().repeat(1 + usize::from(n / 26))))
        .collect();
    let error = named("E", &format!("{message} mailto ann@shop.example lastly"), "", "");
    let has: BTreeSet<_> = terms(&error).iter().map(Term::hash).collect();
    for word in ["worda", "wordnn", "lastly", "shop"] {
        let filter = filter(&[("text", word)]);
        assert_eq!(filter.matches(&error), Has::Yes, "{word}");
        let terms = &filter.terms()[0];
        assert!(std::iter::once(&terms.term).chain(&terms.or).any(|term| has.contains(&term.hash())), "{word}");
    }
    let short = named("E", "cart is empty", "", "");
    assert!(!terms(&short).contains(&Term::ManyWords));
}

#[test]
fn a_filter_takes_as_much_as_it_says() {
    let long = "x".repeat(200);
    drop(filter(&[("platform", &long), ("text", "a b c d e f g h")]));
    drop(filter(&[("tag", "k:v"); 8]));
}

/// A batch is never 0, because 0 comes before all batches of an order.
#[test]
fn a_batch_is_never_0() {
    assert_eq!([0, 1 << 32, 7, u128::MAX].map(PostingBatch::of_random), [1, 1, 7, u32::MAX].map(PostingBatch));
}

/// A block is kept as long as any of its errors needs it.
#[test]
fn a_block_is_kept_as_long_as_its_errors() {
    let expiring = |day: i64| ErrorAggregate { expires_at: at(day * DAY), ..named("E", "m", "", "") };
    let posted = [30, 90, 60].map(|day| postings(0, 5).posting(&expiring(day), &Term::Count(Step::of(1))));
    let longest = posted[1].expires_at;
    let blocks = blocks(PostingBatch(5), &posted);
    assert_eq!((blocks.len(), blocks[0].expires_at, blocks[0].errors.len()), (1, longest, 3));
}

#[test]
fn a_bad_filter_is_named_with_the_way_out() {
    let check = |name: &str, value: &str, way_out: &str| {
        let error = Filter::default().set(name, value).unwrap_err();
        assert_eq!(error.name, name);
        assert!(error.to_string().contains(way_out), "{error}");
    };
    check("status", "open", "`unresolved`");
    check("level", "bad", "`warning`");
    check("tag", "colour", "`key:value`");
    check("tag", ":red", "`key:value`");
    check("firstSeenFrom", "yesterday", "RFC 3339");
    check("text", "...", "letters or digits");
    check("text", "a b c d e f g h i", "at most 8");
    check("platform", &"x".repeat(201), "at most 200");
    assert_eq!(Filter::default().set("colour", "red"), Ok(false));
    assert_eq!(Filter::default().set("text", ""), Ok(true));
    let mut many = Filter::default();
    let last = (0..9).map(|n| many.set("tag", &format!("k:{n}"))).last().unwrap();
    assert!(last.unwrap_err().to_string().contains("8"));
    assert!(!filter(&[("status", "muted"), ("lastSeenFrom", "2026-11-02T00:00:00Z")]).asks_errors());
    assert!(filter(&[("level", "error")]).asks_errors());
}

#[test]
fn each_order_has_a_word_and_a_value() {
    let mut error = named("E", "m", "", "");
    let posted = postings(0, 3).of(None, &mut error);
    for sort in Sort::ALL {
        assert_eq!(Sort::parse(sort.as_str()), Ok(sort));
        if let Some(term) = sort.term() {
            let posting = posted.iter().find(|posting| posting.term == term.hash()).unwrap();
            assert_eq!(posting.order, Some(sort.order(sort.value(&error))), "{sort}");
            assert!(sort.stands(&error, PostingBatch(3)) && !sort.stands(&error, PostingBatch(4)));
        }
    }
    error.indexed =
        Some(Indexed { until: 0, first_seen: PostingBatch(1), count: PostingBatch(2), users: PostingBatch(3) });
    for (sort, batch) in [(Sort::FirstSeen, 1), (Sort::Count, 2), (Sort::Users, 3)] {
        assert_eq!(
            [1, 2, 3].map(|other| sort.stands(&error, PostingBatch(other))),
            [1, 2, 3].map(|other| other == batch)
        );
    }
    error.indexed = None;
    let stands = Sort::ALL.map(|sort| sort.stands(&error, PostingBatch::default()));
    assert_eq!(stands, [true, false, false, false], "without postings it is listed by last seen");
    assert!(Sort::parse("newest").unwrap_err().to_string().contains("`firstSeen`"));
}
