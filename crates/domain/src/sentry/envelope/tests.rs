use proptest::prelude::*;

use super::*;

/// The items as `type:payload`, then the indexes of the refused ones as `!index`.
#[track_caller]
fn check(body: &[u8], expected: &[&str]) {
    let envelope = Envelope::parse(body).unwrap();
    let items = envelope
        .items
        .iter()
        .map(|item| format!("{}:{}", item.kind.name(), String::from_utf8_lossy(item.payload).escape_debug()));
    let refused = envelope.refused.iter().map(|refusal| {
        assert_eq!((refusal.reason, refusal.path[0].as_str()), (Reason::ItemInvalid, "items"));
        format!("!{}", refusal.path[1])
    });
    assert_eq!(items.chain(refused).collect::<Vec<_>>(), expected, "{}", String::from_utf8_lossy(body));
}

#[test]
fn items_are_framed_by_length_or_by_line() {
    check(b"{}", &[]);
    check(b"{}\n", &[]);
    check(b"{}\n\n\n", &[]);
    check(b"{}\n{\"type\":\"event\"}\n{\"a\":1}", &["event:{\\\"a\\\":1}"]);
    check(b"{}\n{\"type\":\"event\"}\n{\"a\":1}\n", &["event:{\\\"a\\\":1}"]);
    check(
        b"{}\n{\"type\":\"attachment\",\"length\":5}\na\nb\nc\n{\"type\":\"session\"}\n{}",
        &["attachment:a\\nb\\nc", "session:{}"],
    );
    check(b"{}\n{\"type\":\"attachment\",\"length\":0}\n\n{\"type\":\"event\"}\n{}\n", &["attachment:", "event:{}"]);
    check(b"{}\n{\"type\":\"attachment\",\"length\":0}\n{\"type\":\"event\"}\n{}\n", &["event:{}", "!0"]);
    check(b"{}\n{\"type\":\"event\"}\n{}\n\r\n  \n", &["event:{}"]);
    check(b"{}\n{\"type\":\"event\"}", &["event:"]);
    check(b"{}\n{\"type\":\"attachment\"}\nhello\r\n", &["attachment:hello\\r"]);
    check(b"{}\n{\"type\":\"brand_new\",\"x\":[1]}\n?\n{\"type\":\"event\"}\n{}", &["brand_new:?", "event:{}"]);
    check(b"{}\n{\"type\":\"event\",\"length\":null}\n{}\n", &["event:{}"]);
    check(b"{}\n{\"type\":\"event\",\"length\":\"2\"}\n{}\n", &["event:{}"]);
}

#[test]
fn the_header_is_read_loosely() {
    let body = br#"{"event_id":"FC6D8C0C-43FC-4630-AD85-0EE518F1B9D0","sent_at":"2026-11-20T23:16:41.722Z","dsn":"https://k@h/1",
        "trace":{"sample_rate":1.0,"sampled":"true"},"sdk":{"name":"sentry.php"},"x":1}"#;
    let body = String::from_utf8_lossy(body).replace('\n', "");
    let header = Envelope::parse(body.as_bytes()).unwrap().header;
    assert_eq!(header.event_id.unwrap().to_string(), "fc6d8c0c43fc4630ad850ee518f1b9d0");
    assert_eq!(header.sent_at.unwrap().to_string(), "2026-11-20T23:16:41.722+00:00");
    assert_eq!((header.dsn.as_deref(), header.other["x"].as_u64()), (Some("https://k@h/1"), Some(1)));
    assert_eq!((header.trace["sample_rate"].as_f64(), header.sdk["name"].as_str()), (Some(1.0), Some("sentry.php")));

    let odd = Envelope::parse(br#"{"event_id":7,"sent_at":null,"dsn":[],"trace":"x","sdk":null}"#).unwrap().header;
    assert_eq!(odd, Header::default());
    assert_eq!(Envelope::parse(b"").unwrap_err().reason, Reason::BodyNotJson);
    assert_eq!(Envelope::parse(b"nope\n{}").unwrap_err().reason, Reason::BodyNotJson);
    assert_eq!(Envelope::parse(b"[]\n{}").unwrap_err().reason, Reason::BodyInvalid);
}

/// One bad item must not lose the others.
#[test]
fn a_framing_fault_costs_only_its_item() {
    let event = "{\"type\":\"event\"}\n{\"message\":\"m\",\"type\":\"error\",\"event_id\":\"x\"}\n";
    for bad in [
        "not json\n",
        "{\"length\":4}\nabcd\n",
        "{\"type\":7}\nabcd\n",
        "{\"type\":\"attachment\",\"length\":3}\nabcd\n",
        "{\"type\":\"attachment\",\"length\":99999}\nabcd\n",
        "{\"type\":\"attachment\",\"length\":99999}\nabcd\nefgh\n{}\n{\"type\":\"custom\"}\n",
        "{\"type\":\"event\",\"length\":7}\n{\"type\":\"event\",\"timestamp\":1}\n",
        "[]\n",
        "\u{0}\n",
    ] {
        let body = format!("{{}}\n{event}{bad}{event}");
        let envelope = Envelope::parse(body.as_bytes()).unwrap();
        assert_eq!(envelope.items.len(), 2, "{body}");
        assert!(envelope.items.iter().all(|item| item.kind == ItemKind::Event && item.payload.len() > 30), "{body}");
        assert_eq!(envelope.refused.len(), 1, "{body}");
        assert_eq!(envelope.refused[0].path, ["items", "1"], "{body}");
    }
}

#[test]
fn no_more_items_are_kept_than_the_limit() {
    let body = format!("{{}}\n{}", "{\"type\":\"x\"}\n\n".repeat(MAX_ITEMS + 500));
    let envelope = Envelope::parse(body.as_bytes()).unwrap();
    assert_eq!((envelope.items.len(), envelope.refused.len()), (MAX_ITEMS, 1));
}

/// A line that is no item header.
fn junk() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>().prop_filter("one line", |&byte| byte != b'\n'), 1..40),
        Just(b"{\"type\":\"attachment\",\"length\":1000000}".to_vec()),
        Just(b"{\"length\":0}".to_vec()),
        Just(b"{\"type\":null}".to_vec()),
    ]
    .prop_filter("no empty line", |line| line.iter().any(|&byte| byte != b'\n'))
}

proptest! {
    #[test]
    fn whatever_comes_it_does_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Envelope::parse(&bytes);
        let body = [b"{}\n", bytes.as_slice()].concat();
        let envelope = Envelope::parse(&body).unwrap();
        let kept: usize = envelope.items.iter().map(|item| item.payload.len()).sum();
        prop_assert!(kept <= body.len());
    }

    #[test]
    fn whole_items_come_out_as_they_went_in(payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..8)) {
        let mut body = b"{}\n".to_vec();
        for payload in &payloads {
            body.extend_from_slice(format!("{{\"type\":\"attachment\",\"length\":{}}}\n", payload.len()).as_bytes());
            body.extend_from_slice(payload);
            body.push(b'\n');
        }
        let envelope = Envelope::parse(&body).unwrap();
        prop_assert_eq!(envelope.items.iter().map(|item| item.payload.to_vec()).collect::<Vec<_>>(), payloads);
        prop_assert!(envelope.refused.is_empty());
    }

    /// Whatever fault an item has, those after it are found.
    #[test]
    fn a_fault_leaves_the_others(junk in junk()) {
        let event = b"{\"type\":\"event\",\"length\":13}\n{\"message\":1}\n";
        let body = [b"{}\n".as_slice(), event, &junk, b"\n", event].concat();
        let envelope = Envelope::parse(&body).unwrap();
        let events = envelope.items.iter().filter(|item| item.payload == b"{\"message\":1}").count();
        prop_assert_eq!(events, 2);
    }
}
