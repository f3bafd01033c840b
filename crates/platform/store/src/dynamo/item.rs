//! Items as maps of attributes: helpers to write and read each attribute in one line.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use model::time::Timestamp;

use super::schema::{FORM, PK, SK, TTL};
use crate::error::{Result, StoreError};

/// An item in the SDK's representation.
#[expect(unreachable_pub, reason = "part of the signature of `error_in_stream`")]
pub type Attributes = HashMap<String, AttributeValue>;

/// The version of the item format that this version of faultline writes.
pub(crate) const VERSION: u64 = 1;

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

/// Builds an item that has its key and the version of its format.
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

/// Reads an item. If an attribute is missing or has the wrong type, the error names it.
pub(crate) struct Reader<'a> {
    doing: &'static str,
    item: &'a Attributes,
}

impl<'a> Reader<'a> {
    /// Reads an item whose format version must be known.
    pub(crate) fn new(doing: &'static str, item: &'a Attributes) -> Result<Self> {
        let reader = Self { doing, item };
        match reader.number::<u64>(FORM)? {
            VERSION => Ok(reader),
            later => Err(StoreError::corrupt(
                doing,
                format!("the item has format {later}, but this version of faultline reads format {VERSION}"),
            )),
        }
    }

    /// Reads an item of any format version.
    pub(crate) fn of_any_form(doing: &'static str, item: &'a Attributes) -> Self {
        Self { doing, item }
    }

    pub(crate) fn text(&self, name: &str) -> Result<&'a str> {
        self.text_if_any(name).ok_or_else(|| self.wrong(name, "a string"))
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

    pub(crate) fn map(&self, name: &str) -> Result<&'a Attributes> {
        let value = self.item.get(name).and_then(|value| value.as_m().ok());
        value.ok_or_else(|| self.wrong(name, "a map"))
    }

    pub(crate) fn boolean(&self, name: &str) -> bool {
        self.item.get(name).and_then(|value| value.as_bool().ok()).copied().unwrap_or_default()
    }

    /// Applies `read` to the attribute `name`, if it exists.
    pub(crate) fn if_any<T>(&self, name: &str, read: impl FnOnce(&Self, &str) -> Result<T>) -> Result<Option<T>> {
        self.item.contains_key(name).then(|| read(self, name)).transpose()
    }

    /// Parses the text attribute `name`.
    pub(crate) fn parsed<T, E: std::fmt::Display>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> std::result::Result<T, E>,
    ) -> Result<T> {
        parse(self.text(name)?).map_err(|error| StoreError::corrupt(self.doing, format!("attribute `{name}`: {error}")))
    }

    /// Parses the binary attribute `name`.
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

/// Whether an item has expired. DynamoDB removes expired items only some time later.
pub(crate) fn is_expired(item: &Attributes, now: Timestamp) -> bool {
    let ttl = item.get(TTL).and_then(|value| value.as_n().ok()).and_then(|number| number.parse::<i64>().ok());
    ttl.is_some_and(|ttl| ttl < now.seconds())
}
