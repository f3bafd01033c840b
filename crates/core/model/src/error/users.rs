use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::ProjectId;
use crate::occurrence::Occurrence;
use crate::text::FILTERED;

/// The approximate number of different users of an error: exact up to 48, beyond that a HyperLogLog sketch with a
/// standard error of 6.5 %. It has at most 256 bytes, because each commit writes it.
///
/// Two sketches of one project can be joined. The result is the sketch that would have counted both sets of users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "StoredUsers", try_from = "StoredUsers")]
pub struct Users(Sketch);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Sketch {
    /// The hashes themselves, sorted.
    Few(Vec<u32>),
    /// A register for each value of a hash's first eight bits: one more than the most leading zeros that follow these
    /// bits in any hash.
    Many(Box<[u8; REGISTERS]>),
}

/// Maximum number of users that are kept one by one.
const FEW: usize = 48;
/// The number of registers. The standard error is 1.04 divided by its square root.
const REGISTERS: usize = 256;
/// The number of bits of a hash that select the register.
const INDEX_BITS: u32 = 8;
/// The number of remaining bits. A register is at most one more than this.
const RANK_BITS: u32 = 32 - INDEX_BITS;
/// The base in which the value of a register is one digit.
const BASE: u32 = RANK_BITS + 2;

impl Users {
    /// Counts a user of `project`, unless the user was counted before.
    pub fn add(&mut self, project: ProjectId, user: UserHash) {
        self.add_hash(user.of_project(project));
    }

    /// The approximate number of users.
    pub fn count(&self) -> u64 {
        match &self.0 {
            Sketch::Few(hashes) => hashes.len() as u64,
            Sketch::Many(registers) => estimate(registers),
        }
    }

    /// Adds the users of `other`, which is of the same project.
    pub fn join(&mut self, other: &Self) {
        match &other.0 {
            Sketch::Few(hashes) => hashes.iter().for_each(|&hash| self.add_hash(hash)),
            Sketch::Many(registers) => {
                for (mine, theirs) in self.registers().iter_mut().zip(registers.iter()) {
                    *mine = (*mine).max(*theirs);
                }
            }
        }
    }

    fn add_hash(&mut self, hash: u32) {
        match &mut self.0 {
            Sketch::Few(hashes) => {
                let Err(place) = hashes.binary_search(&hash) else { return };
                hashes.insert(place, hash);
                if hashes.len() > FEW {
                    self.registers();
                }
            }
            Sketch::Many(registers) => raise(registers, hash),
        }
    }

    /// Returns the registers. If hashes were kept one by one until now, they are converted first.
    fn registers(&mut self) -> &mut [u8; REGISTERS] {
        if let Sketch::Few(hashes) = &self.0 {
            let mut registers = Box::new([0; REGISTERS]);
            hashes.iter().for_each(|&hash| raise(&mut registers, hash));
            self.0 = Sketch::Many(registers);
        }
        match &mut self.0 {
            Sketch::Many(registers) => registers,
            Sketch::Few(_) => unreachable!("they were converted to registers above"),
        }
    }
}

impl Default for Users {
    fn default() -> Self {
        Self(Sketch::Few(Vec::new()))
    }
}

fn raise(registers: &mut [u8; REGISTERS], hash: u32) {
    let register = &mut registers[(hash >> RANK_BITS) as usize];
    let rank = (hash << INDEX_BITS).leading_zeros().min(RANK_BITS) + 1;
    *register = (*register).max(rank as u8);
}

/// Otmar Ertl's estimator ("New cardinality estimation algorithms for HyperLogLog sketches", 2017). It has no bias for
/// any number of users, and needs none of the tables and thresholds of the original HyperLogLog.
fn estimate(registers: &[u8; REGISTERS]) -> u64 {
    let most = RANK_BITS as usize + 1;
    let mut counts = [0.0; RANK_BITS as usize + 2];
    for &register in registers {
        counts[usize::from(register).min(most)] += 1.0;
    }
    let size = REGISTERS as f64;
    let mut sum = size * tau(1.0 - counts[most] / size);
    for count in counts[1..most].iter().rev() {
        sum = 0.5 * (sum + count);
    }
    sum += size * sigma(counts[0] / size);
    (size * size / (2.0 * std::f64::consts::LN_2 * sum)).round() as u64
}

/// The contribution of the registers that are 0, which are a fraction `x` of all.
fn sigma(x: f64) -> f64 {
    let (mut x, mut weight, mut sum) = (x, 1.0, x);
    // The sum grows without bound if all registers are 0: the estimate is 0.
    while x < 1.0 {
        let before = sum;
        x *= x;
        sum += x * weight;
        weight += weight;
        if sum == before {
            return sum;
        }
    }
    f64::INFINITY
}

/// The contribution of the registers with the highest value, which are all but a fraction `x`.
fn tau(x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut x, mut weight, mut sum) = (x, 1.0, 1.0 - x);
    loop {
        let before = sum;
        x = x.sqrt();
        weight *= 0.5;
        sum -= (1.0 - x).powi(2) * weight;
        if sum == before {
            return sum / 3.0;
        }
    }
}

/// The stored form of users. It is short, because each commit writes it.
#[derive(Serialize, Deserialize)]
enum StoredUsers {
    /// Eight hexadecimal digits for each user.
    #[serde(rename = "f")]
    Few(String),
    /// A digit of base 26 for each register.
    #[serde(rename = "m")]
    Many(String),
}

impl From<Users> for StoredUsers {
    fn from(users: Users) -> Self {
        match users.0 {
            Sketch::Few(hashes) => Self::Few(hashes.iter().map(|hash| format!("{hash:08x}")).collect()),
            Sketch::Many(registers) => {
                let digit = |&register: &u8| char::from_digit(register.into(), BASE).expect("a register is below 26");
                Self::Many(registers.iter().map(digit).collect())
            }
        }
    }
}

impl TryFrom<StoredUsers> for Users {
    type Error = String;

    fn try_from(stored: StoredUsers) -> Result<Self, String> {
        match stored {
            StoredUsers::Few(digits) => {
                let bytes =
                    hex::decode(&digits).map_err(|error| format!("users must be hexadecimal digits: {error}"))?;
                let (hashes, rest) = bytes.as_chunks::<4>();
                if !rest.is_empty() || hashes.len() > FEW {
                    let length = digits.len();
                    return Err(format!("users must have 8 digits each and be at most {FEW} (got {length} digits)"));
                }
                let mut users = Self::default();
                hashes.iter().for_each(|hash| users.add_hash(u32::from_be_bytes(*hash)));
                Ok(users)
            }
            StoredUsers::Many(digits) => {
                let register = |digit: char| digit.to_digit(BASE).map(|register| register as u8);
                let registers: Option<Vec<u8>> = digits.chars().map(register).collect();
                let registers = registers.and_then(|registers| registers.try_into().ok());
                let registers = registers
                    .ok_or_else(|| format!("the registers of users must be {REGISTERS} digits of base {BASE}"))?;
                Ok(Self(Sketch::Many(registers)))
            }
        }
    }
}

/// The user that an occurrence happened to, as a hash, which does not reveal who it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct UserHash(u64);

impl UserHash {
    /// Returns the user of an occurrence, if it has one: by id, else by email address, name, or IP address. Equal texts
    /// of different kinds are different users.
    pub fn of(occurrence: &Occurrence) -> Option<Self> {
        let named = |key: &'static str| {
            let text = occurrence.user.get(key)?.as_str()?.trim();
            (!text.is_empty() && text != FILTERED).then_some((key, text))
        };
        let (key, text) = ["id", "email", "username", "ip_address"].into_iter().find_map(named)?;
        let hash = Sha256::new().chain_update(key).chain_update(":").chain_update(text).finalize();
        Some(Self(hash.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))))
    }

    /// The user's hash in a project. It differs between projects, so a user of two projects cannot be recognised.
    fn of_project(self, project: ProjectId) -> u32 {
        // The finaliser of SplitMix64: each output bit depends on every input bit.
        let mut hash = self.0 ^ project.get().wrapping_mul(0x9E37_79B9_7F4A_7C15);
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((hash ^ (hash >> 31)) >> 32) as u32
    }
}

/// Shows nothing, because the hash is derived from personal data.
impl fmt::Debug for UserHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("User")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::EventId;
    use crate::occurrence::Source;
    use crate::time::Timestamp;

    fn project(number: u64) -> ProjectId {
        ProjectId::new(number).unwrap()
    }

    fn user(facts: &[(&str, &str)]) -> Option<UserHash> {
        let now = Timestamp::from_seconds(1);
        let mut occurrence = Occurrence::new(EventId::from_bytes([0; 16]), Source::Sentry, now, now);
        occurrence.user = facts.iter().map(|&(key, text)| (key.to_owned(), text.into())).collect();
        UserHash::of(&occurrence)
    }

    fn numbered(numbers: impl IntoIterator<Item = u64>) -> Users {
        let mut users = Users::default();
        numbers.into_iter().for_each(|number| users.add(project(1), user(&[("id", &number.to_string())]).unwrap()));
        users
    }

    #[test]
    fn a_user_is_named_by_the_first_of_four_facts() {
        let all = [("ip_address", "127.0.0.1"), ("username", "u"), ("email", "e"), ("id", "1")];
        assert_eq!(user(&all), user(&[("id", "1")]));
        assert_eq!(user(&all[..3]), user(&[("email", "e")]));
        assert_eq!(user(&all[..2]), user(&[("username", "u")]));
        assert_eq!(user(&all[..1]), user(&[("ip_address", "127.0.0.1")]));
        assert_ne!(user(&[("id", "x")]), user(&[("email", "x")]));
        assert_eq!(user(&[("id", "[Filtered]"), ("email", " ")]), None);
        assert_eq!(user(&[("name", "x")]), None);
        assert_ne!(user(&all).unwrap().of_project(project(1)), user(&all).unwrap().of_project(project(2)));
    }

    #[test]
    fn up_to_48_users_are_counted_one_by_one() {
        for count in 0..=48 {
            assert_eq!(numbered((0..count).chain(0..count)).count(), count);
        }
        for (count, length) in [(48, 8 * 48), (49, 256), (100_000, 256)] {
            assert_eq!(serde_json::to_string(&numbered(0..count)).unwrap().len(), r#"{"m":""}"#.len() + length);
        }
    }

    /// Promised by the API: the standard error is 6.5 %. The users are the same in each run.
    #[test]
    fn the_estimate_is_within_three_standard_errors() {
        let (mut users, mut squares, mut checks) = (Users::default(), 0.0, 0);
        for series in 0..10_u64 {
            users = Users::default();
            for number in 1..=100_000_u64 {
                // Any 64 bits are a user's hash.
                users.add(project(1), UserHash(number.wrapping_add(series << 32).wrapping_mul(0xD129_0BF8_6D2C_5A4B)));
                if [30, 49, 100, 300, 640, 1_000, 3_000, 10_000, 30_000, 100_000].contains(&number) {
                    let error = users.count() as f64 / number as f64 - 1.0;
                    assert!(error.abs() < 3.0 * 0.065, "{number} users are counted as {}", users.count());
                    squares += error * error;
                    checks += 1;
                }
            }
        }
        let root_mean_square = (squares / f64::from(checks)).sqrt();
        assert!(root_mean_square < 0.065, "{root_mean_square}");
        assert!(users.count() > 80_000);
    }

    proptest! {
        /// Merging errors counts nobody twice.
        #[test]
        fn a_union_is_what_one_sketch_of_both_would_be(a in 0u64..200, b in 0u64..200, shared in 0u64..200) {
            let mut union = numbered(0..a + shared);
            union.join(&numbered(a..a + shared + b));
            prop_assert_eq!(&union, &numbered(0..a + shared + b));
            let stored = serde_json::to_string(&union).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Users>(&stored).unwrap(), &union);
        }
    }

    #[test]
    fn a_wrong_stored_form_is_named() {
        let few = [2, 14, 8 * 49].map(|length| (format!(r#"{{"f":"{}"}}"#, "0".repeat(length)), "at most 48 (got"));
        let odd = ["0", "0000000g"].map(|digits| (format!(r#"{{"f":"{digits}"}}"#), "hexadecimal"));
        let many = [0, 255, 257].map(|length| (format!(r#"{{"m":"{}"}}"#, "0".repeat(length)), "256 digits"));
        let wrong = ["[", "é", " ", "q"].map(|letter| (format!(r#"{{"m":"{}"}}"#, letter.repeat(256)), "256 digits"));
        for (json, expected) in few.into_iter().chain(odd).chain(many).chain(wrong) {
            let refused = serde_json::from_str::<Users>(&json).unwrap_err().to_string();
            assert!(refused.contains(expected), "{json}: {refused}");
        }
    }
}
