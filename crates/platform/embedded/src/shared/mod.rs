//! Common parts of the engines: the clock, SQLite with group commit, the data directory, and the connection to the SDK.

pub(crate) mod clock;
pub(crate) mod directory;
pub(crate) mod fault;
pub(crate) mod manifest;
pub(crate) mod sqlite;
#[cfg(test)]
mod tests;
pub(crate) mod wire;
mod writer;

use std::io;

/// The region in every ARN of these engines. SDK clients must use it.
pub const REGION: &str = "us-east-1";

/// The account in every ARN of these engines.
pub const ACCOUNT: &str = "000000000000";

/// `N` random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| io::Error::other(e.to_string()))?;
    Ok(bytes)
}

/// Formats random bytes as a version 4 UUID.
pub(crate) fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hex::encode(bytes);
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    parts.join("-")
}
