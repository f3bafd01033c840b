#![doc = include_str!("../README.md")]

mod apply;
mod found;
mod problem;
mod read;
mod section;
mod stack;
mod wanted;
mod write;

pub use apply::apply;
pub use found::{FoundClass, FoundClasses};
pub use problem::RetraceProblem;
pub use read::{MappingDirectory, class_in};
pub use wanted::{WantedClasses, wanted};
pub use write::{MAX_MAPPING, WrittenMapping, write_mapping};

#[cfg(test)]
mod tests;
