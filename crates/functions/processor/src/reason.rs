use std::fmt;

use futures_util::stream::{StreamExt, iter};
use store::StoreError;
use store::ports::Noted;

use crate::commit::SECONDS_PER_DAY;
use crate::{Deadline, Failure, Processor};

/// For how long a reason is kept, in seconds: a day longer than the dead-letter queue keeps its message.
const KEPT: i64 = 15 * SECONDS_PER_DAY;
/// How many are noted at once.
const CONCURRENT: usize = 16;
/// The longest text that is noted, in characters.
const LONGEST: usize = 300;

/// Why a message could not be processed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    text: String,
    /// Whether it may succeed when it comes again, without anybody doing anything.
    passes: bool,
}

impl Reason {
    /// One that stays until somebody does something about it.
    pub(crate) fn stays(text: impl fmt::Display) -> Self {
        Self { text: text.to_string(), passes: false }
    }

    /// One that is over by itself.
    pub(crate) fn passes(text: impl fmt::Display) -> Self {
        Self { text: text.to_string(), passes: true }
    }

    /// What is noted of it, without what it quotes: that may be out of the message, which is not scrubbed yet.
    pub(crate) fn noted(&self) -> String {
        let (mut noted, mut quote, mut escaped) = (String::new(), None, false);
        for c in self.text.chars() {
            match quote {
                Some(_) if escaped => escaped = false,
                Some(_) if c == '\\' => escaped = true,
                Some(mark) if c == mark => {
                    noted.extend(['…', c]);
                    quote = None;
                }
                Some(_) => {}
                None => {
                    noted.push(c);
                    quote = matches!(c, '"' | '`').then_some(c);
                }
            }
        }
        noted.chars().take(LONGEST).collect()
    }
}

impl From<StoreError> for Reason {
    fn from(error: StoreError) -> Self {
        Self { passes: error.is_transient(), text: error.to_string() }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Processor {
    /// Notes why messages failed, for whoever finds them among the dead letters; not of those that failed for want of
    /// capacity, which notes would only add to. One that cannot be noted is in the log.
    pub(crate) async fn note_failed(&self, failed: &[(Failure, Reason)], deadline: Deadline) {
        let at = self.clock.now();
        let staying = failed.iter().filter(|(_, reason)| !reason.passes);
        let notes = iter(staying).for_each_concurrent(CONCURRENT, |(failure, reason)| async move {
            let noted = Noted { reason: reason.noted(), at };
            if let Err(error) = self.failures.note_failure(&failure.id, &noted, at.plus_seconds(KEPT)).await {
                tracing::warn!(message.id = failure.id, error.message = %error, "the reason could not be noted");
            }
        });
        // What is not noted in time is noted when the message fails again.
        let _ = deadline.bounds(notes).await;
    }
}

#[cfg(test)]
mod tests {
    use super::Reason;

    #[track_caller]
    fn check(text: &str, noted: &str) {
        assert_eq!(Reason::stays(text).noted(), noted);
    }

    /// Promise 5 (docs/src/internals/promises.md): what is noted quotes nothing out of the message.
    #[test]
    fn what_is_noted_quotes_nothing() {
        check(
            "invalid type: string \"SECRET\", expected u64 at line 1",
            "invalid type: string \"…\", expected u64 at line 1",
        );
        check("a \"SEC\\\"RET\" b `SECRET` c", "a \"…\" b `…` c");
        check("unended \"SECRET", "unended \"");
        check("it's the processor's", "it's the processor's");
        assert_eq!(Reason::stays("x".repeat(1_000)).noted().len(), 300);
    }
}
