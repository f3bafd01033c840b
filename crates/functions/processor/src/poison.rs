use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::failure_reason::FailureReason;

/// Runs stages that work on a single message. A panic becomes a failure of this message alone.
pub(crate) fn isolate_panic<T>(stages: impl FnOnce() -> Result<T, String>) -> Result<T, FailureReason> {
    let outcome = catch_unwind(AssertUnwindSafe(stages)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref().copied());
        // The text is quoted (`{:?}`), since it may contain a part of the message between any kind of quotation marks.
        // `FailureReason::without_quotes` then removes it from logs and records.
        Err(format!("a stage panicked: {:?}", text.unwrap_or("without a text")))
    });
    outcome.map_err(FailureReason::permanent)
}

#[cfg(test)]
mod tests {
    use super::isolate_panic;
    use crate::failure_reason::FailureReason;

    /// One failure costs only itself (promise 3 in docs/src/internals/promises.md): a message that makes a stage panic
    /// is a failure like any other.
    #[test]
    fn a_panic_is_a_failure_with_its_text() {
        let failure = |text| Err(FailureReason::permanent(text));
        assert_eq!(isolate_panic(|| Ok(1)), Ok(1));
        assert_eq!(isolate_panic::<()>(|| panic!("poison")), failure(r#"a stage panicked: "poison""#));
        assert_eq!(isolate_panic::<()>(|| panic!("poison {}", 7)), failure(r#"a stage panicked: "poison 7""#));
    }
}
