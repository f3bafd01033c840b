//! The body of `POST /api/v3/projects/{project}/notices`.

use model::json::CappedList;
use model::outcome::{Reason, Refusal};
use serde_json::value::RawValue;

use crate::translate::{check_size, is_object, read_object};

/// A notice that can be stored.
#[derive(Debug, PartialEq, Eq)]
pub struct Notice(pub Vec<u8>);

impl Notice {
    /// Parses a body: JSON, whatever its content type says. Browsers send it as plain text, which needs no preflight.
    pub fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let top = read_object(body, "a JSON object with a list `errors`")?;
        let errors = top.get("errors").filter(|errors| !matches!(errors.get(), "null" | "[]"));
        let invalid = |message: &str| Refusal::new(Reason::BodyInvalid, message.to_owned()).at(["errors"]);
        let errors =
            errors.ok_or_else(|| invalid("`errors` is missing or empty: send a list of at least one error"))?;
        let CappedList { first, .. } = serde_json::from_str::<CappedList<1>>(errors.get())
            .map_err(|_| invalid("`errors` is not a list: send a list of at least one error"))?;
        if !first.first().is_some_and(|error| is_object(error)) {
            return Err(invalid("an error is not an object: send an object with `type`, `message` and `backtrace`"));
        }
        let notice = serde_json::to_string(&top)
            .and_then(RawValue::from_string)
            .map_err(|error| invalid(&format!("the body cannot be read: {error}")))?;
        check_size(&notice)?;
        Ok(Self(notice.get().as_bytes().to_vec()))
    }
}
