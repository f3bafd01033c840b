//! The protocol of Airbrake's clients, version 3, which clients of Errbit speak, too: one notice for each request.

mod auth;
mod history;
mod normalise;
mod notice;
#[cfg(test)]
mod tests;

pub use auth::presented_keys;
pub use normalise::normalise;
pub use notice::Notice;
