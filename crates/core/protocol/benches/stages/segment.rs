//! Writing segments with frames of similar events, and reading them line by line.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use formats::segment::{SegmentWriter, lines};

use crate::samples;

/// The sample of each frame, and its number of events.
const FRAMES: [(&str, usize); 5] = [
    ("python/message", 1),
    ("python/message", 100),
    ("rust/caught-panic", 1),
    ("rust/caught-panic", 100),
    ("python/rich to 1 MB", 1),
];

/// Returns the lines of a frame as the processor would write them, each with its own id.
fn frame((name, events): (&str, usize)) -> Vec<Vec<u8>> {
    let mut occurrence = samples::scrubbed(name);
    let line = |number: usize| {
        occurrence.event_id = model::id::EventId::from_bytes((number as u128 * 0x9E37_79B9_7F4A_7C15).to_be_bytes());
        serde_json::to_vec(&occurrence).expect("occurrences have only string keys")
    };
    (0..events).map(line).collect()
}

fn bytes(lines: &[Vec<u8>]) -> BytesCount {
    BytesCount::new(lines.iter().map(Vec::len).sum::<usize>())
}

#[divan::bench(args = FRAMES)]
fn encode(bencher: Bencher<'_, '_>, of: (&str, usize)) {
    let all = frame(of);
    bencher.counter(bytes(&all)).bench_local(|| {
        let mut writer = SegmentWriter::new();
        writer.frame(black_box(&all).iter().map(Vec::as_slice)).expect("writing to memory works");
        writer.finish()
    });
}

#[divan::bench(args = FRAMES)]
fn decode(bencher: Bencher<'_, '_>, of: (&str, usize)) {
    let all = frame(of);
    let mut writer = SegmentWriter::new();
    writer.frame(all.iter().map(Vec::as_slice)).expect("writing to memory works");
    let segment = writer.finish();
    bencher.counter(bytes(&all)).bench_local(|| {
        lines(black_box(&segment)).map(|line| line.expect("the line is readable").len()).sum::<usize>()
    });
}
