//! Finding errors by what they have, without reading those that do not have it.
//!
//! An error has [terms](Term). The processor posts those that an error newly has, before it commits the error: a posting says
//! that an error may have a term, and whoever reads it asks the error itself ([`Filter::matches`]). So a posting that
//! was made for nothing, or whose term the error has lost since, costs a read and nothing else.
//!
//! An error that has too much of something to be posted under each of it (values of a tag, tags, words) is posted once
//! under a term that says so. Where it does not even remember what it had, it answers [`Has::Unknown`](model::error::Has),
//! and is listed as such: no error is left out silently.
//!
//! Three of the terms are the orders that errors are listed by: an error has a place in each, and each posting names the
//! [batch](model::error::PostingBatch) that made it, so that of several postings of one error in an order the one that holds is known.

mod filter;
mod post;
mod sort;
mod step;
mod term;
mod words;

pub use filter::{BadFilter, Filter, Terms};
pub use post::{Block, Posting, Postings, blocks};
pub use sort::{BadSort, Sort};
pub use step::Step;
pub use term::{Term, TermHash, slot, terms};
pub use words::frames;

#[cfg(test)]
mod tests;
