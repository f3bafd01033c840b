//! The attributes of a queue: their defaults, limits and text formats.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::refusal::{Refusal, RefusalKind};
use super::{arn, message};

/// The attributes that can be set. Times are in seconds, sizes in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Attributes {
    pub(super) visibility_timeout: u32,
    pub(super) retention: u32,
    pub(super) max_message: u32,
    pub(super) delay: u32,
    pub(super) receive_wait: u32,
    pub(super) redrive: Option<Redrive>,
    /// Attributes without an effect here, as they were set.
    pub(super) kept: BTreeMap<String, String>,
}

/// Where messages go that were received too often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Redrive {
    /// The name of the dead-letter queue.
    pub(super) target: String,
    /// After this many receives, the next one moves the message.
    pub(super) max_receives: u32,
}

/// Attributes of AWS that have no effect on an embedded queue.
const KEPT_ATTRIBUTES: [&str; 5] =
    ["Policy", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled", "RedriveAllowPolicy"];

const FOUR_DAYS: u32 = 4 * 24 * 60 * 60;

impl Default for Attributes {
    fn default() -> Self {
        Self {
            visibility_timeout: 30,
            retention: FOUR_DAYS,
            max_message: message::MAX_SIZE,
            delay: 0,
            receive_wait: 0,
            redrive: None,
            kept: BTreeMap::new(),
        }
    }
}

impl Attributes {
    /// Sets the given attributes, and leaves the others.
    pub(super) fn apply(&mut self, given: &BTreeMap<String, String>) -> Result<(), Refusal> {
        for (name, value) in given {
            match name.as_str() {
                "VisibilityTimeout" => self.visibility_timeout = number(name, value, 0, 43_200)?,
                "MessageRetentionPeriod" => self.retention = number(name, value, 60, 1_209_600)?,
                "MaximumMessageSize" => self.max_message = number(name, value, 1024, message::MAX_SIZE)?,
                "DelaySeconds" => self.delay = number(name, value, 0, 900)?,
                "ReceiveMessageWaitTimeSeconds" => self.receive_wait = number(name, value, 0, 20)?,
                "RedrivePolicy" => self.redrive = redrive(value)?,
                _ if is_kept(name) => drop(self.kept.insert(name.clone(), value.clone())),
                _ => return Err(unknown(name)),
            }
        }
        Ok(())
    }

    /// All settable attributes, as AWS formats them.
    pub(super) fn texts(&self) -> BTreeMap<String, String> {
        let mut texts = self.kept.clone();
        let numbers = [
            ("VisibilityTimeout", self.visibility_timeout),
            ("MessageRetentionPeriod", self.retention),
            ("MaximumMessageSize", self.max_message),
            ("DelaySeconds", self.delay),
            ("ReceiveMessageWaitTimeSeconds", self.receive_wait),
        ];
        texts.extend(numbers.map(|(name, number)| (name.to_owned(), number.to_string())));
        if let Some(redrive) = &self.redrive {
            let policy =
                json!({ "deadLetterTargetArn": arn(&redrive.target), "maxReceiveCount": redrive.max_receives });
            texts.insert("RedrivePolicy".to_owned(), policy.to_string());
        }
        texts
    }
}

/// Whether the attribute is only stored, without an effect.
pub(super) fn is_kept(name: &str) -> bool {
    KEPT_ATTRIBUTES.contains(&name)
}

pub(super) fn unknown(name: &str) -> Refusal {
    Refusal::new(RefusalKind::InvalidAttributeName, format!("Unknown Attribute {name}."))
}

fn number(name: &str, value: &str, min: u32, max: u32) -> Result<u32, Refusal> {
    let number = value.parse().ok().filter(|number| (min..=max).contains(number));
    number.ok_or_else(|| {
        let message = format!("Invalid value for the parameter {name}. Reason: Must be between {min} and {max}.");
        Refusal::new(RefusalKind::InvalidAttributeValue, message)
    })
}

fn redrive(policy: &str) -> Result<Option<Redrive>, Refusal> {
    if policy.is_empty() {
        return Ok(None);
    }
    let invalid = |reason: &str| {
        let message = format!("Value {policy} for parameter RedrivePolicy is invalid. Reason: {reason}");
        Refusal::parameter(message)
    };
    let parsed: Value = serde_json::from_str(policy).map_err(|_| invalid("It is not JSON."))?;
    let target = parsed["deadLetterTargetArn"].as_str().ok_or_else(|| invalid("There is no deadLetterTargetArn."))?;
    let name = target.strip_prefix(&arn("")).ok_or_else(|| invalid("Dead letter target does not exist."))?;
    let count = &parsed["maxReceiveCount"];
    let count = count.as_u64().or_else(|| count.as_str()?.parse().ok());
    let max_receives = count
        .and_then(|count| u32::try_from(count).ok())
        .filter(|count| (1..=1000).contains(count))
        .ok_or_else(|| invalid("Invalid value for maxReceiveCount, must be between 1 and 1000."))?;
    Ok(Some(Redrive { target: name.to_owned(), max_receives }))
}
