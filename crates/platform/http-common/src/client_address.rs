//! The address of the client that sent a request, and the proxies that are trusted to name it.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use http::header::FORWARDED;
use http::{Extensions, HeaderMap};
use ipnet::IpNet;

/// The header in which most proxies name the client.
const X_FORWARDED_FOR: &str = "x-forwarded-for";
/// Headers that only a trusted proxy may set. They say who the client is, and how it reached the proxy.
const PROXY_HEADERS: [&str; 7] = [
    X_FORWARDED_FOR,
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-real-ip",
    "forwarded",
];

/// The client's address. The code that receives a request adds it to the request's extensions: the peer of the
/// connection, or the address that a trusted proxy or API Gateway names. Handlers never read it from headers
/// themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// A client at `address`. An IPv4 address in IPv6 form (`::ffff:192.0.2.1`) becomes IPv4.
    pub fn new(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }

    /// The client of the request with these extensions; `None` if nothing recorded it.
    pub fn find_in(extensions: &Extensions) -> Option<Self> {
        extensions.get().copied()
    }

    pub fn ip(self) -> IpAddr {
        self.0
    }

    /// The address that limits count by. One IPv6 user usually has a whole /64 network, so that network counts as one.
    pub fn network(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
        }
    }
}

/// The user's address for the events of a request, if it differs from the [`ClientAddress`]: it comes from a proxy that
/// is not configured as trusted. It only describes an event, whose sender may write any address into it anyway. Limits
/// never use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimedAddress(IpAddr);

impl ClaimedAddress {
    /// The address to store as that of an event's user: the claimed one if there is one, otherwise the client's.
    pub fn find_in(extensions: &Extensions) -> Option<IpAddr> {
        let claimed = extensions.get::<Self>().map(|claimed| claimed.0);
        claimed.or_else(|| ClientAddress::find_in(extensions).map(ClientAddress::ip))
    }
}

/// Trusted proxies, each an address or a network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// The text is neither an address nor a network.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an IP address or a network: write it like 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32")]
pub struct ProxyError(String);

impl FromStr for TrustedProxies {
    type Err = ProxyError;

    /// Parses one address, or one network in CIDR notation.
    fn from_str(text: &str) -> Result<Self, ProxyError> {
        let text = text.trim();
        let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map(|network| Self(vec![network])).map_err(|_| ProxyError(text.to_owned()))
    }
}

impl FromIterator<TrustedProxies> for TrustedProxies {
    fn from_iter<T: IntoIterator<Item = TrustedProxies>>(all: T) -> Self {
        Self(all.into_iter().flat_map(|proxies| proxies.0).collect())
    }
}

impl TrustedProxies {
    /// Whether requests from this address may name another client.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The client of a request that `peer` sent. Usually that is the peer. If the peer is a trusted proxy, it is the
    /// last address in `X-Forwarded-For` (or else in `Forwarded`) that is not a trusted proxy; addresses before that
    /// are only claimed by the client.
    ///
    /// A hop that is not an address (`unknown`, `_hidden`) ends the search: the client is then the proxy that wrote it.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> ClientAddress {
        let mut client = ClientAddress::new(peer);
        if !self.contains(client.ip()) {
            return client;
        }
        for hop in hops(headers).iter().rev() {
            let Some(address) = parse_hop(hop) else { break };
            client = ClientAddress::new(address);
            if !self.contains(client.ip()) {
                break;
            }
        }
        client
    }

    /// The client that an untrusted peer with a private or loopback address names. Such a peer is most likely a proxy,
    /// because users of a public service have public addresses. The result is the first address, because the proxies in
    /// between are not known. `None` if the peer is trusted, has a public address, or names nobody.
    pub fn claimed(&self, peer: IpAddr, headers: &HeaderMap) -> Option<ClaimedAddress> {
        let peer = peer.to_canonical();
        if self.contains(peer) || !is_private(peer) {
            return None;
        }
        let address = hops(headers).into_iter().find_map(parse_hop)?;
        Some(ClaimedAddress(address.to_canonical()))
    }

    /// Removes the headers that only a proxy may set from a request that `peer` sent, unless the peer is trusted.
    pub fn strip(&self, peer: IpAddr, headers: &mut HeaderMap) {
        if !self.contains(peer) {
            for name in PROXY_HEADERS {
                headers.remove(name);
            }
        }
    }
}

/// Whether an address belongs to this machine or to a private network (RFC 1918, RFC 4193, link-local).
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local(),
    }
}

/// The hops as the proxies wrote them, the client's first.
fn hops(headers: &HeaderMap) -> Vec<&str> {
    let listed = |name| headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<_> = listed(X_FORWARDED_FOR).flat_map(|value| value.split(',')).map(str::trim).collect();
    if !hops.is_empty() {
        return hops;
    }
    let elements = listed(FORWARDED.as_str()).flat_map(|value| value.split(','));
    elements.map(|element| element.split(';').find_map(forwarded_for).unwrap_or_default()).collect()
}

/// The value of `for=` (RFC 7239), without its quotes.
fn forwarded_for(pair: &str) -> Option<&str> {
    let (name, value) = pair.split_once('=')?;
    name.trim().eq_ignore_ascii_case("for").then(|| value.trim().trim_matches('"'))
}

/// Parses the address of a hop: `203.0.113.7`, `203.0.113.7:49152`, `2001:db8::7`, `[2001:db8::7]` or
/// `[2001:db8::7]:49152`.
pub fn parse_hop(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let bracketed = || hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || hop.parse::<SocketAddr>().ok().map(|address| address.ip());
    hop.parse().ok().or_else(with_port).or_else(bracketed)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(all: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in all {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn client(proxies: &[&str], peer: &str, all: &[(&'static str, &'static str)]) -> String {
        let proxies: TrustedProxies = proxies.iter().map(|text| text.parse::<TrustedProxies>().unwrap()).collect();
        proxies.client(peer.parse().unwrap(), &headers(all)).ip().to_string()
    }

    #[test]
    fn the_peer_is_the_client_unless_it_is_a_trusted_proxy() {
        let claim = [("x-forwarded-for", "203.0.113.7")];
        assert_eq!(client(&[], "127.0.0.1", &claim), "127.0.0.1");
        assert_eq!(client(&["10.0.0.0/8"], "127.0.0.1", &claim), "127.0.0.1");
        assert_eq!(client(&["10.0.0.0/8"], "10.1.2.3", &[]), "10.1.2.3");
        assert_eq!(client(&["127.0.0.1"], "::ffff:127.0.0.1", &claim), "203.0.113.7");
    }

    #[test]
    fn the_last_hop_that_is_not_a_proxy_is_the_client() {
        for (value, expected) in [
            ("203.0.113.7", "203.0.113.7"),
            ("203.0.113.7:49152", "203.0.113.7"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:db8::7]:49152", "2001:db8::7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("1.1.1.1, 203.0.113.7", "203.0.113.7"),
            ("1.1.1.1 ,203.0.113.7, 10.0.0.2,10.0.0.3", "203.0.113.7"),
            ("10.0.0.9, 10.0.0.2", "10.0.0.9"),
            ("203.0.113.7, unknown, 10.0.0.2", "10.0.0.2"),
            ("unknown", "10.0.0.1"),
            ("", "10.0.0.1"),
        ] {
            assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1", &[("x-forwarded-for", value)]), expected, "{value}");
        }
        let two = [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "203.0.113.7, 10.0.0.2")];
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1", &two), "203.0.113.7");
    }

    #[test]
    fn a_private_peer_that_is_not_trusted_may_name_an_event_s_user() {
        let claimed = |proxies: &str, peer: &str, value: &'static str| {
            let proxies: TrustedProxies = proxies.parse().unwrap();
            let claimed = proxies.claimed(peer.parse().unwrap(), &headers(&[("x-forwarded-for", value)]));
            claimed.map(|claimed| claimed.0.to_string())
        };
        for peer in ["127.0.0.1", "::1", "10.1.2.3", "::ffff:192.168.0.1", "fd00::1"] {
            assert_eq!(claimed("192.0.2.1", peer, "203.0.113.7").as_deref(), Some("203.0.113.7"), "{peer}");
        }
        for (value, expected) in [
            ("203.0.113.7:49152", Some("203.0.113.7")),
            ("[2001:db8::7]:49152", Some("2001:db8::7")),
            ("unknown, 203.0.113.7, 10.0.0.2", Some("203.0.113.7")),
            ("unknown", None),
            ("", None),
        ] {
            assert_eq!(claimed("192.0.2.1", "127.0.0.1", value).as_deref(), expected, "{value}");
        }
        assert_eq!(claimed("192.0.2.1", "198.51.100.1", "203.0.113.7"), None, "a public peer is the user itself");
        assert_eq!(claimed("127.0.0.1", "127.0.0.1", "203.0.113.7"), None, "a trusted peer names the client");
    }

    #[test]
    fn forwarded_counts_where_the_older_header_is_missing() {
        let trusted = ["10.0.0.0/8"];
        for (value, expected) in [
            ("for=203.0.113.7;proto=https", "203.0.113.7"),
            ("proto=https;For=\"203.0.113.7:1\"", "203.0.113.7"),
            ("for=1.1.1.1, for=\"[2001:db8::7]:49152\", for=10.0.0.2", "2001:db8::7"),
            ("for=_hidden", "10.0.0.1"),
        ] {
            assert_eq!(client(&trusted, "10.0.0.1", &[("forwarded", value)]), expected, "{value}");
        }
        let both = [("forwarded", "for=1.1.1.1"), ("x-forwarded-for", "203.0.113.7")];
        assert_eq!(client(&trusted, "10.0.0.1", &both), "203.0.113.7");
    }

    #[test]
    fn an_untrusted_peer_says_nothing_of_other_hops() {
        let sent = [("x-forwarded-proto", "https"), ("x-forwarded-for", "1.1.1.1"), ("forwarded", "for=1.1.1.1")];
        let (mut untrusted, mut trusted) = (headers(&sent), headers(&sent));
        let proxies: TrustedProxies = "10.0.0.1".parse().unwrap();
        proxies.strip("10.0.0.2".parse().unwrap(), &mut untrusted);
        proxies.strip("10.0.0.1".parse().unwrap(), &mut trusted);
        assert_eq!((untrusted.len(), trusted.len()), (0, 3));
    }

    #[test]
    fn a_proxy_is_an_address_or_a_network() {
        for wrong in ["", "proxy.example", "10.0.0.0/33", "10.0.0.1:80", "*"] {
            let error = wrong.parse::<TrustedProxies>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{wrong}` is not an IP address")), "{error}");
        }
    }

    #[test]
    fn limits_count_an_ipv6_network_as_one() {
        let network = |text: &str| ClientAddress::new(text.parse().unwrap()).network().to_string();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("203.0.113.7"), "203.0.113.7");
        assert_eq!(network("::ffff:203.0.113.7"), "203.0.113.7");
    }
}
