//! Parsing of envelopes: no item is longer than the body, and each event in it can be read.

#![no_main]

use protocol::sentry::{Envelope, ItemKind, peek};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let Ok(envelope) = Envelope::parse(body) else { return };
    let stored: usize = envelope.items.iter().map(|item| item.payload.len()).sum();
    assert!(stored <= body.len(), "{stored} bytes of items in {} bytes", body.len());
    for item in &envelope.items {
        if item.kind == ItemKind::Event {
            let _ = peek(&item.payload);
        }
    }
});
