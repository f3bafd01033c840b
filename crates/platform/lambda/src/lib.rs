#![doc = include_str!("../README.md")]

mod connections;
#[cfg(feature = "http")]
mod http_api;
mod log;
mod roots;
mod setup;

#[cfg(feature = "http")]
pub use http_api::HttpApi;
pub use setup::Setup;
