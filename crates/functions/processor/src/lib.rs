#![doc = include_str!("../README.md")]

mod assign;
mod caches;
mod claims;
mod commit;
mod compact;
mod count;
mod deadline;
mod delivery;
mod drop_stored;
mod duplicates;
mod error_batch;
mod event_totals;
mod failure_reason;
mod group;
mod index_ids;
mod keep_configs;
mod key_uses;
mod map_frames;
mod normalise;
mod open;
mod outcome;
mod pipeline;
mod poison;
mod post_terms;
mod prepare_commits;
mod processor;
mod quota_usage;
mod releases;
mod report;
mod resolve;
mod retry;
mod segments;

pub use deadline::Deadline;
pub use delivery::{Delivery, Failure};
pub use processor::Processor;
