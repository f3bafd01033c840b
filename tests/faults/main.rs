//! Promises 1 to 3 while storage fails in every way that can be brought about.
//!
//! Everything runs on the clock of a paused runtime: time-outs, pauses between retries and delays take none of ours.
//! All chance comes from a seed, and calls reach the engines one at a time, so that a failure can be had again.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod claims;
mod limits;
mod merging;
mod messages;
mod model;
mod notices;
mod ports;
mod repeated;
mod schedules;
mod sealing;
mod steps;
mod storm;
mod tally;
mod throttling;
mod world;

use faultline_tests::turns;
