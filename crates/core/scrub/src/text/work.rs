//! Counts the bytes that are read, so that a test can compare the work for a text with that for one of twice the size.

#[cfg(test)]
use std::cell::Cell;

#[cfg(test)]
thread_local! {
    static WALKED: Cell<usize> = const { Cell::new(0) };
}

/// Counts `bytes` as read.
#[cfg(test)]
pub(super) fn count(bytes: usize) {
    WALKED.with(|walked| walked.set(walked.get() + bytes + 1));
}

/// Does nothing outside of tests.
#[cfg(not(test))]
pub(super) const fn count(_: usize) {}

/// Returns the number of bytes that were read since the last call.
#[cfg(test)]
pub(crate) fn take() -> usize {
    WALKED.with(Cell::take)
}
