//! Decides where messages may be sent. Anyone with a client key can post a config, and anyone who reads the source of a
//! web page may have one. Without a guard, they could make faultline call any server that faultline can reach.
//!
//! A URL is checked before it is called ([`Destinations`]), and an IP address before it is connected to ([`address`]).
//! The check uses the same DNS lookup as the connection, so a name that changes its address in between cannot bypass
//! it.

pub mod address;
mod client;
mod destinations;
mod resolver;

pub use client::{Answer, Client, Outgoing, Timeouts, Unsent};
pub use destinations::{BadDestination, Destinations, Refused};
