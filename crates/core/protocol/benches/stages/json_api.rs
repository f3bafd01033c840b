//! The work of ingest, and of the processor, on a body of faultline's own API.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use model::id::EventId;
use model::time::Timestamp;
use protocol::json_api::{self, Parsed, Post};
use serde_json::json;

/// The frames of the error in a body, for bodies of about 1, 3, 100 and 1,000 kB.
const FRAMES: [usize; 4] = [2, 10, 460, 4_600];

fn body(frames: usize) -> Vec<u8> {
    let frame = |index: usize| {
        json!({ "file": format!("/srv/shop/module_{index}/cart.py"), "function": format!("load_{index}"), "line": 40 + index,
            "code": { "39": "    total = sum(prices)", "40": "    return cart.load(request, total)" } })
    };
    json!({
        "errors": [{ "type": "ValueError", "message": "no such item", "backtrace": (0..frames).map(frame).collect::<Vec<_>>() }],
        "notifier": { "name": "faultline-python", "version": "1.4.0" },
        "context": { "environment": "production", "component": "cart", "action": "pay", "language": "Python" },
        "params": { "order": 4711, "note": "to be delivered on Tuesday" },
    })
    .to_string()
    .into_bytes()
}

#[divan::bench(args = FRAMES)]
fn parse(bencher: Bencher<'_, '_>, frames: usize) {
    let body = body(frames);
    bencher
        .counter(BytesCount::new(body.len()))
        .bench_local(|| Parsed::of(black_box(&body)).expect("the body is valid"));
}

#[divan::bench(args = FRAMES)]
fn normalise(bencher: Bencher<'_, '_>, frames: usize) {
    let body = body(frames);
    let taken = serde_json::to_vec(&Parsed::of(&body).expect("the body is valid").taken).expect("it serialises");
    let (id, now) = (EventId::from_bytes([1; 16]), Timestamp::from_seconds(1_795_000_000));
    bencher.counter(BytesCount::new(body.len())).bench_local(|| {
        let post: Post = serde_json::from_slice(black_box(&taken)).expect("the post is valid");
        post.errors.into_iter().map(|error| json_api::normalise(error, &post.shared, id, now)).collect::<Vec<_>>()
    });
}
