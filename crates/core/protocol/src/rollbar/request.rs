//! The request that was being served, and the user's address.

use std::net::IpAddr;

use serde_json::{Map, Value};

use crate::translate::{SentryEvent, Take};

/// The methods whose names are keys of the parameters in the body.
const METHODS: [&str; 5] = ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// The words for the address of the sender, and for a part of it.
const REMOTE: &str = "$remote_ip";
const REMOTE_ANONYMOUS: &str = "$remote_ip_anonymize";

/// Translates `request`. `user_agent` is that of the page, which browsers send elsewhere.
pub(super) fn put_request(
    event: &mut SentryEvent,
    mut request: Map<String, Value>,
    user_agent: Option<String>,
    client_ip: Option<IpAddr>,
) {
    if let Some(address) = request.take_text("user_ip").and_then(|text| address(text, client_ip)) {
        event.extend("user", Map::from_iter([("ip_address".to_owned(), address.into())]));
    }
    let mut out = Map::new();
    for (theirs, ours) in [("url", "url"), ("method", "method"), ("headers", "headers"), ("cookies", "cookies")] {
        out.extend(request.take_value(theirs).map(|value| (ours.to_owned(), value)));
    }
    let query = request.take_value("GET").filter(|query| query.as_object().is_none_or(|query| !query.is_empty()));
    let text = request.take_value("query_string");
    out.extend(text.or(query).map(|query| ("query_string".to_owned(), query)));
    let sent = METHODS.iter().filter_map(|method| request.take_value(method));
    let sent: Vec<_> = sent.filter(|sent| sent.as_object().is_none_or(|sent| !sent.is_empty())).collect();
    let body = request.take_value("body").filter(|body| *body != "");
    out.extend(sent.into_iter().next().or(body).map(|data| ("data".to_owned(), data)));
    if let Some(user_agent) = user_agent {
        let headers = out.entry("headers").or_insert_with(|| Map::new().into());
        if let Value::Object(headers) = headers
            && !headers.keys().any(|name| name.eq_ignore_ascii_case("user-agent"))
        {
            headers.insert("User-Agent".to_owned(), user_agent.into());
        }
    }
    request.retain(|_, value| value.as_array().is_none_or(|list| !list.is_empty()));
    for (key, value) in request {
        out.entry(key).or_insert(value);
    }
    event.extend("request", out);
}

fn address(text: String, client_ip: Option<IpAddr>) -> Option<String> {
    match text.as_str() {
        REMOTE => Some("{{auto}}".to_owned()),
        REMOTE_ANONYMOUS => Some(anonymise(client_ip?).to_string()),
        _ => Some(text),
    }
}

/// Returns the address of the network, without the part that identifies the host.
fn anonymise(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            [a, b, c, 0].into()
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            [a, b, c, 0, 0, 0, 0, 0].into()
        }
    }
}
