use proptest::prelude::*;

use super::*;
use model::occurrence::{Attachment, AttachmentLoss};
use model::outcome::Reason;

/// Checks the items, as `type:payload`, or `type#size` if they are not occurrences, then the refused indexes as `!index`.
#[track_caller]
fn check(body: &[u8], expected: &[&str]) {
    let envelope = Envelope::parse(body).unwrap();
    let items = envelope.items.iter().map(|item| match item.kind.is_occurrence() {
        true => format!("{}:{}", item.kind.name(), String::from_utf8_lossy(&item.payload).escape_debug()),
        false => format!("{}#{}", item.kind.name(), item.size),
    });
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
        &["attachment#5", "session#2"],
    );
    check(b"{}\n{\"type\":\"attachment\",\"length\":0}\n\n{\"type\":\"event\"}\n{}\n", &["attachment#0", "event:{}"]);
    check(b"{}\n{\"type\":\"attachment\",\"length\":0}\n{\"type\":\"event\"}\n{}\n", &["event:{}", "!0"]);
    check(b"{}\n{\"type\":\"event\"}\n{}\n\r\n  \n", &["event:{}"]);
    check(b"{}\n{\"type\":\"event\"}", &["!0"]);
    check(b"{}\n{\"type\":\"attachment\"}\nhello\r\n", &["attachment#6"]);
    check(b"{}\n{\"type\":\"brand_new\",\"x\":[1]}\n?\n{\"type\":\"event\"}\n{}", &["brand_new#1", "event:{}"]);
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
    assert_eq!(header.dsn.as_deref(), Some("https://k@h/1"));

    let odd = Envelope::parse(br#"{"event_id":7,"sent_at":null,"dsn":[],"trace":"x","sdk":null}"#).unwrap().header;
    assert_eq!(odd, Header::default());
    assert_eq!(Envelope::parse(b"").unwrap_err().reason, Reason::BodyNotJson);
    assert_eq!(Envelope::parse(b"nope\n{}").unwrap_err().reason, Reason::BodyNotJson);
    assert_eq!(Envelope::parse(b"[]\n{}").unwrap_err().reason, Reason::BodyInvalid);
}

/// One faulty item must not lose the others.
#[test]
fn a_framing_error_affects_only_its_item() {
    let event = "{\"type\":\"event\"}\n{\"message\":\"m\",\"type\":\"error\",\"event_id\":\"x\"}\n";
    for bad in [
        "not json\n",
        "{\"length\":4}\nabcd\n",
        "{\"type\":7}\nabcd\n",
        "{\"type\":\"attachment\",\"length\":3}\nabcd\n",
        "{\"type\":\"attachment\",\"length\":99999}\nabcd\n",
        "{\"type\":\"attachment\",\"length\":99999}\nabcd\nefgh\n{}\n{\"type\":\"custom\"}\n",
        "{\"type\":\"event\",\"length\":7}\n{\"type\":\"event\",\"timestamp\":1\n",
        "[]\n",
        "\u{1}\n",
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

/// An event is accepted if its JSON is complete, even if its length is wrong.
#[test]
fn an_event_whose_json_is_complete_is_taken() {
    let event = "{\"message\":\"caf\u{e9} \u{20ac}\"}";
    let expected = [format!("event:{}", event.escape_debug())];
    let expected: Vec<_> = expected.iter().map(String::as_str).collect();
    let characters = event.chars().count();
    for length in
        [0, 1, 5, characters, event.len() - 1, event.len(), event.len() + 1, event.len() + 2, 3_239, 99_999_999]
    {
        for end in ["", "\n", "\r\n", "\n\n\n", "\n\0"] {
            for line in ["\n", "\r\n"] {
                let body = format!("{{}}{line}{{\"type\":\"event\",\"length\":{length}}}{line}{event}{end}");
                check(body.as_bytes(), &expected);
                let text = body.replace(&format!(":{length}}}"), &format!(":\"{length}\"}}"));
                check(text.as_bytes(), &expected);
            }
        }
        // The items after it are found, too.
        let body =
            format!("{{}}\n{{\"type\":\"event\",\"length\":{length}}}\n{event}\n{{\"type\":\"session\"}}\n{{}}\n");
        check(body.as_bytes(), &[expected[0], "session#2"]);
    }
    for length in ["-1", "1.5", "null", "[]", "true", "\"many\"", "1e99"] {
        let body = format!("{{}}\n{{\"type\":\"event\",\"length\":{length}}}\n{event}");
        check(body.as_bytes(), &expected);
    }
}

#[test]
fn an_event_may_have_line_ends_in_it() {
    let pretty = "{\n  \"message\": \"a\",\n  \"extra\": {\n    \"b\": 1\n  }\n}";
    let raw = "{\"message\":\"a\nb\"}";
    for event in [pretty, raw, &pretty.replace('\n', "\r\n")] {
        for head in ["{\"type\":\"event\"}", &format!("{{\"type\":\"event\",\"length\":{}}}", event.len())] {
            let body = format!("{{}}\n{head}\n{event}\n{{\"type\":\"session\"}}\n{{}}\n");
            check(body.as_bytes(), &[&format!("event:{}", event.escape_debug()), "session#2"]);
        }
    }
    let unclosed = "{}\n{\"type\":\"event\"}\n{\"a\":1\n{\"type\":\"event\"}\n{}\n";
    check(unclosed.as_bytes(), &["event:{}", "!0"]);
}

#[test]
fn several_events_are_items_of_their_own() {
    let body = b"{}\n{\"type\":\"event\"}\n{\"a\":1}\n{\"type\":\"event\"}\n{\"type\":\"transaction\"}\n{\"type\":\"event\"}\n{\"b\":2}";
    check(body, &["event:{\\\"a\\\":1}", "transaction#22", "event:{\\\"b\\\":2}"]);
    let many = format!("{{}}\n{}", "{\"type\":\"event\"}\n{}\n".repeat(MAX_EVENTS + 3));
    let envelope = Envelope::parse(many.as_bytes()).unwrap();
    assert_eq!((envelope.items.len(), envelope.refused.len()), (MAX_EVENTS, 3));
}

/// Items that are not stored are skipped, whatever their size and position, and however the envelope is split into
/// pieces.
#[test]
fn items_that_are_not_stored_are_not_held() {
    let large = vec![b'x'; 5 << 20];
    let replay = |head: &str| [head.as_bytes(), b"\n", &large, b"\n"].concat();
    let event = b"{\"type\":\"event\"}\n{\"a\":1}\n".as_slice();
    let with_length = replay(&format!("{{\"type\":\"replay_video\",\"length\":{}}}", large.len()));
    for item in [replay("{\"type\":\"replay_video\"}"), with_length] {
        let body = [b"{}\n", event, &item, event, &item].concat();
        for size in [1_000, 65_536, body.len()] {
            let mut reader = Reader::new(MAX_HEADER);
            for piece in body.chunks(size) {
                reader.push(piece).unwrap();
                assert!(size == body.len() || reader.held.capacity() < 2 << 20, "{}", reader.held.capacity());
            }
            let envelope = reader.end().unwrap();
            let found: Vec<_> = envelope.items.iter().map(|item| (item.kind.name(), item.size)).collect();
            let (event, replay) = (("event", 7), ("replay_video", 5 << 20));
            assert_eq!(found, [event, replay, event, replay], "in pieces of {size}");
            assert_eq!(envelope.refused, []);
        }
    }
}

#[test]
fn an_item_that_is_too_large_affects_no_other() {
    let event = format!("{{\"a\":\"{}\"}}", "x".repeat(3 << 20));
    for head in ["{\"type\":\"event\"}".to_owned(), format!("{{\"type\":\"event\",\"length\":{}}}", event.len())] {
        let body = format!("{{}}\n{head}\n{event}\n{{\"type\":\"event\"}}\n{{}}\n");
        let envelope = Envelope::parse(body.as_bytes()).unwrap();
        assert_eq!((envelope.items.len(), envelope.refused.len()), (1, 1), "{head}");
        assert_eq!(envelope.refused[0].reason, Reason::ItemTooLarge);
    }
    let long = "x".repeat(MAX_ITEM_HEADER);
    check(format!("{{}}\n{{\"type\":\"{long}\"}}\nx\n{{\"type\":\"event\"}}\n{{}}").as_bytes(), &["event:{}", "!0"]);
    let first = format!("{{\"dsn\":\"{}\"}}\n", "x".repeat(MAX_HEADER));
    assert_eq!(Envelope::parse(first.as_bytes()).unwrap_err().reason, Reason::BodyInvalid);
}

/// A line that is not an item header.
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
    fn arbitrary_input_does_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Envelope::parse(&bytes);
        let body = [b"{}\n", bytes.as_slice()].concat();
        let envelope = Envelope::parse(&body).unwrap();
        let kept: u64 = envelope.items.iter().map(|item| item.size).sum();
        prop_assert!(kept <= body.len() as u64);
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
        let sizes: Vec<_> = payloads.iter().map(|payload| payload.len() as u64).collect();
        prop_assert_eq!(envelope.items.iter().map(|item| item.size).collect::<Vec<_>>(), sizes);
        prop_assert!(envelope.refused.is_empty());
        prop_assert_eq!(envelope.items.into_iter().map(|item| item.payload).collect::<Vec<_>>(), payloads);
    }

    /// The result does not depend on the pieces in which the envelope is read.
    #[test]
    fn pieces_do_not_matter(bytes in "(\\{\"type\":\"(event|attachment|x)\"(,\"length\":[0-9]{1,2})?\\}\n|\\{\"a\":\"?[01]\"?\\}|[a{\"\r\n]{0,3}|\n){0,12}", size in 1_usize..9) {
        let body = format!("{{}}\n{bytes}");
        let whole = Envelope::parse(body.as_bytes()).unwrap();
        let mut reader = Reader::new(MAX_HEADER);
        for piece in body.as_bytes().chunks(size) {
            reader.push(piece).unwrap();
        }
        prop_assert_eq!(reader.end().unwrap(), whole);
    }

    /// Whatever is wrong with an item, the items after it are found.
    #[test]
    fn a_fault_leaves_the_others(junk in junk()) {
        let event = b"{\"type\":\"event\",\"length\":13}\n{\"message\":1}\n";
        let body = [b"{}\n".as_slice(), event, &junk, b"\n", event].concat();
        let envelope = Envelope::parse(&body).unwrap();
        let events = envelope.items.iter().filter(|item| item.payload == b"{\"message\":1}").count();
        prop_assert_eq!(events, 2);
    }
}

/// The name and the loss of each attachment, and how many bytes of it are held.
fn attachments(body: &[u8]) -> Vec<(String, Option<AttachmentLoss>, usize)> {
    let items = Envelope::parse(body).unwrap().items.into_iter();
    let described = items.filter_map(|item| {
        let attachment = item.attachment?;
        assert_eq!(attachment.size, item.size);
        Some((attachment.name, attachment.discarded, item.payload.len()))
    });
    described.collect()
}

fn attachment(name: &str, length: usize) -> Vec<u8> {
    let mut item = format!("{{\"type\":\"attachment\",\"length\":{length},\"filename\":\"{name}\"}}\n").into_bytes();
    item.resize(item.len() + length, 0);
    item.push(b'\n');
    item
}

#[test]
fn an_attachment_keeps_its_bytes_and_its_description() {
    let head = r#"{"type":"attachment","length":5,"filename":"a/b.txt","content_type":"text/plain","attachment_type":"event.attachment"}"#;
    let body = format!("{{}}\n{head}\n\n\0{{}}\n\n{{\"type\":\"attachment\"}}\nx\n");
    let items = Envelope::parse(body.as_bytes()).unwrap().items;
    assert_eq!(items[0].payload, b"\n\0{}\n");
    let described = Attachment {
        name: "a/b.txt".to_owned(),
        content_type: Some("text/plain".to_owned()),
        kind: Some("event.attachment".to_owned()),
        size: 5,
        discarded: None,
    };
    assert_eq!(items[0].attachment.as_ref(), Some(&described));
    let unnamed = items[1].attachment.as_ref().unwrap();
    assert_eq!(
        (unnamed.name.as_str(), &unnamed.content_type, items[1].payload.as_slice()),
        ("attachment", &None, &b"x"[..])
    );
    let long = format!("{{}}\n{{\"type\":\"attachment\",\"filename\":\"{}\"}}\nx\n", "ü".repeat(500));
    assert_eq!(attachments(long.as_bytes())[0].0.len(), Attachment::MAX_TEXT - 1, "cut between two letters");
}

/// An attachment over a limit is described, and costs neither the event nor the other attachments.
#[test]
fn an_attachment_over_a_limit_is_described_and_skipped() {
    use AttachmentLoss::{TooLarge, TooMany};
    let event: &[u8] = b"{\"type\":\"event\"}\n{}\n";
    let all = |sizes: &[usize]| {
        let items = sizes.iter().enumerate().flat_map(|(index, size)| attachment(&index.to_string(), *size));
        let body: Vec<u8> = b"{}\n".iter().copied().chain(items).chain(event.iter().copied()).collect();
        let envelope = Envelope::parse(&body).unwrap();
        assert!(envelope.refused.is_empty());
        assert_eq!(envelope.items.last().map(|item| item.kind.clone()), Some(ItemKind::Event), "{sizes:?}");
        let losses = attachments(&body);
        for (size, (_, loss, held)) in sizes.iter().zip(&losses) {
            assert_eq!(*held, if loss.is_none() { *size } else { 0 });
        }
        losses.into_iter().map(|(_, loss, _)| loss).collect::<Vec<_>>()
    };
    let max = Attachment::MAX_SIZE;
    assert_eq!(all(&[max, max + 1, 1]), [None, Some(TooLarge), None]);
    assert_eq!(all(&[max, max, max, max - 1, 2, 1]), [None, None, None, None, Some(TooMany), None]);
    let many = all(&[1; Attachment::MAX_STORED + 5]);
    assert_eq!(many[..Attachment::MAX_STORED], vec![None; Attachment::MAX_STORED]);
    assert_eq!(many[Attachment::MAX_STORED..], vec![Some(TooMany); 5]);
}

/// Without a length, an attachment is one line, however long.
#[test]
fn a_line_that_is_too_long_for_an_attachment_is_skipped() {
    let body = format!(
        "{{}}\n{{\"type\":\"attachment\"}}\n{}\n{{\"type\":\"event\"}}\n{{}}\n",
        "x".repeat(Attachment::MAX_SIZE * 2)
    );
    let items = Envelope::parse(body.as_bytes()).unwrap().items;
    assert_eq!(items[0].attachment.as_ref().unwrap().discarded, Some(AttachmentLoss::TooLarge));
    assert_eq!((items[0].size as usize, items[1].kind.clone()), (Attachment::MAX_SIZE * 2, ItemKind::Event));
}
