//! Exactly the right notifications are sent: none too many, none too few.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod assigned;
mod ceiling;
mod collected;
mod concurrent;
mod crossings;
mod hooks;
mod limits;
mod mutes;
mod on_call;
mod outages;
mod posted;
mod recorder;
