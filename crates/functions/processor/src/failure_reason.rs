use std::fmt;

use store::StoreError;

/// The most characters of a reason that are logged and recorded.
const MAX_RECORDED_CHARS: usize = 300;

/// Why a message could not be processed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FailureReason {
    text: String,
    is_transient: bool,
}

impl FailureReason {
    /// A reason that stays until somebody fixes the cause.
    pub(crate) fn permanent(text: impl fmt::Display) -> Self {
        Self { text: text.to_string(), is_transient: false }
    }

    /// A reason that goes away without anybody doing anything.
    pub(crate) fn transient(text: impl fmt::Display) -> Self {
        Self { text: text.to_string(), is_transient: true }
    }

    /// Whether the message may succeed when it is delivered again, without anybody doing anything.
    pub(crate) fn is_transient(&self) -> bool {
        self.is_transient
    }

    /// Returns the text with all quoted parts replaced by `…`. They may be from the message, which is not scrubbed yet.
    pub(crate) fn without_quotes(&self) -> String {
        let mut recorded = String::new();
        let mut quote = None;
        let mut is_escaped = false;
        for c in self.text.chars() {
            match quote {
                Some(_) if is_escaped => is_escaped = false,
                Some(_) if c == '\\' => is_escaped = true,
                Some(mark) if c == mark => {
                    recorded.extend(['…', c]);
                    quote = None;
                }
                Some(_) => {}
                None => {
                    recorded.push(c);
                    quote = matches!(c, '"' | '`').then_some(c);
                }
            }
        }
        recorded.chars().take(MAX_RECORDED_CHARS).collect()
    }
}

impl From<StoreError> for FailureReason {
    fn from(error: StoreError) -> Self {
        Self { is_transient: error.is_transient(), text: error.to_string() }
    }
}

impl fmt::Display for FailureReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::FailureReason;

    #[track_caller]
    fn check(text: &str, recorded: &str) {
        assert_eq!(FailureReason::permanent(text).without_quotes(), recorded);
    }

    /// No secret is stored or logged (promise 5 in docs/src/internals/promises.md): a recorded reason does not quote
    /// the message.
    #[test]
    fn a_recorded_reason_does_not_quote_the_message() {
        check(
            "invalid type: string \"SECRET\", expected u64 at line 1",
            "invalid type: string \"…\", expected u64 at line 1",
        );
        check("a \"SEC\\\"RET\" b `SECRET` c", "a \"…\" b `…` c");
        check("unended \"SECRET", "unended \"");
        check("it's the processor's", "it's the processor's");
        assert_eq!(FailureReason::permanent("x".repeat(1_000)).without_quotes().len(), 300);
    }
}
