//! Bodies of clients of other trackers: what is accepted becomes occurrences that can be stored and grouped, and keys are
//! found without a panic. The first byte chooses the protocol.

#![no_main]

use faultline_fuzz::{check_grouping, received};
use libfuzzer_sys::fuzz_target;
use model::json;
use protocol::{airbrake, bugsnag, rollbar};

fuzz_target!(|input: &[u8]| {
    let Some((protocol, body)) = input.split_first() else { return };
    match protocol % 3 {
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
