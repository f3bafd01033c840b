//! Bodies of clients of other trackers: what is accepted becomes occurrences that can be stored and grouped, and keys are
//! found without a panic. The first byte chooses the protocol.

#![no_main]

use faultline_fuzz::{check_grouping, received};
use libfuzzer_sys::fuzz_target;
use model::json;
use protocol::otlp::{self, Batch, Encoding, Signal, StoredBatch};
use protocol::{airbrake, bugsnag, rollbar, stack_text};

fuzz_target!(|input: &[u8]| {
    let Some((protocol, body)) = input.split_first() else { return };
    match protocol % 8 {
        0 => {
            let _ = rollbar::find_token(body);
            let Ok(item) = rollbar::RollbarItem::parse(body) else { return };
            let data = json::parse(&item.data).expect("an accepted item can be read");
            check_grouping(rollbar::normalise(data, &received()));
        }
        1 => {
            let Ok(airbrake::Notice(notice)) = airbrake::Notice::parse(body) else { return };
            let notice = json::parse(&notice).expect("an accepted notice can be read");
            check_grouping(airbrake::normalise(notice, &received()));
        }
        3 | 4 | 5 | 6 => {
            let signal = if protocol % 2 == 0 { Signal::Logs } else { Signal::Traces };
            let encoding = if protocol % 8 < 5 { Encoding::Protobuf } else { Encoding::Json };
            let Ok(batch) = Batch::parse(body, signal, encoding) else { return };
            let StoredBatch { errors } = batch.into_stored();
            for error in errors {
                check_grouping(otlp::normalise(error, &received()));
            }
        }
        7 => {
            let text = String::from_utf8_lossy(body);
            for platform in [None, Some("java"), Some("python"), Some("node"), Some("go"), Some("ruby"), Some("php")] {
                stack_text::parse(&text, platform);
            }
        }
        _ => {
            let _ = bugsnag::find_api_key(body);
            let Ok(report) = bugsnag::EventReport::parse(body) else { return };
            let stored: bugsnag::StoredReport = json::parse(&report.payload).expect("an accepted report can be read");
            assert_eq!(stored.events.len(), report.count);
            for event in stored.events {
                check_grouping(bugsnag::normalise(event, &stored.notifier, &received()));
            }
        }
    }
});
