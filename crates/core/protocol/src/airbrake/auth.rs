//! Credentials, in all forms in which clients send them.

/// Returns the keys that a request presents, in this order: `?key=`, the header `Authorization: Bearer`, the header
/// `X-Airbrake-Token`. If there is none, the project in the path may be a key, as in Errbit.
pub fn presented_keys<'a>(
    query: Option<&'a str>,
    authorization: Option<&'a str>,
    token: Option<&'a str>,
    project: &'a str,
) -> Vec<&'a str> {
    let of_query = query.and_then(|query| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(name, _)| *name == "key").map(|(_, key)| key)
    });
    let bearer = authorization.and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
    });
    let mut keys: Vec<_> =
        [of_query, bearer, token.map(str::trim)].into_iter().flatten().filter(|key| !key.is_empty()).collect();
    if keys.is_empty() {
        keys.push(project);
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_where_clients_put_them() {
        assert_eq!(presented_keys(Some("a=1&key=k1&key=k2"), Some("Bearer k3"), Some("k4"), "7"), ["k1", "k3", "k4"]);
        assert_eq!(presented_keys(None, Some("bearer  k3 "), None, "7"), ["k3"]);
        assert_eq!(presented_keys(Some("key="), Some("Basic k3"), Some(" k4"), "7"), ["k4"]);
        assert_eq!(presented_keys(Some("monkey=k1"), None, None, "k7"), ["k7"]);
    }
}
