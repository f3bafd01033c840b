use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::destinations::{Destinations, Refused};

/// Looks names up, and returns only addresses that may be connected to.
pub(super) struct Guarded {
    destinations: Arc<Destinations>,
    inner: Arc<dyn Resolve>,
}

impl Guarded {
    pub(super) fn new(destinations: Arc<Destinations>, inner: Arc<dyn Resolve>) -> Self {
        Self { destinations, inner }
    }
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let destinations = self.destinations.clone();
        let found = self.inner.resolve(name);
        Box::pin(async move {
            let found: Vec<SocketAddr> = found.await?.collect();
            let permitted: Vec<_> =
                found.iter().copied().filter(|address| destinations.may_connect(&host, address.ip())).collect();
            if permitted.is_empty() && !found.is_empty() {
                return Err(Refused::Address(host).into());
            }
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

/// The system's resolver.
pub(super) struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // Port 0 means that the port of the URL is used.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(Box::new(found.collect::<Vec<_>>().into_iter()) as Addrs)
        })
    }
}

/// Returns the guard's refusal if it is among the causes of `error`.
pub(super) fn refusal(error: &(dyn Error + 'static)) -> Option<Refused> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref::<Refused>() {
            return Some(refused.clone());
        }
        cause = error.source();
    }
    None
}
