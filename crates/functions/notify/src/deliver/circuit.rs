use std::collections::HashMap;

use model::time::Timestamp;
use parking_lot::Mutex;

/// After how many failures in a row a destination is left alone.
const FAILURES_TO_OPEN: u32 = 2;
/// For how long at first, and at the most, in seconds.
const FIRST_PAUSE_SECONDS: i64 = 10;
const LONGEST_PAUSE_SECONDS: i64 = 300;
/// While one message finds out whether the destination is back, the others wait for so long, in seconds.
const PROBE_SECONDS: i64 = 15;
/// How many destinations are remembered; beyond it all are forgotten, and found out about again.
const MAX_REMEMBERED_DESTINATIONS: usize = 10_000;

/// Which destinations do not work at the moment. Known to this process only: what another finds out costs it a request
/// or two.
#[derive(Debug, Default)]
pub(crate) struct Circuits(Mutex<HashMap<String, Circuit>>);

#[derive(Clone, Copy, Debug, Default)]
struct Circuit {
    failures: u32,
    open_until: Timestamp,
}

impl Circuits {
    /// Whether something may be sent to `destination` now; otherwise until when not. Whoever is the first to be let
    /// through after a pause finds out for all.
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

    /// The destination answered.
    pub(crate) fn record_success(&self, destination: &str) {
        self.0.lock().remove(destination);
    }

    /// It did not, or asked to be left alone for so many seconds.
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
    fn a_destination_that_fails_is_left_alone_and_tried_by_one() {
        let circuits = Circuits::default();
        circuits.record_failure("a", at(0), None);
        assert_eq!(circuits.admit("a", at(0)), Ok(()), "once is no pattern");
        circuits.record_failure("a", at(0), None);
        assert_eq!(circuits.admit("a", at(0)), Err(at(FIRST_PAUSE_SECONDS)));
        assert_eq!(circuits.admit("b", at(0)), Ok(()), "another destination has nothing to do with it");
        assert_eq!(circuits.admit("a", at(FIRST_PAUSE_SECONDS)), Ok(()));
        assert_eq!(
            circuits.admit("a", at(FIRST_PAUSE_SECONDS)),
            Err(at(FIRST_PAUSE_SECONDS + PROBE_SECONDS)),
            "one finds out for all"
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

    /// A destination that says when to come again is taken at its word, at the first time.
    #[test]
    fn what_a_destination_asks_for_is_kept() {
        let circuits = Circuits::default();
        circuits.record_failure("a", at(0), Some(3_600));
        assert_eq!(circuits.admit("a", at(3_599)), Err(at(3_600)));
        assert_eq!(circuits.admit("a", at(3_600)), Ok(()));
        assert!(circuits.admit("a", at(3_600)).is_err());
    }
}
