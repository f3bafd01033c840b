#![doc = include_str!("../README.md")]

mod apply;
mod bytes;
mod directory;
mod marks;
mod path;
mod problem;
mod read;
mod source;
mod stacks;
mod trust;
mod write;

pub use apply::{Original, apply};
pub use bytes::BadMap;
pub use directory::{Directory, ObjectRange, SourceEntry};
pub use marks::{minified_of, problem_of};
pub use path::{is_third_party, readable};
pub use problem::FrameProblem;
pub use read::{Place, find};
pub use source::{Context, MAX_SOURCE, around, cut_line};
pub use stacks::{At, Lookup, Wanted, has_debug_ids, lookups};
pub use trust::distrust;
pub use write::{Mapping, Scope, Source, Target, write_map};

#[cfg(test)]
mod tests;
