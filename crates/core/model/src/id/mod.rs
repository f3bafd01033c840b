//! Ids and names. Each is a newtype with a private field, `FromStr`, and an error that says what is wrong with the text
//! and what is right.

mod attachments;
mod checksum;
mod config;
mod debug;
mod error_uid;
mod event;
mod fingerprint;
mod kept;
mod key;
mod occurrence;
mod project;
mod segment;
mod upload;
mod user;

pub use attachments::AttachmentFolder;
pub use checksum::{BadChecksum, Checksum};
pub use config::{BadConfigId, ConfigId};
pub use debug::{BadDebugId, DebugId};
pub use error_uid::{BadErrorUid, ErrorUid};
pub use event::{BadEventId, EventHash, EventId};
pub use fingerprint::{BadFingerprint, Fingerprint};
pub use key::{BadKey, BadKeyHash, BadKeyId, Key, KeyHash, KeyId};
pub use occurrence::{BadOccurrenceId, OccurrenceId, ReferenceId};
pub use project::{BadProjectId, BadProjectName, ProjectId, ProjectName};
pub use segment::{BadSegmentId, SegmentId};
pub use upload::{BadUploadId, UploadId};
pub use user::{BadUserId, UserId};

/// The key of an error in storage: its project and its fingerprint.
pub type ErrorKey = (ProjectId, Fingerprint);

/// Implements `Serialize` and `Deserialize` for an id with a text form that `parse` checks. If the API shows the id,
/// implements its schema too: a pattern of what `parse` accepts, and an example.
macro_rules! text_form {
    ($type:ident, $pattern:expr, $example:expr) => {
        crate::id::text_form!($type);

        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": $pattern, "examples": [$example] })
            }
        }
    };
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}
use text_form;

/// The first 80 characters of `text`, for an error message.
fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(80).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// Reads `N` bytes from `2 * N` hexadecimal digits of either case.
fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok().map(|()| bytes)
}
