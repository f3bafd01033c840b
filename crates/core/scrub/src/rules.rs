//! Scrubbing rules of a project.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::keys::{self, Verdict, Words};

/// Scrubbing rules of a project. Names are compared word by word: `accountNumber`, `account_number` and
/// `Account-Number` are the same name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Scrubbing")]
pub struct Rules {
    /// Keys whose values are secrets in addition to the default ones. A name also matches within a longer name
    /// (`account number` matches `old_account_number`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = Rules::MAX_NAMES))]
    pub additional: Vec<String>,
    /// Keys whose values are never secrets, whatever they are called or look like. Only the whole name matches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = Rules::MAX_NAMES))]
    pub exempt: Vec<String>,
    /// Kinds of personal data to replace wherever they are found in a text. By default none, since an error is often
    /// about them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = Personal::ALL.len()))]
    pub personal: Vec<Personal>,
}

/// A kind of personal data that is recognised by its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Personal {
    /// Email addresses.
    Email,
    /// IPv4 and IPv6 addresses.
    Ip,
    /// Bank account numbers (IBAN) with correct check digits.
    Iban,
    /// Phone numbers in international form, beginning with `+` or `00`.
    Phone,
    /// Social security numbers of the USA, such as `123-45-6789`.
    Ssn,
}

impl Personal {
    /// All kinds, in the order of the documentation.
    pub const ALL: [Self; 5] = [Self::Email, Self::Ip, Self::Iban, Self::Phone, Self::Ssn];
}

impl Rules {
    /// The most names in each list. Every key of an event is compared with all of them.
    pub const MAX_NAMES: usize = 100;
}

/// The rules, prepared for matching.
pub(super) struct Compiled {
    additional: Vec<Vec<String>>,
    exempt: Vec<Vec<String>>,
    pub(super) personal: Vec<Personal>,
}

impl Compiled {
    pub(super) fn of(rules: &Rules) -> Self {
        let split = |names: &[String]| names.iter().map(|name| words(name)).filter(|words| !words.is_empty()).collect();
        Self { additional: split(&rules.additional), exempt: split(&rules.exempt), personal: rules.personal.clone() }
    }

    /// Returns the verdict on the value at `key`.
    pub(super) fn verdict(&self, key: &str) -> Verdict {
        if self.additional.is_empty() && self.exempt.is_empty() {
            return keys::verdict(key);
        }
        let words = words(key);
        if self.exempt.contains(&words) {
            return Verdict::Exempt;
        }
        let covers = |name: &Vec<String>| words.windows(name.len()).any(|part| part == name.as_slice());
        if self.additional.iter().any(covers) { Verdict::Secret } else { keys::verdict(key) }
    }
}

fn words(name: &str) -> Vec<String> {
    Words::of(name).map(|word| String::from_utf8_lossy(word.as_bytes()).into_owned()).collect()
}
