//! The HTTP request in the attributes of a span or a record.

use serde_json::{Map, Value};

use super::attributes::take_first;
use crate::translate::SentryEvent;

/// Translates the attributes of the request. Returns its method and route.
pub(super) fn put_request(event: &mut SentryEvent, own: &mut Map<String, Value>) -> Option<String> {
    let mut request = Map::new();
    let method = take_first(own, &["http.request.method", "http.method"]);
    let whole = take_first(own, &["url.full", "http.url"]);
    let parts = (
        take_first(own, &["url.scheme", "http.scheme"]),
        take_first(own, &["server.address", "http.host", "net.host.name"]),
        take_first(own, &["url.path", "http.target"]),
        take_first(own, &["url.query"]),
    );
    let url = whole.or_else(|| match parts {
        (Some(scheme), Some(host), Some(path), _) => Some(format!("{scheme}://{host}{path}")),
        (_, _, path, _) => path.clone(),
    });
    request.extend(url.map(|url| ("url".to_owned(), url.into())));
    request.extend(method.clone().map(|method| ("method".to_owned(), method.into())));
    let mut headers = Map::new();
    headers.extend(
        take_first(own, &["user_agent.original", "http.user_agent"])
            .map(|agent| ("User-Agent".to_owned(), agent.into())),
    );
    let sent: Vec<String> = own.keys().filter(|key| key.starts_with("http.request.header.")).cloned().collect();
    for key in sent {
        if let Some(value) = own.remove(&key) {
            headers.entry(key["http.request.header.".len()..].replace('_', "-")).or_insert(value);
        }
    }
    if !headers.is_empty() {
        request.insert("headers".to_owned(), headers.into());
    }
    event.extend("request", request);
    let route = take_first(own, &["http.route"])?;
    Some(method.map_or_else(|| route.clone(), |method| format!("{method} {route}")))
}

/// Translates the attributes of the user.
pub(super) fn put_user(event: &mut SentryEvent, own: &mut Map<String, Value>) {
    let mut user = Map::new();
    for (names, key) in [
        (&["user.id", "enduser.id"][..], "id"),
        (&["user.email"], "email"),
        (&["user.name", "user.full_name"], "username"),
        (&["client.address", "http.client_ip"], "ip_address"),
    ] {
        user.extend(take_first(own, names).map(|text| (key.to_owned(), text.into())));
    }
    event.extend("user", user);
}
