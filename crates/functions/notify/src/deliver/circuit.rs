use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use model::time::Timestamp;

/// After how many failures in a row a destination is left alone.
const FAILURES: u32 = 2;
/// For how long at first, and at the most, in seconds.
const FIRST: i64 = 10;
const LONGEST: i64 = 300;
/// While one message finds out whether the destination is back, the others wait for so long, in seconds.
const PROBE: i64 = 15;
/// How many destinations are remembered; beyond it all are forgotten, and found out about anew.
const REMEMBERED: usize = 10_000;

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
        let mut circuits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match circuits.get_mut(destination) {
            Some(circuit) if now < circuit.open_until => Err(circuit.open_until),
            Some(circuit) if circuit.failures >= FAILURES => {
                circuit.open_until = now.plus_seconds(PROBE);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The destination answered.
    pub(crate) fn works(&self, destination: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(destination);
    }

    /// It did not, or asked to be left alone for so many seconds.
    pub(crate) fn fails(&self, destination: &str, now: Timestamp, asked: Option<i64>) {
        let mut circuits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if circuits.len() >= REMEMBERED && !circuits.contains_key(destination) {
            circuits.clear();
        }
        let circuit = circuits.entry(destination.to_owned()).or_default();
        circuit.failures = circuit.failures.saturating_add(1);
        let pause = match circuit.failures.checked_sub(FAILURES) {
            Some(further) => FIRST.saturating_mul(1 << further.min(16)).min(LONGEST),
            None => 0,
        };
        circuit.open_until = now.plus_seconds(pause.max(asked.unwrap_or(0)));
        if asked.is_some() {
            circuit.failures = circuit.failures.max(FAILURES);
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
        circuits.fails("a", at(0), None);
        assert_eq!(circuits.admit("a", at(0)), Ok(()), "once is no pattern");
        circuits.fails("a", at(0), None);
        assert_eq!(circuits.admit("a", at(0)), Err(at(FIRST)));
        assert_eq!(circuits.admit("b", at(0)), Ok(()), "another destination has nothing to do with it");
        assert_eq!(circuits.admit("a", at(FIRST)), Ok(()));
        assert_eq!(circuits.admit("a", at(FIRST)), Err(at(FIRST + PROBE)), "one finds out for all");
        circuits.works("a");
        assert_eq!(circuits.admit("a", at(FIRST)), Ok(()));
    }

    #[test]
    fn pauses_grow_to_a_limit() {
        let circuits = Circuits::default();
        let mut pauses = Vec::new();
        for _ in 0..12 {
            circuits.fails("a", at(0), None);
            pauses.push(circuits.admit("a", at(0)).err().map_or(0, |until| until.seconds() - at(0).seconds()));
        }
        assert!(pauses.is_sorted());
        assert_eq!((pauses[1], pauses[11]), (FIRST, LONGEST));
    }

    /// A destination that says when to come again is taken at its word, at the first time.
    #[test]
    fn what_a_destination_asks_for_is_kept() {
        let circuits = Circuits::default();
        circuits.fails("a", at(0), Some(3_600));
        assert_eq!(circuits.admit("a", at(3_599)), Err(at(3_600)));
        assert_eq!(circuits.admit("a", at(3_600)), Ok(()));
        assert!(circuits.admit("a", at(3_600)).is_err());
    }
}
