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
pub use directory::{Directory, ObjectRange, SourceEntry, pack, unpack};
pub use marks::{
    is_inlined, is_rewritten, keep_minified, keep_minified_type, mark_inlined, minified_of, minified_type_of,
    name_mapping, note_problem, problem_of, sent_frames,
};
pub use path::{is_third_party, readable};
pub use problem::FrameProblem;
pub use read::{Place, find};
pub use source::{Context, MAX_SOURCE, around, cut_line};
pub use stacks::{At, Lookup, Wanted, WantedFile, lookups, may_have_file_maps, may_have_maps};
pub use trust::distrust;
pub use write::{Mapping, Scope, Source, Target, write_map};

#[cfg(test)]
mod tests;
