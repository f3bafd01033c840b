//! Counts the bytes that are walked, so that a test can compare the work of a text with that of one twice as long.

#[cfg(test)]
use std::cell::Cell;

#[cfg(test)]
thread_local! {
    static WALKED: Cell<usize> = const { Cell::new(0) };
}

/// Notes that `bytes` were walked.
#[cfg(test)]
pub(super) fn count(bytes: usize) {
    WALKED.with(|walked| walked.set(walked.get() + bytes + 1));
}

/// Nothing outside of tests.
#[cfg(not(test))]
pub(super) const fn count(_: usize) {}

/// How many bytes were walked since this was last asked.
#[cfg(test)]
pub(crate) fn take() -> usize {
    WALKED.with(Cell::take)
}
