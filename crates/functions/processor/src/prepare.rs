use std::panic::{AssertUnwindSafe, catch_unwind};

use formats::inbox::Message;
use scrub::Rules;

use crate::group::Grouped;
use crate::normalise::normalise;
use crate::reason::Reason;

/// All that is done to a message alone, and needs nothing but it: its occurrences, ready to be written. A panic on the
/// way is this message's failure, and nobody else's.
pub(crate) fn prepare(message: &Message, source: usize, scrubbing: &Rules) -> Result<Vec<Grouped>, Reason> {
    let posted = message.header.notifications.as_ref().map(|posted| posted.id);
    guarded(|| {
        let occurrences = normalise(message, scrubbing)?;
        occurrences.iter().map(|occurrence| Grouped::of(occurrence, source, posted)).collect()
    })
}

fn guarded<T>(stages: impl FnOnce() -> Result<T, String>) -> Result<T, Reason> {
    let done = catch_unwind(AssertUnwindSafe(stages)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref().copied());
        // Quoted, since the text may hold a part of the message, in whatever marks: it is in the log only.
        Err(format!("a stage panicked: {:?}", text.unwrap_or("without a text")))
    });
    done.map_err(Reason::stays)
}

#[cfg(test)]
mod tests {
    use super::guarded;
    use crate::reason::Reason;

    /// Promise 3 (docs/src/internals/promises.md): a message that makes a stage panic is a failure like any other.
    #[test]
    fn a_panic_is_a_failure_with_its_text() {
        assert_eq!(guarded(|| Ok(1)), Ok(1));
        assert_eq!(guarded::<()>(|| panic!("poison")), Err(Reason::stays(r#"a stage panicked: "poison""#)));
        assert_eq!(guarded::<()>(|| panic!("poison {}", 7)), Err(Reason::stays(r#"a stage panicked: "poison 7""#)));
    }
}
