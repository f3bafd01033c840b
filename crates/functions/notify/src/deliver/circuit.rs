use std::collections::HashMap;

use model::time::Timestamp;
use parking_lot::Mutex;

/// Number of failures in a row after which sending to a destination pauses.
const FAILURES_TO_OPEN: u32 = 2;
/// Length of the first pause, in seconds. Each further failure doubles it.
const FIRST_PAUSE_SECONDS: i64 = 10;
/// Maximum length of a pause, in seconds.
const LONGEST_PAUSE_SECONDS: i64 = 300;
/// How long other messages wait while one message tests whether the destination works again, in seconds.
const PROBE_SECONDS: i64 = 15;
/// Maximum number of remembered destinations. If there are more, all are forgotten, and learned again.
const MAX_REMEMBERED_DESTINATIONS: usize = 10_000;

/// The destinations that do not work at the moment. Each process learns this by itself, which costs it one or two
/// requests.
#[derive(Debug, Default)]
pub(crate) struct Circuits(Mutex<HashMap<String, Circuit>>);

#[derive(Clone, Copy, Debug, Default)]
struct Circuit {
    failures: u32,
    open_until: Timestamp,
}

impl Circuits {
    /// Checks whether a message may be sent to `destination` now. Otherwise returns the end of the pause. After a
    /// pause, the first message is let through to test the destination for all others.
    pub(crate) fn admit(&self, destination: &str, now: Timestamp) -> Result<(), Timestamp> {
        let mut circuits = self.0.lock();
        match circuits.get_mut(destination) {
            Some(circuit) if now < circuit.open_until => Err(circuit.open_until),
            Some(circuit) if circuit.failures >= FAILURES_TO_OPEN => {
                circuit.open_until = now.plus_seconds(PROBE_SECONDS);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Records that the destination worked.
    pub(crate) fn record_success(&self, destination: &str) {
        self.0.lock().remove(destination);
    }

    /// Records that sending failed. `asked` is the pause in seconds that the destination asked for.
    pub(crate) fn record_failure(&self, destination: &str, now: Timestamp, asked: Option<i64>) {
        let mut circuits = self.0.lock();
        if circuits.len() >= MAX_REMEMBERED_DESTINATIONS && !circuits.contains_key(destination) {
            circuits.clear();
        }
        let circuit = circuits.entry(destination.to_owned()).or_default();
        circuit.failures = circuit.failures.saturating_add(1);
        let pause = match circuit.failures.checked_sub(FAILURES_TO_OPEN) {
            Some(further) => FIRST_PAUSE_SECONDS.saturating_mul(1 << further.min(16)).min(LONGEST_PAUSE_SECONDS),
            None => 0,
        };
        circuit.open_until = now.plus_seconds(pause.max(asked.unwrap_or(0)));
        if asked.is_some() {
            circuit.failures = circuit.failures.max(FAILURES_TO_OPEN);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_793_577_600 + seconds)
    }

    #[test]
    fn sending_to_a_failing_destination_pauses_and_one_message_tests_it() {
        let circuits = Circuits::default();
        circuits.record_failure("a", at(0), None);
        assert_eq!(circuits.admit("a", at(0)), Ok(()), "one failure does not start a pause");
        circuits.record_failure("a", at(0), None);
        assert_eq!(circuits.admit("a", at(0)), Err(at(FIRST_PAUSE_SECONDS)));
        assert_eq!(circuits.admit("b", at(0)), Ok(()), "other destinations are not affected");
        assert_eq!(circuits.admit("a", at(FIRST_PAUSE_SECONDS)), Ok(()));
        assert_eq!(
            circuits.admit("a", at(FIRST_PAUSE_SECONDS)),
            Err(at(FIRST_PAUSE_SECONDS + PROBE_SECONDS)),
            "one message tests it for all"
        );
        circuits.record_success("a");
        assert_eq!(circuits.admit("a", at(FIRST_PAUSE_SECONDS)), Ok(()));
    }

    #[test]
    fn pauses_grow_to_a_limit() {
        let circuits = Circuits::default();
        let mut pauses = Vec::new();
        for _ in 0..12 {
            circuits.record_failure("a", at(0), None);
            pauses.push(circuits.admit("a", at(0)).err().map_or(0, |until| until.seconds() - at(0).seconds()));
        }
        assert!(pauses.is_sorted());
        assert_eq!((pauses[1], pauses[11]), (FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS));
    }

    /// If a destination asks for a pause, it gets it after the first failure already.
    #[test]
    fn the_pause_that_a_destination_asks_for_is_kept() {
        let circuits = Circuits::default();
        circuits.record_failure("a", at(0), Some(3_600));
        assert_eq!(circuits.admit("a", at(3_599)), Err(at(3_600)));
        assert_eq!(circuits.admit("a", at(3_600)), Ok(()));
        assert!(circuits.admit("a", at(3_600)).is_err());
    }
}
