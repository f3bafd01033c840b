//! Stories: tests of the promises (docs/src/internals/promises.md) on the whole system.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod access;
mod access_users;
mod asking;
mod attachments;
mod bad_input;
mod briefing;
mod browser;
mod bulk;
mod cost;
mod counting;
mod deleting;
mod feedback;
mod figures;
mod finding;
mod first_error;
mod forms;
mod history;
mod intake;
mod keys;
mod lifecycle;
mod limits;
mod links;
mod lists;
mod mcp;
mod merging;
mod muting;
mod names;
mod notifications;
mod occurrences;
mod openapi;
mod operating;
mod origins;
mod pages;
mod poison;
mod retention;
mod rule_samples;
mod rules;
mod rules_page;
mod sentry;
mod source_maps;
mod trackers;
mod users;
mod v1_contract;
