//! The server under load.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use url::{Host, Url};

use crate::workload::EventForm;

/// A server on this machine, and the key to send with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BenchTarget {
    /// The address that it listens on.
    pub(crate) address: SocketAddr,
    /// The path before the routes: empty, or beginning with `/`.
    prefix: String,
    /// The project: Sentry's project number, or the project's name for faultline's own API.
    project: String,
    pub(crate) key: String,
}

/// Why a DSN cannot be used as a target.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NotHere {
    /// It is not a DSN.
    #[error("`{0}` is not a DSN: use one like http://KEY@127.0.0.1:8787/1")]
    NoDsn(String),
    /// It has another scheme than `http`, such as `https`.
    #[error("`{0}:` is not supported: use a DSN that begins with http://")]
    Scheme(String),
    /// It names another machine, or a host name that may be another machine.
    #[error("{0} is not this machine: send load only to 127.0.0.1, [::1] or localhost")]
    Elsewhere(String),
}

impl BenchTarget {
    /// Reads the target from a Sentry DSN, `http://KEY@ADDRESS[/PREFIX]/PROJECT`. Host names are not resolved, since a
    /// name may lead to another machine; `localhost` is taken as 127.0.0.1.
    pub fn of_dsn(dsn: &str) -> Result<Self, NotHere> {
        let no_dsn = || NotHere::NoDsn(dsn.to_owned());
        let url = Url::parse(dsn).map_err(|_| no_dsn())?;
        if url.scheme() != "http" {
            return Err(NotHere::Scheme(url.scheme().to_owned()));
        }
        let host = url.host().ok_or_else(no_dsn)?;
        let ip = match &host {
            Host::Ipv4(ip) => Some(IpAddr::V4(*ip)),
            Host::Ipv6(ip) => Some(IpAddr::V6(*ip)),
            Host::Domain("localhost") => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            Host::Domain(_) => None,
        };
        let ip = ip.filter(IpAddr::is_loopback).ok_or_else(|| NotHere::Elsewhere(host.to_string()))?;
        let (prefix, project) = url.path().trim_end_matches('/').rsplit_once('/').ok_or_else(no_dsn)?;
        if project.is_empty() || url.username().is_empty() {
            return Err(no_dsn());
        }
        let address = SocketAddr::new(ip, url.port_or_known_default().unwrap_or(80));
        Ok(Self { address, prefix: prefix.to_owned(), project: project.to_owned(), key: url.username().to_owned() })
    }

    /// Returns the same server with the name of the project, which faultline's own API needs instead of the number.
    #[must_use]
    pub fn named(self, project: &str) -> Self {
        Self { project: project.to_owned(), ..self }
    }

    /// Returns the path to post bodies of this form to.
    pub(crate) fn path(&self, form: EventForm) -> String {
        let Self { prefix, project, .. } = self;
        match form {
            EventForm::Envelope => format!("{prefix}/api/{project}/envelope/"),
            EventForm::Store => format!("{prefix}/api/{project}/store/"),
            EventForm::V1 => format!("{prefix}/projects/{project}/errors"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dsn_contains_address_and_key() {
        let target = BenchTarget::of_dsn("http://abc@127.0.0.1:8000/7").unwrap();
        assert_eq!((target.address.to_string().as_str(), target.key.as_str()), ("127.0.0.1:8000", "abc"));
        assert_eq!(target.path(EventForm::Envelope), "/api/7/envelope/");
        let target = BenchTarget::of_dsn("http://abc:secret@localhost/errors/7/").unwrap();
        assert_eq!(target.address.to_string(), "127.0.0.1:80");
        assert_eq!(target.path(EventForm::Store), "/errors/api/7/store/");
        assert_eq!(target.named("shop").path(EventForm::V1), "/errors/projects/shop/errors");
        assert_eq!(BenchTarget::of_dsn("http://abc@[::1]:9/7").unwrap().address.to_string(), "[::1]:9");
    }

    /// Load is never sent to another machine, whatever its address looks like.
    #[test]
    fn other_machines_are_refused() {
        for host in [
            "192.0.2.7",
            "0.0.0.0",
            "[::]",
            "10.0.0.1",
            "example.com",
            "localhost.example.com",
            "127.0.0.1.example.com",
        ] {
            let refused = BenchTarget::of_dsn(&format!("http://abc@{host}:8000/7")).unwrap_err();
            assert!(matches!(refused, NotHere::Elsewhere(_)), "{host}: {refused}");
            assert!(refused.to_string().contains("127.0.0.1"), "{refused}");
        }
        assert_eq!(BenchTarget::of_dsn("https://abc@127.0.0.1/7"), Err(NotHere::Scheme("https".to_owned())));
        for bad in ["nonsense", "http://127.0.0.1/7", "http://abc@127.0.0.1/", "http://abc@127.0.0.1"] {
            assert!(matches!(BenchTarget::of_dsn(bad), Err(NotHere::NoDsn(_))), "{bad}");
        }
    }
}
