//! Tests of notification channels, against fake servers on loopback that check requests strictly.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod chat;
mod email;
mod failures;
mod guard;
mod notifications;
mod on_call;
mod smtp;
mod trackers;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use faultline_tests::TestClock;
use notify::channels::{Channels, Mailer};
use notify::guard::{Client, Destinations, Timeouts};
use rules::Target;
use serde_json::Value;

/// Channels that can reach the fake servers, at 2026-11-02T00:01:00Z.
fn channels() -> Channels {
    channels_with(None, Timeouts::default())
}

fn channels_with(mailer: Option<Arc<dyn Mailer>>, timeouts: Timeouts) -> Channels {
    let destinations = Destinations::parse("").unwrap().and_loopback();
    Channels::new(Client::new(destinations, timeouts), mailer, Arc::new(TestClock::default()))
}

/// Channels that give up after 50 ms, for destinations that hang.
fn impatient() -> Channels {
    let timeouts = Timeouts { whole: Duration::from_millis(50), ..Timeouts::default() };
    channels_with(None, timeouts)
}

fn target(target: Value) -> Target {
    serde_json::from_value(target).unwrap()
}
