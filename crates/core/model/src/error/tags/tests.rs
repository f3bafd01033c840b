use std::collections::HashMap;

use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;

fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Tags {
    let mut tags = Tags::default();
    for (name, value) in pairs {
        tags.add(&[(name.to_owned(), value.to_owned())]);
    }
    tags.fit();
    tags
}

#[track_caller]
fn check(tags: &Tags, expected: &str) {
    assert_eq!(serde_json::to_string(tags).unwrap(), expected);
    assert_eq!(&serde_json::from_str::<Tags>(expected).unwrap(), tags);
}

#[test]
fn a_few_values_are_counted_exactly() {
    let tags = of([("os", "Linux"), ("os", "Windows"), ("os", "Linux"), ("plan", "gold")]);
    check(&tags, r#"{"t":{"os":{"v":[["Linux",2],["Windows",1]]},"plan":{"v":[["gold",1]]}}}"#);
    let os = &tags.tags["os"];
    assert_eq!((os.total(), os.rest(), os.is_exact()), (3, 0, true));
    assert_eq!(os.values().iter().map(|value| value.text.as_str()).collect::<Vec<_>>(), ["Linux", "Windows"]);
}

#[test]
fn a_ninth_value_takes_the_place_of_the_rarest() {
    let values = ["a", "a", "a", "b", "b", "c", "c", "d", "d", "e", "e", "f", "f", "g", "g", "h", "i", "h"];
    let tags = of(values.map(|value| ("t", value)));
    let hash = &format!("{:x}", Sha256::digest("i"))[..10];
    let counts = r#"["a",3],["b",2],["c",2],["d",2],["e",2],["f",2],["g",2],["h",1,2]"#;
    check(&tags, &format!(r#"{{"t":{{"t":{{"r":2,"f":2,"v":[{counts}],"o":"{hash}"}}}}}}"#));
    let tag = &tags.tags["t"];
    assert_eq!((tag.rest(), tag.is_exact()), (2, false));
    let first = tag.values()[0];
    assert_eq!((first.text.as_str(), first.at_least, first.at_most), ("a", 3, 3));
    let second = tag.values()[1];
    assert_eq!((second.text.as_str(), second.at_least, second.at_most), ("h", 1, 3), "it was seen twice");
}

#[test]
fn tags_beyond_twenty_and_long_names_are_said_to_be_missing() {
    let names: Vec<_> = (0..20).map(|number| format!("t{number}")).collect();
    let mut tags = of(names.iter().map(|name| (name.as_str(), "v")));
    assert!(!tags.is_partial());
    tags.add(&[("t7".to_owned(), "v".to_owned())]);
    assert!(!tags.is_partial());
    tags.add(&[("t20".to_owned(), "v".to_owned())]);
    assert_eq!((tags.is_partial(), tags.iter().count(), tags.tags["t7"].total()), (true, 20, 2));
    check(&of([("n".repeat(33).as_str(), "v")]), r#"{"p":true}"#);
}

#[test]
fn the_longest_tags_lose_their_rarest_values_first() {
    let mut pairs = Vec::new();
    for number in 0..200 {
        pairs.push(("short".to_owned(), "v".to_owned()));
        for name in 0..19 {
            pairs.push((format!("{name}-long-{}", "\"".repeat(20)), format!("{number}{}", "\n".repeat(50))));
        }
    }
    let tags = of(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    assert!(tags.iter().all(|(_, tag)| !tag.values.is_empty()));
    assert!(tags.tags["short"].is_exact());
}

#[test]
fn values_with_the_same_beginning_stay_different() {
    let [a, b] = ["a", "b"].map(|end| format!("{}{end}", "é".repeat(40)));
    let tags = of([("url", &*short_value(&a))]);
    assert_eq!((tags.has("url", &a), tags.has("url", &b)), (Has::Yes, Has::No));
    let held = short_value(&a);
    assert!(
        held.len() <= crate::occurrence::MAX_VALUE && held.starts_with("éé") && short_value(&held) == held,
        "{held}"
    );
    assert_eq!(tags.has("url", &held), Has::Yes, "as pages show it");
    assert_eq!(short_value(&"x".repeat(60)), "x".repeat(60));
}

/// Whatever an error was seen with, in whatever order and combination, `has` is right or says that it does not know;
/// and it knows as much as it promises. This also holds for merged errors, and after errors are stored.
#[test]
fn what_an_error_was_seen_with_is_known_or_said_to_be_unknown() {
    for seed in 0..60 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let (mut both, mut seen) = (Vec::new(), std::collections::HashSet::new());
        let names: Vec<String> = (0..rng.usize(1..26)).map(|n| format!("tag{n}")).collect();
        let spread = [3, 9, 30, 56, 90, 260][rng.usize(..6)];
        for _ in 0..2 {
            let mut tags = Tags::default();
            for _ in 0..rng.usize(1..20) {
                for _ in 0..rng.usize(1..60) {
                    let mut tagged = vec![("level".to_owned(), "error".to_owned())];
                    tagged.push(("release".to_owned(), rng.usize(..spread).min(rng.usize(..spread)).to_string()));
                    if rng.bool() {
                        tagged.push(("environment".to_owned(), rng.usize(..8).to_string()));
                    }
                    for name in &names {
                        if rng.bool() {
                            continue;
                        }
                        let value = rng.usize(..spread).min(rng.usize(..spread));
                        tagged.push((name.clone(), "x".repeat(value % 3 * 40) + &value.to_string()));
                    }
                    let held = |(name, value): &(String, String)| (name.clone(), short_value(value).into_owned());
                    tags.add(&tagged.iter().map(held).collect::<Vec<_>>());
                    seen.extend(tagged);
                }
                tags.fit();
                tags = serde_json::from_str(&serde_json::to_string(&tags).unwrap()).unwrap();
            }
            both.push(tags);
        }
        let mut whole = both[0].clone();
        whole.join(&both[1]);
        let mut unknown = 0;
        for name in names.iter().map(String::as_str).chain(["level", "release", "environment", "other"]) {
            let known = seen.iter().filter(|(of, _)| of == name).count();
            for value in 0..300 {
                let value = match name.starts_with("tag") {
                    true => "x".repeat(value % 3 * 40) + &value.to_string(),
                    false => value.to_string(),
                };
                let is_seen = seen.contains(&(name.to_owned(), value.clone()));
                match whole.has(name, &value) {
                    Has::Unknown => unknown += 1,
                    has => assert_eq!(has == Has::Yes, is_seen, "seed {seed}: {name} {value}"),
                }
                let is_promised = match name {
                    "level" | "environment" => true,
                    "release" => known <= 200,
                    "other" => !whole.is_partial(),
                    _ => known <= 48 && !whole.is_partial(),
                };
                assert!(!is_promised || whole.has(name, &value) != Has::Unknown, "seed {seed}: {name} {value} {known}");
            }
        }
        assert!(serde_json::to_string(&whole).unwrap().len() < 12_000, "seed {seed}: {unknown}");
    }
}

/// Names and values. Some are frequent, and some are longer than others.
fn events() -> impl Strategy<Value = Vec<(String, String)>> {
    let value = prop_oneof![(0u8..4), (0u8..60)]
        .prop_map(|number| "x".repeat(usize::from(number % 7) * 8) + &number.to_string());
    prop::collection::vec(((0u8..25).prop_map(|number| format!("tag-{number}")), value), 0..800)
}

/// Checks the guarantees of every count.
fn holds(tags: &Tags, events: &[(String, String)]) -> Result<(), TestCaseError> {
    let mut real: HashMap<(&str, &str), u64> = HashMap::new();
    events.iter().for_each(|(name, value)| *real.entry((name, value)).or_default() += 1);
    for (name, tag) in tags.iter() {
        prop_assert!(tag.values.len() <= Tags::MAX_VALUES);
        for value in &tag.values {
            let real = real.remove(&(name, value.text.as_str())).unwrap_or_default();
            prop_assert!(value.at_least <= real && real <= value.at_most, "{name} {value:?} {real}");
            prop_assert!(!tag.is_exact() || value.at_least == value.at_most);
        }
        let missing = real.iter().filter(|((of, _), _)| *of == name).map(|(_, count)| *count);
        prop_assert!(missing.clone().all(|count| count <= tag.floor));
        prop_assert!(missing.sum::<u64>() <= tag.rest());
    }
    let stored = serde_json::to_string(tags).unwrap();
    let keys = r#""":{"r":,"f":,"v":[[],[],[],[],[],[],[],[]],"o":"","l":true},"#.len();
    prop_assert!(stored.len() <= MAX_BYTES + 50 + 20 * (48 * 10 + keys));
    prop_assert_eq!(&serde_json::from_str::<Tags>(&stored).unwrap(), tags);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// The bounds hold for values that are kept and for those that are not, over several commits and over a merge.
    #[test]
    fn every_count_is_within_its_bounds(events in events(), split in 0usize..800) {
        let (a, b) = events.split_at(split.min(events.len()));
        let mut tags = Tags::default();
        for commit in events.chunks(100) {
            commit.iter().for_each(|pair| tags.add(std::slice::from_ref(pair)));
            tags.fit();
        }
        let is_whole = |name: &str| tags.iter().any(|(held, _)| held == name);
        let of_held: Vec<_> = events.iter().filter(|(name, _)| is_whole(name)).cloned().collect();
        holds(&tags, &of_held)?;

        // A tag that only one of the two keeps is counted only there.
        let only = |part: &[(String, String)]| of(part.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let (mut first, second) = (only(a), only(b));
        let in_both: Vec<_> = events.iter()
            .filter(|(name, _)| [&first, &second].iter().all(|tags| tags.tags.contains_key(name)))
            .cloned().collect();
        first.join(&second);
        first.tags.retain(|name, _| in_both.iter().any(|(held, _)| held == name));
        first.is_partial = false;
        holds(&first, &in_both)?;
    }
}
