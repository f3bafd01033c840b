//! Records of the table's stream: items before and after a commit.

use std::collections::HashMap;

use aws_lambda_events::dynamodb::EventRecord;
use aws_sdk_dynamodb::types::AttributeValue;
use model::error::ErrorAggregate;
use store::StoreError;
use store::dynamo::{LimitMark, error_in_stream, limit_in_stream};

/// A record of the stream.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// The sequence number of the record.
    pub number: String,
    /// The item before the change; empty if it is new.
    pub old: HashMap<String, AttributeValue>,
    /// The item after the change; empty if it was removed.
    pub new: HashMap<String, AttributeValue>,
}

/// An error before and after a commit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    /// The error before; `None` if it is new.
    pub(crate) old: Option<ErrorAggregate>,
    pub(crate) new: ErrorAggregate,
}

impl Record {
    /// Reads a record in the JSON that Lambda passes to a function.
    ///
    /// # Errors
    /// If it is not a record of a table's stream.
    pub fn parse(json: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice::<EventRecord>(json).map(Self::from)
    }

    /// Returns the limit that a project reached; `None` if the record is about something else.
    pub(crate) fn limit(&self) -> Result<Option<LimitMark>, StoreError> {
        limit_in_stream(&self.old, &self.new)
    }

    /// Returns the change of an error; `None` if the record is about something else, or about an error's deletion.
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

/// Converts an image to the attribute values that the store reads.
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

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD as BASE64;
    use model::error::{Figures, Link, Mute, Posted, Regression, Seen, Sighting, Status, ThresholdWindows};
    use model::id::{ConfigId, ErrorUid, EventId, Fingerprint, OccurrenceId, ProjectId};
    use model::occurrence::{Occurrence, Source};
    use model::project::TimeUnit;
    use model::time::Timestamp;
    use serde_json::{Value, json};

    use super::*;

    const SK: &str = "E#6b0dd08465d55a2f0a98f929a3c6fff6";

    /// The error of the images, without occurrences.
    fn error() -> ErrorAggregate {
        let uid = ErrorUid::parse("01M6CS37V0P6VGGFR7GX197914").unwrap();
        let fingerprint = Fingerprint::parse(SK.trim_start_matches("E#")).unwrap();
        ErrorAggregate::new(ProjectId::new(2).unwrap(), fingerprint, uid, Timestamp::from_seconds(0))
    }

    fn image(of: &ErrorAggregate, more: &Value) -> Value {
        let mut image = json!({
            "pk": { "S": "P#2" }, "sk": { "S": SK }, "v": { "N": "1" },
            "uid": { "S": of.uid.to_string() }, "version": { "N": "1" }, "count": { "N": "1" },
            "type": { "S": "KeyError" }, "message": { "S": "'total'" }, "level": { "S": "error" },
            "platform": { "S": "python" }, "status": { "S": "unresolved" }, "statusAt": { "N": "1793577820000000" },
            "firstSeen": { "N": "1793577720123456" }, "lastSeen": { "N": "1793577720123456" }, "ttl": { "N": "1801353720" },
            "figures": { "B": BASE64.encode(Figures::of(of).pack()) },
        });
        image.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        image
    }

    fn record(old: &Value, new: &Value) -> Record {
        let change = json!({
            "ApproximateCreationDateTime": 1_793_577_821, "Keys": {}, "SequenceNumber": "7", "SizeBytes": 1,
            "StreamViewType": "NEW_AND_OLD_IMAGES", "OldImage": old, "NewImage": new,
        });
        let record = json!({ "awsRegion": "eu-west-1", "eventID": "1", "eventName": "MODIFY", "dynamodb": change });
        serde_json::from_value::<EventRecord>(record).unwrap().into()
    }

    /// The images contain everything that decisions need.
    #[test]
    fn all_fields_of_an_error_are_read() {
        let moment = Timestamp::from_seconds(29_892_962 * 60);
        let mut occurrence = Occurrence::new(EventId::from_bytes([0; 16]), Source::V1, moment, moment);
        occurrence.environment = Some("production".to_owned());
        occurrence.release = Some("shop@1.2.3".to_owned());
        let mut seen = error();
        drop(seen.observe(TimeUnit::Minute, &vec![Sighting::of(&occurrence, "m"); 8]));
        seen.posted = Some(Posted {
            configs: ConfigId::parse("00000000000000000000000000c0ffee").unwrap(),
            occurrence: OccurrenceId::parse("9007197776696131-01KGZ3M5V00000000000000007-0").unwrap(),
        });
        let at = Timestamp::from_seconds(1_793_577_860);
        seen.regression = Some(Regression { at, release: occurrence.release.clone(), count: 2 });
        let more = json!({
            "version": { "N": "2" }, "count": { "N": "9" }, "status": { "S": "muted" },
            "mutedUntil": { "N": "1793577900000000" }, "mutedUntilCount": { "N": "40" },
            "environment": { "S": "production" }, "assignee": { "S": "Ada" },
            "link:d1": { "S": "7 https://issues.example/a b/7" },
        });
        let change = record(&image(&error(), &json!({})), &image(&seen, &more)).change().unwrap();
        let Some(Change { old: Some(old), new }) = change else { panic!("{change:?}") };
        assert_eq!(
            (old.mute, &old.threshold_windows, &old.seen, old.links.len()),
            (None, &ThresholdWindows::default(), &Seen::default(), 0)
        );
        let until = Some(Timestamp::from_micros(1_793_577_900_000_000));
        assert_eq!((new.status, new.mute), (Status::Muted, Some(Mute { until, until_count: Some(40) })));
        assert_eq!((&new.regression, new.assignee.as_deref()), (&seen.regression, Some("Ada")));
        assert_eq!(new.threshold_windows.counts().collect::<Vec<_>>(), [(moment, 8)]);
        assert_eq!((new.environment.as_deref(), new.posted), (Some("production"), seen.posted));
        let [origin] = new.seen.origins() else { panic!("{:?}", new.seen) };
        assert_eq!(
            (origin.environment.as_deref(), origin.release.as_deref()),
            (Some("production"), Some("shop@1.2.3"))
        );
        let link = Link { number: 7, url: "https://issues.example/a b/7".to_owned() };
        assert_eq!(new.links.iter().collect::<Vec<_>>(), [(&"d1".to_owned(), &link)]);
    }

    #[test]
    fn an_unreadable_field_is_named() {
        for (name, value, expected) in [
            ("figures", json!({ "B": BASE64.encode("x") }), "figures of an error have form 120"),
            ("figures", json!({ "S": "x" }), "`figures`"),
            ("link:d", json!({ "S": "https://no.number" }), "`link:d`"),
            ("status", json!({ "S": "asleep" }), "`status`"),
        ] {
            let record = record(&image(&error(), &json!({})), &image(&error(), &json!({ name: value })));
            let refused = record.change().unwrap_err().to_string();
            assert!(refused.contains(expected), "{refused}");
        }
    }
}
