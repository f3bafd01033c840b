//! The body of `POST /api/1/item/`.

use std::borrow::Cow;

use model::id::EventId;
use model::outcome::{Reason, Refusal};
use percent_encoding::percent_decode;

use crate::translate::{RawObject, check_size, find_text, is_object, read_object};

/// An item that can be stored.
#[derive(Debug, PartialEq, Eq)]
pub struct RollbarItem {
    /// The `uuid`, if it is valid. An item that is sent again has the same one.
    pub event_id: Option<EventId>,
    /// The `data` of the body, as JSON. The access token is next to it in the body, so it is not in here.
    pub data: Vec<u8>,
}

/// The form field in which old clients send the JSON.
const FIELD: &[u8] = b"payload=";

/// Returns the access token in a body, of which only the beginning may have arrived yet.
pub fn find_token(body: &[u8]) -> Option<String> {
    find_text(&decode_form(body), "access_token")
}

impl RollbarItem {
    /// Parses a body: JSON, whatever its content type says, or a form with the JSON in a field.
    pub fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let mut top = read_object(&decode_form(body), "a JSON object with an object `data`")?;
        let data = top.remove("data").filter(|data| is_object(data)).ok_or_else(|| {
            let message = "`data` is missing, or is not an object: send an object";
            Refusal::new(Reason::BodyInvalid, message).at(["data"])
        })?;
        check_size(&data)?;
        let invalid = || Refusal::new(Reason::BodyInvalid, "`data` cannot be read: send an object").at(["data"]);
        let fields: RawObject = serde_json::from_str(data.get()).map_err(|_| invalid())?;
        if !fields.get("body").is_some_and(|body| is_object(body)) {
            let message = "`body` is missing: send an object with `trace`, `trace_chain`, `message` or `crash_report`";
            return Err(Refusal::new(Reason::BodyInvalid, message).at(["data", "body"]));
        }
        let uuid = fields.get("uuid").and_then(|uuid| serde_json::from_str::<String>(uuid.get()).ok());
        let event_id = uuid.and_then(|uuid| EventId::parse(&uuid).ok());
        Ok(Self { event_id, data: data.get().as_bytes().to_vec() })
    }
}

fn decode_form(body: &[u8]) -> Cow<'_, [u8]> {
    let Some(field) = body.trim_ascii_start().strip_prefix(FIELD) else { return Cow::Borrowed(body) };
    let field = field.split(|byte| *byte == b'&').next().unwrap_or_default();
    let spaced: Vec<u8> = field.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    Cow::Owned(percent_decode(&spaced).collect())
}
