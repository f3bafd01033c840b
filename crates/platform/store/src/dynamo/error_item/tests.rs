use model::error::{Posted, Regression, Sighting};
use model::id::{ConfigId, EventId, OccurrenceId};
use model::occurrence::{Occurrence, Source};
use model::project::TimeUnit;

use super::*;
use crate::error::Kind;

/// An error of which every field is set that may be set together.
fn whole() -> ErrorAggregate {
    let at = Timestamp::from_seconds(1_793_577_720);
    let (project, uid) = (ProjectId::new(2).unwrap(), ErrorUid::new(at, 7));
    let mut occurrence = Occurrence::new(EventId::from_bytes([0; 16]), Source::V1, at, at);
    occurrence.culprit = Some("cart.total".to_owned());
    occurrence.environment = Some("production".to_owned());
    occurrence.release = Some("shop@1.2.3".to_owned());
    occurrence.user.insert("id".to_owned(), "7".into());
    let mut error = ErrorAggregate::new(project, Fingerprint::of("m", []), uid, at);
    drop(error.observe(TimeUnit::Minute, [&Sighting::of(&occurrence, "m")]));
    error.merged = Some(MergeRecord {
        merged_errors: vec![MergedError { fingerprint: Fingerprint::of("other", []), uid, along_with: None }],
        own: Box::new(error.clone()),
        kept_until: at,
    });
    error.status = Status::Muted;
    error.mute = Some(Mute { until: Some(at), until_count: Some(40) });
    error.assignee = Some("Ada".to_owned());
    error.frames = Some("shop.cart".to_owned());
    error.regression = Some(Regression { at, release: None, count: 1 });
    let occurrence = OccurrenceId::parse("9007197776696131-01KGZ3M5V00000000000000007-0").unwrap();
    error.posted = Some(Posted { configs: ConfigId::parse("00000000000000000000000000c0ffee").unwrap(), occurrence });
    error.indexed = Some(model::error::Indexed { until: 20_759, ..Default::default() });
    error.unmuted_at = Some(at);
    error.merged_into = Some(Fingerprint::of("third", []));
    error.links.insert("d1".to_owned(), Link { number: 7, url: "https://issues.example/a b/7".to_owned() });
    error.expires_at = Timestamp::from_seconds(1_801_353_720);
    error
}

fn item(error: &ErrorAggregate) -> Attributes {
    let mut item = error_key(error.project, &error.fingerprint);
    let all = attributes(error, error.last_seen).into_iter();
    item.extend(all.filter_map(|(name, value)| Some((name.to_owned(), value?))));
    item.extend(error.links.iter().map(|(destination, link)| link_attribute(destination, link)));
    item
}

#[test]
fn an_error_is_read_back() {
    let muted = whole();
    let resolution = Some(Resolution { after: "shop@1.2.3".to_owned() });
    let resolved = ErrorAggregate { status: Status::Resolved, mute: None, resolution, ..whole() };
    for error in [muted, resolved] {
        let mut read = decode("testing", &item(&error)).unwrap();
        // A write increments the versions.
        read.version -= 1;
        read.merged.as_mut().unwrap().own.version -= 1;
        assert_eq!(read, error);
    }
}

#[test]
fn an_attribute_of_the_wrong_type_is_corrupt() {
    let mut whole = item(&whole());
    whole.insert(RESOLVED_AFTER.to_owned(), text("shop@1.2.3"));
    assert!(decode("testing", &whole).is_ok());
    for name in whole.keys() {
        let mut damaged = whole.clone();
        damaged.insert(name.clone(), AttributeValue::Bool(true));
        let refused = decode("testing", &damaged).unwrap_err();
        assert!(
            refused.kind() == Kind::Corrupt && refused.to_string().contains(&format!("`{name}`")),
            "{name}: {refused}"
        );
    }
}

#[test]
fn a_missing_attribute_is_corrupt_unless_an_error_may_lack_it() {
    let whole = item(&whole());
    let is_missed = |name: &&String| {
        let mut damaged = whole.clone();
        damaged.remove(*name);
        decode("testing", &damaged)
            .is_err_and(|refused| refused.kind() == Kind::Corrupt && refused.to_string().contains(&**name))
    };
    let mut lacked: Vec<_> = whole.keys().filter(|name| !is_missed(name)).map(String::as_str).collect();
    lacked.sort_unstable();
    let optional = [
        ASSIGNEE,
        "culprit",
        "environment",
        "firstRelease",
        "lastRelease",
        "link:d1",
        MERGED_INTO,
        MUTED_UNTIL,
        MUTED_UNTIL_COUNT,
        OWN,
        "unmutedAt",
    ];
    assert_eq!(lacked, optional);
}

#[test]
fn damaged_figures_are_corrupt() {
    let mut damaged = item(&whole());
    for figures in [vec![], vec![2], vec![1], b"\x01text".to_vec()] {
        damaged.insert(FIGURES.to_owned(), bytes(figures));
        let refused = decode("testing", &damaged).unwrap_err();
        assert!(refused.kind() == Kind::Corrupt && refused.to_string().contains("`figures`"), "{refused}");
    }
}
