//! Counts the work of grouping in tests, so that a test can demand that it grows with the length of the text and no
//! faster. Time is too noisy for that. Outside tests this does nothing.

#[cfg(test)]
thread_local! {
    static STEPS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Records that `count` bytes (or other small things) were looked at.
#[cfg_attr(not(test), inline(always), expect(clippy::inline_always, reason = "it vanishes outside tests"))]
pub(super) fn spend(count: usize) {
    #[cfg(test)]
    STEPS.with(|steps| steps.set(steps.get() + count as u64));
    #[cfg(not(test))]
    let _ = count;
}

/// The steps that `job` takes on this thread.
#[cfg(test)]
pub(super) fn measure(job: impl FnOnce()) -> u64 {
    let before = STEPS.with(std::cell::Cell::get);
    job();
    STEPS.with(std::cell::Cell::get) - before
}
