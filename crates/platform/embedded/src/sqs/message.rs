//! The rules for messages (length, characters, attributes), and the digests that clients check.

use std::collections::BTreeMap;
use std::io;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use super::refusal::{Refusal, RefusalKind};
use crate::shared::random;

/// The most bytes of a message with its attributes, and of all messages in a batch: 1 MiB, AWS's limit since August
/// 2025.
pub(super) const MAX_SIZE: u32 = 1 << 20;

/// The most attributes of a message.
const MAX_ATTRIBUTES: usize = 10;

/// A message that was checked and may be stored.
pub(super) struct Draft {
    pub(super) uuid: [u8; 16],
    pub(super) body: String,
    pub(super) extras: Extras,
    /// The size of the body and the attributes in bytes.
    pub(super) size: u32,
    /// Milliseconds until it becomes visible.
    pub(super) delay: i64,
}

/// The parts of a message other than its body; one JSON column, which is null if there are none.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Extras {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) attributes: BTreeMap<String, WireAttribute>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) trace_header: Option<String>,
}

/// A message attribute in the format of the protocol, with binary values in base64.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WireAttribute {
    pub(super) data_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) string_value: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) binary_value: Option<String>,
}

/// An attribute of a received message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// `String`, `Number` or `Binary`, optionally followed by a dot and a custom part.
    pub data_type: String,
    pub value: AttributeValue,
}

/// The value of an [`Attribute`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeValue {
    /// For the types `String` and `Number`.
    Text(String),
    /// For the type `Binary`.
    Binary(Vec<u8>),
}

impl Draft {
    pub(super) fn new(body: String, extras: Extras, delay_seconds: u32) -> Result<Self, Refusal> {
        if body.is_empty() {
            return Err(Refusal::missing("MessageBody"));
        }
        // Nearly all bodies are printable ASCII only. This detects that without a branch for each character.
        let is_plain = body.bytes().fold(true, |plain, byte| plain & (0x20..0x7f).contains(&byte));
        if !is_plain && !body.chars().all(is_allowed) {
            let message = "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | \
                           #xE000 to #xFFFD | #x10000 to #x10FFFF.";
            return Err(Refusal::new(RefusalKind::InvalidMessageContents, message));
        }
        if delay_seconds > 900 {
            return Err(Refusal::parameter(format!(
                "Value {delay_seconds} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."
            )));
        }
        let size = body.len() + extras.size()?;
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        let uuid = random().map_err(|e: io::Error| Refusal::new(RefusalKind::Internal, e.to_string()))?;
        Ok(Self { uuid, body, extras, size, delay: i64::from(delay_seconds) * 1000 })
    }

    pub(super) fn check_size(&self, max: u32) -> Result<(), Refusal> {
        if self.size <= max {
            return Ok(());
        }
        let reason = format!("One or more parameters are invalid. Reason: Message must be shorter than {max} bytes.");
        Err(Refusal::parameter(reason))
    }
}

impl Extras {
    pub(super) fn to_column(&self) -> Option<String> {
        if self.attributes.is_empty() && self.trace_header.is_none() {
            return None;
        }
        serde_json::to_string(self).ok()
    }

    pub(super) fn from_column(column: Option<&str>) -> Self {
        column.and_then(|column| serde_json::from_str(column).ok()).unwrap_or_default()
    }

    /// Checks the attributes, and returns the bytes that count towards the size of the message.
    fn size(&self) -> Result<usize, Refusal> {
        if self.attributes.len() > MAX_ATTRIBUTES {
            let message = format!("Number of message attributes exceeds the allowed maximum [{MAX_ATTRIBUTES}].");
            return Err(Refusal::parameter(message));
        }
        let mut size = 0;
        for (name, attribute) in &self.attributes {
            let value = attribute.value().ok_or_else(|| {
                Refusal::parameter(format!("The message attribute '{name}' must have a type and a non-empty value."))
            })?;
            size += name.len() + attribute.data_type.len() + value.len();
        }
        Ok(size)
    }

    /// The digest that the SDK may check; `None` without attributes.
    pub(super) fn md5_of_attributes(&self) -> Option<String> {
        if self.attributes.is_empty() {
            return None;
        }
        let mut bytes = Vec::new();
        // The map is sorted by name, as required.
        for (name, attribute) in &self.attributes {
            put(&mut bytes, name.as_bytes());
            put(&mut bytes, attribute.data_type.as_bytes());
            match attribute.value()? {
                AttributeValue::Text(text) => {
                    bytes.push(1);
                    put(&mut bytes, text.as_bytes());
                }
                AttributeValue::Binary(value) => {
                    bytes.push(2);
                    put(&mut bytes, &value);
                }
            }
        }
        Some(hex::encode(Md5::digest(&bytes)))
    }
}

fn put(bytes: &mut Vec<u8>, part: &[u8]) {
    bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(part);
}

impl WireAttribute {
    /// `None` if the type and the value do not match.
    pub(super) fn value(&self) -> Option<AttributeValue> {
        match self.data_type.split('.').next()? {
            "String" | "Number" => self.string_value.clone().filter(|text| !text.is_empty()).map(AttributeValue::Text),
            "Binary" => {
                let bytes = BASE64_STANDARD.decode(self.binary_value.as_ref()?).ok()?;
                (!bytes.is_empty()).then_some(AttributeValue::Binary(bytes))
            }
            _ => None,
        }
    }
}

impl AttributeValue {
    fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }
}

/// The MD5 of a body in hexadecimal, which clients check.
pub(super) fn md5_of_body(body: &str) -> String {
    hex::encode(Md5::digest(body))
}

/// Whether SQS allows the character.
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}
