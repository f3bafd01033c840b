//! Promises 1 to 3 (docs/src/internals/promises.md) while storage fails in every way that the tests can cause.
//!
//! Everything runs on the clock of a paused runtime, so time-outs, pauses between retries and delays take no real time.
//! All randomness comes from a seed, and calls reach the engines one at a time, so a failure can be reproduced.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod attachments;
mod claims;
mod compaction;
mod feedback;
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
