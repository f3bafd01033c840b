//! Counts the work of grouping, so that tests can check that it grows linearly with the length of the text. Time is too
//! noisy for that. Outside of tests this does nothing.

#[cfg(test)]
thread_local! {
    static STEPS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Counts `count` bytes (or other small items) as read.
#[cfg_attr(not(test), inline(always), expect(clippy::inline_always, reason = "it is empty outside of tests"))]
pub(super) fn spend(count: usize) {
    #[cfg(test)]
    STEPS.with(|steps| steps.set(steps.get() + count as u64));
    #[cfg(not(test))]
    let _ = count;
}

/// Returns the work of `job` on this thread.
#[cfg(test)]
pub(super) fn measure(job: impl FnOnce()) -> u64 {
    let before = STEPS.with(std::cell::Cell::get);
    job();
    STEPS.with(std::cell::Cell::get) - before
}
