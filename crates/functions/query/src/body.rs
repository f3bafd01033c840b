//! The JSON body of a request.

use axum::body::Body;
use http::Request;
use model::json;
use model::outcome::{Reason, Refusal};
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::json;

/// Parses the JSON body of a request. `form` describes the expected body, for refusals.
pub(crate) async fn parse_body<T: DeserializeOwned>(request: Request<Body>, form: &str) -> Result<T, Refusal> {
    let body = http_common::read_unpacked(request).await?;
    let mut value: json::Value = json::parse(&body)
        .map_err(|error| Refusal::new(Reason::BodyNotJson, format!("the body is {error}: send {form}")))?;
    if !value.is_object() {
        return Err(Refusal::new(Reason::BodyInvalid, format!("the body is not an object: send {form}")));
    }
    make_whole(&mut value);
    serde_json::from_value(value)
        .map_err(|error| Refusal::new(Reason::BodyInvalid, format!("the body is invalid: {error}; send {form}")))
}

/// Converts floats without a fraction, such as `30.0`, to integers: JSON Schema accepts them as integers, serde does
/// not.
fn make_whole(value: &mut json::Value) {
    match value {
        json::Value::Number(number) => {
            let float = number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0);
            // Beyond 2^53 a float does not represent every whole number.
            if let Some(float) = float.filter(|float| float.abs() <= 9_007_199_254_740_992.0) {
                *number = (float as i64).into();
            }
        }
        json::Value::Array(list) => list.iter_mut().for_each(make_whole),
        json::Value::Object(map) => map.values_mut().for_each(make_whole),
        _ => {}
    }
}

/// Parses an object or null. A derived `Deserialize` would also accept a list of the fields' values.
pub(crate) fn deserialize_object<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    value: D,
) -> Result<Option<T>, D::Error> {
    match json::Value::deserialize(value)? {
        json::Value::Null => Ok(None),
        value @ json::Value::Object(_) => serde_json::from_value(value).map(Some).map_err(D::Error::custom),
        _ => Err(D::Error::custom("expected an object")),
    }
}

/// Distinguishes a field that is null (`Some(None)`) from a missing field (`None`).
pub(crate) fn deserialize_some<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    value: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

/// Builds the alternatives of a schema: one of `keys` is present and not null, or one of `nullable` is present.
pub(crate) fn some_of(keys: &[&str], nullable: &[&str]) -> serde_json::Value {
    let there = |key: &&str| json!({ "required": [key], "properties": { *key: { "not": { "type": "null" } } } });
    keys.iter().map(there).chain(nullable.iter().map(|key| json!({ "required": [key] }))).collect()
}
