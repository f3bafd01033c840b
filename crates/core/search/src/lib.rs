//! Finds errors by their properties, without reading errors that do not have them.
//!
//! An error has [terms](Term). Before the processor commits an error, it posts the terms that are new. A posting says
//! that an error may have a term; a reader then asks the error itself ([`Filter::matches`]). So an unnecessary posting,
//! or one whose term the error has lost since, costs one extra read and does no other harm.
//!
//! An error with too many values of some kind (values of a tag, tags, words) is posted once, under a term that says so.
//! If the error does not remember all its values, it answers [`Has::Unknown`](model::error::Has), and is listed as
//! such: no error is left out silently.
//!
//! Three of the terms are the orders in which errors are listed. An error has a position in each order. Each posting
//! names the [batch](model::error::PostingBatch) that wrote it, so that of several postings of an error in one order,
//! the current one can be recognised. They are stored as [`Block`]s.
//!
//! The other terms have no order. All that a batch posts is one [pack](TermPostings::packs) in the root of the
//! project's tree, and moves down to other [`Node`]s and to lists of single terms when there are many.

mod filter;
mod node;
mod pack;
mod post;
mod sort;
mod step;
mod term;
mod words;

pub use filter::{BadFilter, Filter, Terms};
pub use node::Node;
pub use pack::{BadPack, Distribution, TermPostings};
pub use post::{Block, Posting, Postings, blocks};
pub use sort::{BadSort, Sort};
pub use step::Step;
pub use term::{Term, TermHash, assignee_name, slot, terms};
pub use words::frames;

#[cfg(test)]
mod tests;
