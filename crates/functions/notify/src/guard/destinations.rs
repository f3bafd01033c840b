use std::net::IpAddr;

use url::{Host, Url};

use super::address::is_public;

/// Public hosts of the services that channels exist for. Microsoft gives each workflow its own host below the last
/// three.
const PUBLIC_DESTINATIONS: [&str; 13] = [
    "hooks.slack.com",
    "api.github.com",
    "gitlab.com",
    "discord.com",
    "discordapp.com",
    "events.pagerduty.com",
    "events.eu.pagerduty.com",
    "api.opsgenie.com",
    "api.eu.opsgenie.com",
    "api.incident.io",
    "*.webhook.office.com",
    "*.logic.azure.com",
    "*.api.powerplatform.com",
];

const HTTPS_PORT: u16 = 443;

/// Why a destination is refused. The text names the host, and never the rest of the URL, which may be secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The text is not a URL.
    #[error("the destination is not a URL: it must be https://HOST/…")]
    NotAUrl,
    /// The URL does not use HTTPS.
    #[error("the destination at `{0}` is not https: use https, so that nobody else can read messages")]
    NotHttps(String),
    /// The URL contains a user name or a password.
    #[error("the destination at `{0}` has a user name or password in its URL: remove them")]
    UserInfo(String),
    /// The host, or its port, is not on the list.
    #[error(
        "the destination `{0}` is not allowed: an operator can add it to the allowed destinations \
         (AllowedDestinations, --allow-destination)"
    )]
    Host(String),
    /// The host is, or resolves only to, addresses that are not on the public internet.
    #[error("the destination `{0}` has no public address: use one on the public internet")]
    Address(String),
}

/// An entry of the operator's list that cannot be parsed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a destination: it must be HOST, HOST:PORT, *.DOMAIN or *.DOMAIN:PORT, without a scheme or a path"
)]
pub struct BadDestination(String);

/// The destinations that messages may be sent to: the known services, and those that the operator adds.
#[derive(Clone, Debug, Default)]
pub struct Destinations {
    added: Vec<AllowedDestination>,
    loopback: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct AllowedDestination {
    /// Whether the entry allows the subdomains of the host instead of the host itself.
    below: bool,
    host: Host,
    port: u16,
}

impl Destinations {
    /// Returns the known services and those in `list`. Its entries are separated by commas or white space, each `HOST`,
    /// or `*.DOMAIN` for all hosts below a domain (not the domain itself). The port is 443 unless the entry names
    /// another. A host may be an IP address, which must be on the public internet, as every address that is connected
    /// to.
    pub fn parse(list: &str) -> Result<Self, BadDestination> {
        let entries = list.split([',', ' ', '\t', '\n', '\r']).filter(|entry| !entry.is_empty());
        Ok(Self { added: entries.map(AllowedDestination::parse).collect::<Result<_, _>>()?, loopback: false })
    }

    /// Also allows `localhost` and loopback addresses with any port, over http too, for trials and tests. Not compiled
    /// into the Lambda binary.
    #[cfg(any(test, feature = "loopback"))]
    pub fn and_loopback(mut self) -> Self {
        self.loopback = true;
        self
    }

    /// Parses and checks `text`. Returns the URL to call if it is allowed.
    pub fn check(&self, text: &str) -> Result<Url, Refused> {
        let mut url = Url::parse(text).map_err(|_| Refused::NotAUrl)?;
        let host = normalised(&url).ok_or(Refused::NotAUrl)?;
        let shown = host.to_string();
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::UserInfo(shown));
        }
        if self.is_loopback(&host) && matches!(url.scheme(), "http" | "https") {
            return Ok(url);
        }
        if url.scheme() != "https" {
            return Err(Refused::NotHttps(shown));
        }
        let port = url.port_or_known_default().unwrap_or(HTTPS_PORT);
        let known = || PUBLIC_DESTINATIONS.iter().filter_map(|entry| AllowedDestination::parse(entry).ok());
        if !known().chain(self.added.iter().cloned()).any(|entry| entry.allows(&host, port)) {
            let shown = if port == HTTPS_PORT { shown } else { format!("{shown}:{port}") };
            return Err(Refused::Host(shown));
        }
        // An IP address in the URL is connected to without the resolver, which would have checked it.
        if address(&host).is_some_and(|address| !is_public(address)) {
            return Err(Refused::Address(shown));
        }
        url.set_host(Some(&shown)).map_err(|_| Refused::NotAUrl)?;
        url.set_fragment(None);
        Ok(url)
    }

    /// Whether a connection for `host` may use `address`.
    pub(super) fn may_connect(&self, host: &str, address: IpAddr) -> bool {
        is_public(address) || (self.loopback && host == "localhost" && address.is_loopback())
    }

    /// Whether only HTTPS is allowed.
    pub(super) fn only_https(&self) -> bool {
        !self.loopback
    }

    /// Whether the URL is on loopback and loopback is allowed.
    pub(super) fn is_on_loopback(&self, url: &Url) -> bool {
        normalised(url).is_some_and(|host| self.is_loopback(&host))
    }

    fn is_loopback(&self, host: &Host) -> bool {
        self.loopback
            && match host {
                Host::Domain(name) => name == "localhost",
                _ => address(host).is_some_and(|address| address.is_loopback()),
            }
    }
}

impl AllowedDestination {
    fn parse(text: &str) -> Result<Self, BadDestination> {
        let bad = || BadDestination(text.chars().take(80).collect());
        let (below, rest) = match text.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if rest.contains(['/', '\\', '?', '#', '@', '*']) {
            return Err(bad());
        }
        let url = Url::parse(&format!("https://{rest}/")).map_err(|_| bad())?;
        let host = normalised(&url).ok_or_else(bad)?;
        // Nobody means all hosts of a top-level domain.
        let domain = matches!(&host, Host::Domain(name) if name.contains('.'));
        if below && !domain {
            return Err(bad());
        }
        Ok(Self { below, host, port: url.port().unwrap_or(HTTPS_PORT) })
    }

    fn allows(&self, host: &Host, port: u16) -> bool {
        if self.port != port {
            return false;
        }
        match (self.below, &self.host, host) {
            (false, own, host) => own == host,
            (true, Host::Domain(domain), Host::Domain(name)) => {
                name.strip_suffix(domain.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
            (true, ..) => false,
        }
    }
}

/// Returns the host in the form in which hosts are compared. The URL parser has already normalised IDNA and the
/// spelling of addresses; this removes a trailing dot, which does not change the host.
fn normalised(url: &Url) -> Option<Host> {
    let host = url.host()?.to_owned();
    match host {
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(&name);
            // `10.0.0.1.` is an address for some resolvers.
            Host::parse(name).ok()
        }
        address => Some(address),
    }
}

fn address(host: &Host) -> Option<IpAddr> {
    match host {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some(IpAddr::V4(*address)),
        Host::Ipv6(address) => Some(IpAddr::V6(*address)),
    }
}
