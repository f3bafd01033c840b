//! Where messages may go. A posted config is written by whoever has a client key, which may be anybody who reads a web
//! page's source: without a guard it could make faultline call whatever faultline can reach.
//!
//! A URL is checked before it is asked ([`Destinations`]), an address before it is connected to ([`address`]), by the
//! very lookup whose answer the connection uses: a name that changes its answer in between gains nothing.

pub mod address;
mod client;
mod destinations;
mod resolver;

pub use client::{Answer, Client, Outgoing, Timeouts, Unsent};
pub use destinations::{BadDestination, Destinations, Refused};
