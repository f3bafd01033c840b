use std::net::IpAddr;

use url::{Host, Url};

use super::address::is_public;

/// Hosts of the services that there are channels for. Microsoft gives each workflow a host of its own below these.
const PUBLIC_DESTINATIONS: [&str; 8] = [
    "hooks.slack.com",
    "api.github.com",
    "gitlab.com",
    "discord.com",
    "discordapp.com",
    "*.webhook.office.com",
    "*.logic.azure.com",
    "*.api.powerplatform.com",
];

const HTTPS_PORT: u16 = 443;

/// Why a destination is refused. It names the host and never the rest of the URL, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It cannot be read.
    #[error("the destination is not a URL: it must be https://HOST/…")]
    NotAUrl,
    /// It is not HTTPS.
    #[error("the destination at `{0}` is not https: anybody on the way could read along")]
    NotHttps(String),
    /// It has a user name or a password.
    #[error("the destination at `{0}` has a user name or password in its URL: leave them out")]
    UserInfo(String),
    /// Its host is not on the list, or not with this port.
    #[error(
        "the destination `{0}` is not allowed: an operator may add it to the allowed destinations \
         (AllowedDestinations, --allow-destination)"
    )]
    Host(String),
    /// Its host is an address that is not of the public internet, or has none that is.
    #[error("the destination `{0}` has no address of the public internet: it is not connected to")]
    Address(String),
}

/// An entry of the operator's list that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a destination: it must be HOST, HOST:PORT, *.DOMAIN or *.DOMAIN:PORT, without a scheme or a path"
)]
pub struct BadDestination(String);

/// Where messages may go: to the known services, and what the operator adds.
#[derive(Clone, Debug, Default)]
pub struct Destinations {
    added: Vec<AllowedDestination>,
    loopback: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct AllowedDestination {
    /// Whether it is the domain's subdomains, rather than the host itself.
    below: bool,
    host: Host,
    port: u16,
}

impl Destinations {
    /// The known services and what `list` adds: entries separated by commas or white space, each `HOST`, or `*.DOMAIN`
    /// for all hosts below a domain (not the domain itself); with port 443 unless the entry names another. A host may be
    /// an IP address: of the public internet, as all addresses that are connected to.
    pub fn parse(list: &str) -> Result<Self, BadDestination> {
        let entries = list.split([',', ' ', '\t', '\n', '\r']).filter(|entry| !entry.is_empty());
        Ok(Self { added: entries.map(AllowedDestination::parse).collect::<Result<_, _>>()?, loopback: false })
    }

    /// The same, and besides `localhost` and loopback addresses with any port, also by http: for trying things out and
    /// for tests. It is not compiled into the Lambda binary.
    #[cfg(any(test, feature = "loopback"))]
    pub fn and_loopback(mut self) -> Self {
        self.loopback = true;
        self
    }

    /// The URL to ask, if `text` is one that may be asked.
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
        // An address in the URL is connected to without asking the resolver.
        if address(&host).is_some_and(|address| !is_public(address)) {
            return Err(Refused::Address(shown));
        }
        url.set_host(Some(&shown)).map_err(|_| Refused::NotAUrl)?;
        url.set_fragment(None);
        Ok(url)
    }

    /// Whether what is connected to in the name of `host` may be `address`.
    pub(super) fn may_connect(&self, host: &str, address: IpAddr) -> bool {
        is_public(address) || (self.loopback && host == "localhost" && address.is_loopback())
    }

    /// Whether plain HTTP is spoken anywhere.
    pub(super) fn only_https(&self) -> bool {
        !self.loopback
    }

    /// Whether loopback is allowed, and the URL is there.
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
        // All of a top-level domain is never what is meant.
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

/// The host as it is compared: IDNA and the spellings of addresses were seen to by the URL's parser; a dot at the end
/// names the same host.
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
