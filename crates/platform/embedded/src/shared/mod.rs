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
    let mut text = String::with_capacity(36);
    for (i, byte) in bytes.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        push_hex(&mut text, *byte);
    }
    text
}

/// Formats bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        push_hex(&mut text, *byte);
    }
    text
}

fn push_hex(text: &mut String, byte: u8) {
    for digit in [byte >> 4, byte & 0xf] {
        text.push(char::from(if digit < 10 { b'0' + digit } else { b'a' - 10 + digit }));
    }
}
