//! What the table's stream says: items before and after a commit.

use std::collections::HashMap;

use aws_lambda_events::dynamodb::EventRecord;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::error::ErrorAggregate;
use store::StoreError;
use store::dynamo::{LimitMark, error_in_stream, limit_in_stream};

/// A record of the stream.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// Its place in the stream.
    pub number: String,
    /// The item before; empty if it is new.
    pub old: HashMap<String, AttributeValue>,
    /// The item after; empty if it was removed.
    pub new: HashMap<String, AttributeValue>,
}

/// An error before and after a commit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    /// The error as it was; `None` if it is new.
    pub(crate) old: Option<ErrorAggregate>,
    /// The error as it is.
    pub(crate) new: ErrorAggregate,
}

impl Record {
    /// The limit that a project ran into; `None` if the record is of something else.
    pub(crate) fn limit(&self) -> Result<Option<LimitMark>, StoreError> {
        limit_in_stream(&self.old, &self.new)
    }

    /// What happened to an error; `None` if the record is of something else, or of an error's end.
    pub(crate) fn change(&self) -> Result<Option<Change>, StoreError> {
        let Some(new) = error_in_stream(&self.new)? else { return Ok(None) };
        Ok(Some(Change { old: error_in_stream(&self.old)?, new }))
    }
}

impl From<EventRecord> for Record {
    fn from(record: EventRecord) -> Self {
        let change = record.change;
        let number = change.sequence_number.unwrap_or_default();
        Self { number, old: attributes(change.old_image), new: attributes(change.new_image) }
    }
}

/// An image in the form that the store reads.
fn attributes(image: serde_dynamo::Item) -> HashMap<String, AttributeValue> {
    let image: HashMap<String, serde_dynamo::AttributeValue> = image.into();
    image.into_iter().map(|(name, value)| (name, attribute(value))).collect()
}

fn attribute(value: serde_dynamo::AttributeValue) -> AttributeValue {
    use serde_dynamo::AttributeValue as Image;
    match value {
        Image::S(text) => AttributeValue::S(text),
        Image::N(number) => AttributeValue::N(number),
        Image::Bool(value) => AttributeValue::Bool(value),
        Image::B(bytes) => AttributeValue::B(bytes.into()),
        Image::Null(value) => AttributeValue::Null(value),
        Image::M(map) => AttributeValue::M(map.into_iter().map(|(name, value)| (name, attribute(value))).collect()),
        Image::L(list) => AttributeValue::L(list.into_iter().map(attribute).collect()),
        Image::Ss(texts) => AttributeValue::Ss(texts),
        Image::Ns(numbers) => AttributeValue::Ns(numbers),
        Image::Bs(all) => AttributeValue::Bs(all.into_iter().map(Into::into).collect()),
    }
}
