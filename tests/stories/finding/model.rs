//! Paging through a filtered list finds exactly what a scan of all errors finds.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use faultline_tests::{ADMIN, Faultline, encoded};
use http::Method;
use model::error::{ErrorAggregate, Has, Status};
use model::id::{Fingerprint, ProjectId};
use search::{Filter, Sort, Term, terms};
use serde_json::{Value, json};
use server::system::Resources;
use store::ports::Errors;

use super::event;

/// So many that no list of a term that all errors have is read completely.
const ERRORS: usize = 500;
const EVENTS: usize = 1_100;
/// Errors with so many occurrences that they do not remember all values of the tag `request`.
const HOT: usize = 4;
/// Maximum number of values of a tag that an error certainly remembers.
const REMEMBERED: usize = 48;
const QUESTIONS: usize = 60;

const WORDS: [&str; 8] = ["cart", "checkout", "paymentFailed", "user_name", "timeout", "database", "lock", "empty"];
const ENVIRONMENTS: [&str; 11] = ["production", "staging", "test", "a", "b", "c", "d", "e", "f", "g", "nowhere"];
const RELEASES: [&str; 14] = [
    "shop@1.0", "shop@1.1", "shop@1.2", "shop@2.0", "site@1", "site@2", "r7", "r8", "r9", "r10", "r11", "r12", "r13",
    "none",
];
const LEVELS: [&str; 4] = ["fatal", "error", "warning", "info"];
const PLATFORMS: [&str; 3] = ["python", "javascript", "go"];

fn one<'a>(rng: &mut Rng, of: &[&'a str]) -> &'a str {
    of[rng.usize(..of.len())]
}

/// Returns one of these: the first most often, the last never.
fn skewed<'a>(rng: &mut Rng, of: &[&'a str]) -> &'a str {
    of[rng.usize(..of.len() - 1).min(rng.usize(..of.len() - 1))]
}

/// The names and values of tags in the events of each error, by the error's number.
type Had = BTreeMap<usize, BTreeSet<(String, String)>>;

/// Creates a project's history over two days: few errors occur often, most of them once or twice.
async fn history(rng: &mut Rng) -> (Faultline, Had) {
    let mut had = Had::new();
    let faultline = Faultline::new().await;
    faultline.clock.advance(3 * 86_400);
    for n in 0..EVENTS {
        // Each error has a first occurrence; then some have more.
        let error = match n {
            0..ERRORS => n,
            _ if rng.bool() => rng.usize(..HOT),
            _ => rng.usize(..ERRORS).min(rng.usize(..ERRORS)),
        };
        let mut fixed = Rng::with_seed(error as u64);
        let (word, other) = (one(&mut fixed, &WORDS), one(&mut fixed, &WORDS));
        let body = json!({
            "fingerprint": [format!("error {error}")],
            "message": format!("{word} {other} no. {error}"),
            "level": one(rng, &LEVELS),
            "platform": one(&mut fixed, &PLATFORMS),
            "environment": skewed(rng, &ENVIRONMENTS),
            "release": skewed(rng, &RELEASES),
            "timestamp": 1_793_577_600 + rng.i64(0..2 * 86_400),
            "user": { "id": rng.u8(..).to_string() },
            "tags": { "plan": one(rng, &["gold", "silver"]), "request": n.to_string() },
        });
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let tags = ["plan", "request"].map(|name| (name.to_owned(), text(&body["tags"][name])));
        let facts = ["level", "environment", "release"].map(|name| (name.to_owned(), text(&body[name])));
        had.entry(error).or_default().extend(tags.into_iter().chain(facts));
        event(&faultline, body).await;
        if n % 150 == 149 {
            assert_eq!(faultline.process().await, 0);
        }
    }
    assert_eq!(faultline.process().await, 0);
    (faultline, had)
}

async fn everything(faultline: &Faultline, project: ProjectId) -> Vec<ErrorAggregate> {
    let table = Resources::make(faultline.stack.engines()).await.unwrap().table;
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = table.page(project, &Status::ALL, after.as_ref(), 100).await.unwrap();
        all.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

fn question(rng: &mut Rng) -> Vec<(&'static str, String)> {
    const TEXTS: [&str; 9] = ["cart", "payment", "checkou", "user_name", "NAME lock", "empty cart", "17", "zzz", "no"];
    let moment = |rng: &mut Rng| {
        let seconds = 1_793_577_600 + rng.i64(-3_600..2 * 86_400);
        model::time::Timestamp::from_seconds(seconds).to_string()
    };
    let mut filters = Vec::new();
    for _ in 0..rng.usize(..4) {
        filters.push(match rng.u8(..11) {
            0 => ("status", one(rng, &["unresolved", "resolved", "muted"]).to_owned()),
            1 => ("level", one(rng, &LEVELS).to_owned()),
            2 => ("environment", one(rng, &ENVIRONMENTS).to_owned()),
            3 => ("release", one(rng, &RELEASES).to_owned()),
            4 => ("platform", one(rng, &PLATFORMS).to_owned()),
            5 => ("tag", format!("plan:{}", one(rng, &["gold", "silver", "none"]))),
            6 => ("tag", format!("request:{}", rng.usize(..EVENTS))),
            7 => ("firstRelease", one(rng, &RELEASES).to_owned()),
            8 => (one(rng, &["firstSeenFrom", "firstSeenTo"]), moment(rng)),
            9 => (one(rng, &["lastSeenFrom", "lastSeenTo"]), moment(rng)),
            _ => ("text", one(rng, &TEXTS).to_owned()),
        });
    }
    filters
}

/// Scans every error and the tags of all its events.
fn naive<'a>(all: &'a [ErrorAggregate], had: &Had, filters: &[(&str, String)]) -> Vec<&'a ErrorAggregate> {
    let (mut filter, mut wanted) = (Filter::default(), Vec::new());
    for (name, value) in filters {
        match *name {
            "level" | "environment" | "release" => wanted.push(((*name).to_owned(), value.clone())),
            "tag" => wanted.extend(value.split_once(':').map(|(name, value)| (name.to_owned(), value.to_owned()))),
            name => assert!(filter.set(name, value).unwrap()),
        }
    }
    let posted: BTreeSet<Term> = all.iter().flat_map(terms).collect();
    for terms in filter.terms() {
        if let Term::Word(word) = &terms.term
            && !posted.contains(&terms.term)
        {
            filter.loosen(word);
        }
    }
    let has_all = |error: &ErrorAggregate| wanted.iter().all(|tag| had[&number_of(error)].contains(tag));
    all.iter().filter(|error| filter.matches(error) == Has::Yes && has_all(error)).collect()
}

/// Returns the number at the end of an error's message.
fn number_of(error: &ErrorAggregate) -> usize {
    error.message.rsplit(' ').next().unwrap().parse().unwrap()
}

/// For random filters and every order: each matching error is on exactly one page, and no other error is on any. Pages
/// are ordered by slots and steps, and each page is sorted exactly. None reads more than 400 errors.
#[tokio::test(flavor = "multi_thread")]
async fn paging_finds_what_a_scan_of_all_errors_finds() {
    let seed = std::env::var("FAULTLINE_SEED").ok().map_or(7, |seed| seed.parse().unwrap());
    let mut rng = Rng::with_seed(seed);
    let (faultline, had) = history(&mut rng).await;
    let project = faultline.stack.access().1.unwrap().id;
    for error in everything(&faultline, project).await.iter().step_by(7) {
        let path = format!("/projects/sample/errors/{}", error.fingerprint);
        faultline.call(Method::PATCH, &path, ADMIN, r#"{"status":"resolved"}"#).await;
    }
    let all = everything(&faultline, project).await;
    assert_eq!(all.len(), ERRORS);
    let by_fingerprint: BTreeMap<String, &ErrorAggregate> =
        all.iter().map(|error| (error.fingerprint.to_string(), error)).collect();

    let (mut matched, mut walked, mut unsure) = (0, 0, 0);
    for number in 0..QUESTIONS {
        let filters = if number < 4 { Vec::new() } else { question(&mut rng) };
        let sort = Sort::ALL[number % 4];
        let limit = [25, 60, 100][rng.usize(..3)];
        let parameters: String = filters.iter().map(|(name, value)| format!("&{name}={}", encoded(value))).collect();
        let path = format!("/projects/sample/errors?sort={sort}&limit={limit}{parameters}");
        let when = format!("seed {seed}: {path}");
        let (mut found, mut lowest, mut cursor): (Vec<Fingerprint>, u32, String) =
            (Vec::new(), u32::MAX, String::new());
        let mut uncertain: Vec<&ErrorAggregate> = Vec::new();
        loop {
            let page = faultline.get(&format!("{path}{cursor}")).await;
            assert!(page["examined"].as_u64().unwrap() <= 400, "{when}");
            uncertain.extend(page["uncertain"].as_array().unwrap().iter().map(|error| by_fingerprint[&print(error)]));
            let errors: Vec<_> = page["errors"].as_array().unwrap().iter().map(print).collect();
            let errors: Vec<_> = errors.iter().map(|print| by_fingerprint[print]).collect();
            let values: Vec<_> = errors.iter().map(|error| sort.value(error)).collect();
            assert!(errors.len() <= limit && values.is_sorted_by(|a, b| a >= b), "{when}: {values:?}");
            if let (Some(highest), Some(last)) = (values.first(), values.last()) {
                assert!(sort.order(*highest) <= lowest, "{when}");
                lowest = sort.order(*last);
            }
            found.extend(errors.iter().map(|error| error.fingerprint));
            match page["nextCursor"].as_str() {
                Some(next) => {
                    let position: Value = http_common::cursor::decode(next).unwrap();
                    let is_of_a_walk = !position["place"].is_null();
                    walked += usize::from(is_of_a_walk);
                    // Errors that are in no short list follow after the short lists, in the same order.
                    lowest = if position["rest"] == true && !is_of_a_walk { u32::MAX } else { lowest };
                    cursor = format!("&cursor={next}");
                }
                None => break,
            }
        }
        let mut expected = naive(&all, &had, &filters);
        let requests =
            |error: &&ErrorAggregate| had[&number_of(error)].iter().filter(|(name, _)| name == "request").count();
        assert!(
            uncertain.iter().all(|error| requests(error) > REMEMBERED),
            "{when}: these errors remember all their values"
        );
        expected.retain(|error| !uncertain.contains(error));
        unsure += uncertain.len();
        let prints: BTreeSet<_> = found.iter().copied().collect();
        assert_eq!(prints.len(), found.len(), "{when}: an error is on two pages");
        assert_eq!(prints, expected.iter().map(|error| error.fingerprint).collect(), "{when}");
        matched += expected.len();
    }
    let counts = format!("{matched}, {walked}, {unsure}");
    assert!(matched > 5 * ERRORS && walked > QUESTIONS / 2 && unsure > 0, "the queries find too few errors: {counts}");
}

fn print(error: &Value) -> String {
    error["fingerprint"].as_str().unwrap().to_owned()
}
