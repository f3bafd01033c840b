//! Items: attributes by name, written and read with one line each.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use model::time::Timestamp;

use super::schema::{FORM, PK, SK, TTL};
use crate::error::{Result, StoreError};

/// An item as the SDK has it.
#[expect(unreachable_pub, reason = "part of the signature of `error_in_stream`")]
pub type Attributes = HashMap<String, AttributeValue>;

/// The form of every item that this version writes.
const VERSION: u64 = 1;

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) fn bytes(value: Vec<u8>) -> AttributeValue {
    AttributeValue::B(Blob::new(value))
}

pub(crate) fn time(value: Timestamp) -> AttributeValue {
    number(value.micros())
}

/// The primary key of an item.
pub(crate) fn key(pk: impl Into<String>, sk: impl Into<String>) -> Attributes {
    HashMap::from([(PK.to_owned(), text(pk)), (SK.to_owned(), text(sk))])
}

/// An item under construction, with its key and the version of its form.
pub(crate) struct Writer(Attributes);

impl Writer {
    pub(crate) fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self(key(pk, sk)).with(FORM, number(VERSION))
    }

    pub(crate) fn with(mut self, name: &str, value: AttributeValue) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    pub(crate) fn expiring(self, at: Timestamp) -> Self {
        self.with(TTL, number(at.seconds()))
    }

    pub(crate) fn done(self) -> Attributes {
        self.0
    }
}

/// An item being read. What is missing or of another kind is an error that names the attribute.
pub(crate) struct Reader<'a> {
    doing: &'static str,
    item: &'a Attributes,
}

impl<'a> Reader<'a> {
    /// Around an item whose form this version knows.
    pub(crate) fn new(doing: &'static str, item: &'a Attributes) -> Result<Self> {
        let reader = Self { doing, item };
        match reader.number::<u64>(FORM)? {
            VERSION => Ok(reader),
            later => Err(StoreError::corrupt(doing, format!("an item of form {later}, this version reads {VERSION}"))),
        }
    }

    /// Around an item of whatever form.
    pub(crate) fn of_any_form(doing: &'static str, item: &'a Attributes) -> Self {
        Self { doing, item }
    }

    pub(crate) fn text(&self, name: &str) -> Result<&'a str> {
        self.text_if_any(name).ok_or_else(|| self.wrong(name, "a text"))
    }

    pub(crate) fn text_if_any(&self, name: &str) -> Option<&'a str> {
        self.item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
    }

    pub(crate) fn number<T: std::str::FromStr>(&self, name: &str) -> Result<T> {
        let value = self.item.get(name).and_then(|value| value.as_n().ok());
        value.and_then(|number| number.parse().ok()).ok_or_else(|| self.wrong(name, "a number"))
    }

    pub(crate) fn number_if_any<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>> {
        self.item.get(name).map(|_| self.number(name)).transpose()
    }

    pub(crate) fn time(&self, name: &str) -> Result<Timestamp> {
        self.number(name).map(Timestamp::from_micros)
    }

    pub(crate) fn bytes(&self, name: &str) -> Result<&'a [u8]> {
        let value = self.item.get(name).and_then(|value| value.as_b().ok());
        value.map(AsRef::as_ref).ok_or_else(|| self.wrong(name, "bytes"))
    }

    pub(crate) fn boolean(&self, name: &str) -> bool {
        self.item.get(name).and_then(|value| value.as_bool().ok()).copied().unwrap_or_default()
    }

    /// What `read` makes of the attribute at `name`, if there is one.
    pub(crate) fn if_any<T>(&self, name: &str, read: impl FnOnce(&Self, &str) -> Result<T>) -> Result<Option<T>> {
        self.item.contains_key(name).then(|| read(self, name)).transpose()
    }

    /// The text at `name`, parsed.
    pub(crate) fn parsed<T, E: std::fmt::Display>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> std::result::Result<T, E>,
    ) -> Result<T> {
        parse(self.text(name)?).map_err(|error| StoreError::corrupt(self.doing, format!("attribute `{name}`: {error}")))
    }

    /// The bytes at `name`, parsed.
    pub(crate) fn parsed_bytes<T, E: std::fmt::Display>(
        &self,
        name: &str,
        parse: impl FnOnce(&[u8]) -> std::result::Result<T, E>,
    ) -> Result<T> {
        parse(self.bytes(name)?)
            .map_err(|error| StoreError::corrupt(self.doing, format!("attribute `{name}`: {error}")))
    }

    fn wrong(&self, name: &str, expected: &str) -> StoreError {
        let place = |name| self.item.get(name).and_then(|value| value.as_s().ok()).map_or("?", String::as_str);
        let what = format!("item {} / {}: attribute `{name}` is not {expected}", place(PK), place(SK));
        StoreError::corrupt(self.doing, what)
    }
}

/// Whether an item's time is over, though DynamoDB, which takes its time, has not removed it yet.
pub(crate) fn is_expired(item: &Attributes, now: Timestamp) -> bool {
    let ttl = item.get(TTL).and_then(|value| value.as_n().ok()).and_then(|number| number.parse::<i64>().ok());
    ttl.is_some_and(|ttl| ttl < now.seconds())
}
