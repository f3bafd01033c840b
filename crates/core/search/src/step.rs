/// A rounded number: each power of two has four steps (…, 8, 10, 12, 14, 16, 20, …). So an error that is seen a million
/// times changes its position in the order of counts only about eighty times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step(u8);

impl Step {
    /// The step that `number` has reached.
    pub fn of(number: u64) -> Self {
        match number.checked_ilog2() {
            None => Self(0),
            Some(0 | 1) => Self(number as u8),
            // At most 4 * 62 + 3.
            Some(power) => Self((4 * (power - 1) + ((number >> (power - 2)) & 3) as u32) as u8),
        }
    }

    /// The number of the step: 0 for 0, 1 for 1, …, at most 251.
    pub fn number(self) -> u8 {
        self.0
    }
}
