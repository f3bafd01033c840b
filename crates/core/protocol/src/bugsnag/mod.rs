//! The protocol of Bugsnag's clients: a list of events for each request, which in practice has one.

mod facts;
mod frames;
mod normalise;
mod report;
#[cfg(test)]
mod tests;

pub use normalise::normalise;
pub use report::{EventReport, MAX_EVENTS, StoredReport, find_api_key, parse_sent_at};
