//! Reads the HTTP request during which the event happened.

use std::fmt::Write;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::values::{any_text, pairs};
use model::json::Problem;
use model::json::{Fields, list_of};

/// Reads the request. Headers and cookies become objects. The query string is taken out of the URL and becomes a text
/// without `?`. Other values stay as they were sent.
pub(super) fn request(fields: &mut Fields<'_>) -> Map<String, Value> {
    let Some(request) = fields.object("request") else { return Map::new() };
    let at = fields.path();
    let path = at.key("request");
    let mut request = Fields::new(request, path, fields.problems());
    let mut out = Map::new();

    let url = request.text("url");
    let query = request.value("query_string").map(|query| query_text(query, path, request.problems()));
    let mut fragment = request.text("fragment");
    let mut query = query.filter(|query| !query.is_empty());
    if let Some(url) = url {
        let url = split_url(url, &mut query, &mut fragment);
        out.insert("url".to_owned(), url.into());
    }
    out.extend(query.map(|query| ("query_string".to_owned(), query.into())));
    out.extend(fragment.map(|fragment| ("fragment".to_owned(), fragment.into())));

    let mut cookies = request.value("cookies").map(|cookies| cookie_map(cookies, path, request.problems()));
    if let Some(headers) = request.value("headers") {
        let mut headers = header_map(headers, path, request.problems());
        if cookies.is_none()
            && let Some(name) = headers.keys().find(|name| name.eq_ignore_ascii_case("cookie")).cloned()
            && let Some(Value::String(text)) = headers.remove(&name)
        {
            cookies = Some(parse_cookies(&text));
        }
        out.insert("headers".to_owned(), headers.into());
    }
    out.extend(cookies.map(|cookies| ("cookies".to_owned(), cookies.into())));
    for key in ["method", "inferred_content_type"] {
        out.extend(request.text(key).map(|text| (key.to_owned(), text.into())));
    }
    if let Some(env) = request.object("env") {
        out.insert("env".to_owned(), env.into());
    }
    out.extend(request.rest());
    out.retain(|_, value| value.as_object().is_none_or(|map| !map.is_empty()));
    out
}

/// Splits query and fragment from the URL into separate fields. If these already have different values, the URL stays
/// as it is.
fn split_url(url: String, query: &mut Option<String>, fragment: &mut Option<String>) -> String {
    let (rest, hash) = url.split_once('#').map_or((url.as_str(), None), |(rest, hash)| (rest, Some(hash)));
    let (base, search) = rest.split_once('?').map_or((rest, None), |(base, search)| (base, Some(search)));
    let agrees =
        |part: Option<&str>, field: &Option<String>| part.is_none() || field.is_none() || field.as_deref() == part;
    if !agrees(hash, fragment) || !agrees(search, query) {
        return url;
    }
    let own = |part: Option<&str>| part.filter(|part| !part.is_empty()).map(str::to_owned);
    *fragment = fragment.take().or_else(|| own(hash));
    *query = query.take().or_else(|| own(search));
    base.to_owned()
}

fn query_text(value: Value, path: model::json::Path<'_>, problems: &mut Vec<Problem>) -> String {
    if let Value::String(text) = value {
        return text.strip_prefix('?').map(str::to_owned).unwrap_or(text);
    }
    let mut out = String::new();
    for (name, value) in pairs(value, path.key("query_string"), problems) {
        write_parameter(&mut out, &name, value, 0);
    }
    if out.len() > MAX_QUERY {
        let length = out.len();
        out.truncate(MAX_QUERY);
        Problem::note(problems, || Problem {
            kind: "value_too_long".to_owned(),
            name: path.key("query_string").to_string(),
            value: Value::Null,
            reason: format!("only the first {MAX_QUERY} of at least {length} bytes are kept"),
        });
    }
    out
}

/// The longest query that is made from an object, in bytes, since names of objects are repeated for each value in them.
const MAX_QUERY: usize = 256 << 10;
/// The longest name that is repeated, in bytes. A value with a longer name is written as JSON.
const MAX_REPEATED: usize = 1 << 10;

/// How many levels of nested objects in a query are written as names. Deeper ones are written as JSON.
const MAX_NESTED: usize = 16;

/// Writes a parameter as in a URL, in the form that PHP and Rails parse: an object as `name[key]=…`, and a list as one
/// `name=…` for each entry. This way each value has its name next to it.
fn write_parameter(out: &mut String, name: &str, value: Value, depth: usize) {
    if out.len() > MAX_QUERY {
        return;
    }
    let is_nested = depth < MAX_NESTED && name.len() <= MAX_REPEATED;
    match value {
        Value::Array(values) if is_nested => {
            for value in values {
                write_parameter(out, name, value, depth + 1);
            }
        }
        Value::Object(map) if is_nested => {
            for (key, value) in map {
                write_parameter(out, &format!("{name}[{key}]"), value, depth + 1);
            }
        }
        value => {
            let value = if value.is_null() { String::new() } else { any_text(value) };
            let separator = if out.is_empty() { "" } else { "&" };
            let (name, value) =
                (utf8_percent_encode(name, NON_ALPHANUMERIC), utf8_percent_encode(&value, NON_ALPHANUMERIC));
            let _ = write!(out, "{separator}{name}={value}");
        }
    }
}

fn header_map(value: Value, path: model::json::Path<'_>, problems: &mut Vec<Problem>) -> Map<String, Value> {
    let mut headers = Map::new();
    for (name, value) in pairs(value, path.key("headers"), problems) {
        let text = match value {
            Value::Null => continue,
            value => match list_of(value) {
                Ok(values) => values.into_iter().map(any_text).collect::<Vec<_>>().join(","),
                Err(value) => any_text(value),
            },
        };
        match headers.get_mut(&name) {
            Some(Value::String(before)) => {
                before.push(',');
                before.push_str(&text);
            }
            Some(_) | None => drop(headers.insert(name, text.into())),
        }
    }
    headers
}

fn cookie_map(value: Value, path: model::json::Path<'_>, problems: &mut Vec<Problem>) -> Map<String, Value> {
    match value {
        Value::String(text) => parse_cookies(&text),
        value => pairs(value, path.key("cookies"), problems).into_iter().collect(),
    }
}

/// Parses `name=value; name=value`.
fn parse_cookies(text: &str) -> Map<String, Value> {
    text.split(';')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect()
}
