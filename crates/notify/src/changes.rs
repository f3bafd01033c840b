//! The changes of errors in a batch of the table's stream.

use std::collections::HashMap;

use aws_lambda_events::dynamodb::{Event, EventRecord};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::error::ErrorAggregate;
use store::StoreError;
use store::dynamo::error_in_stream;

/// An error before and after a commit.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The error as it was; `None` if it is new.
    pub old: Option<ErrorAggregate>,
    /// The error as it is; `None` if it was deleted.
    pub new: Option<ErrorAggregate>,
}

/// What happened to errors, in the order of the stream; records of other items are passed over. A record that cannot be
/// read is an error beside its sequence number, and leaves the others.
pub fn changes(event: Event) -> Vec<Result<Change, (String, StoreError)>> {
    event.records.into_iter().filter_map(|record| change(record).transpose()).collect()
}

fn change(record: EventRecord) -> Result<Option<Change>, (String, StoreError)> {
    let number = record.change.sequence_number.unwrap_or_default();
    let read = |image| error_in_stream(&attributes(image)).map_err(|error| (number.clone(), error));
    let (old, new) = (read(record.change.old_image)?, read(record.change.new_image)?);
    Ok((old.is_some() || new.is_some()).then_some(Change { old, new }))
}

/// The image in the form that the store reads: errors are made of texts and numbers only.
fn attributes(image: serde_dynamo::Item) -> HashMap<String, AttributeValue> {
    use serde_dynamo::AttributeValue as Image;
    let image: HashMap<String, Image> = image.into();
    image
        .into_iter()
        .filter_map(|(name, value)| match value {
            Image::S(text) => Some((name, AttributeValue::S(text))),
            Image::N(number) => Some((name, AttributeValue::N(number))),
            Image::Bool(value) => Some((name, AttributeValue::Bool(value))),
            _ => None,
        })
        .collect()
}
