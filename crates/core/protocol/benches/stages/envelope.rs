//! The work of ingest on an envelope, on the critical path, and of packing it for the inbox.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use formats::inbox::{self, Addressee, Header, Message};
use model::id::{EventId, ProjectId};
use model::occurrence::Source;
use model::time::Timestamp;
use protocol::sentry::{Envelope, peek};

use crate::samples;

fn envelope(name: &str) -> Vec<u8> {
    let event = samples::event(name);
    let head = r#"{"event_id":"fc6d8c0c43fc4630ad850ee518f1b9d0","sent_at":"2026-11-21T04:40:03Z"}"#;
    let item = format!(r#"{{"type":"event","length":{}}}"#, event.len());
    [head.as_bytes(), item.as_bytes(), &event].join(&b'\n')
}

fn message(name: &str) -> Message {
    let project = Addressee::Id(ProjectId::new(1).expect("1 is a valid project number"));
    let ids = vec![EventId::from_bytes([7; 16])];
    let header = Header::new(Source::Sentry, project, Timestamp::from_seconds(1_795_000_000), ids);
    Message { header, payload: samples::event(name) }
}

#[divan::bench(args = samples::ALL)]
fn parse_and_peek(bencher: Bencher<'_, '_>, name: &str) {
    let body = envelope(name);
    bencher.counter(BytesCount::new(body.len())).bench_local(|| {
        let envelope = Envelope::parse(black_box(&body)).expect("the sample is an envelope");
        envelope.items.iter().map(|item| peek(&item.payload).is_ok()).collect::<Vec<_>>()
    });
}

#[divan::bench(args = samples::ALL)]
fn pack_for_the_inbox(bencher: Bencher<'_, '_>, name: &str) {
    let message = message(name);
    let bytes = BytesCount::new(message.payload.len());
    bencher.counter(bytes).bench_local(|| inbox::inline(&black_box(&message).pack()));
}

#[divan::bench(args = samples::ALL)]
fn unpack_from_the_inbox(bencher: Bencher<'_, '_>, name: &str) {
    let message = message(name);
    let packed = message.pack();
    bencher.counter(BytesCount::new(message.payload.len())).bench_local(|| Message::unpack(black_box(&packed)));
}
