//! In v1, an error is identified by its message. The message is part of URLs, so long ones are cut.

use sha2::{Digest, Sha256};

use model::id::Fingerprint;

/// Messages of at least this many bytes are cut to this length.
const MAX_MESSAGE_BYTES: usize = 627;
/// The text between the beginning of a cut message and the SHA-256 of its rest.
const MARK: &str = "--truncated-by-faultline--";
const HASH_DIGITS: usize = 64;

/// Returns the message under which v1 lists an error. A message of 627 bytes or more is cut to its first 627 bytes (or
/// fewer, so that no character is split), followed by a mark and the SHA-256 of the rest in hexadecimal. A message that
/// is already cut is returned as it is, so that an entry of a list can be used in a URL.
pub fn truncate_message(message: &str) -> String {
    if message.len() < MAX_MESSAGE_BYTES || is_truncated(message) {
        return message.to_owned();
    }
    let (head, rest) = message.split_at(message.floor_char_boundary(MAX_MESSAGE_BYTES));
    format!("{head}{MARK}{:x}", Sha256::digest(rest))
}

fn is_truncated(message: &str) -> bool {
    let Some(at) = message.len().checked_sub(MARK.len() + HASH_DIGITS) else { return false };
    // A character has at most four bytes, so the cut is at most three bytes before the limit.
    (MAX_MESSAGE_BYTES - 3..=MAX_MESSAGE_BYTES).contains(&at)
        && message
            .get(at..)
            .and_then(|tail| tail.strip_prefix(MARK))
            .is_some_and(|hash| hash.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')))
}

/// Returns the fingerprint of a v1 error: its message alone, whole or cut, so that v1's `…/errors/{message}` finds it.
pub fn message_fingerprint(message: &str) -> Fingerprint {
    Fingerprint::of("v1:1", [truncate_message(message).as_str()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_627_bytes_or_more_is_cut_as_v1_cuts_it() {
        assert_eq!(truncate_message(&"x".repeat(626)), "x".repeat(626));
        // The SHA-256 of an empty text: at 627 bytes there is no rest.
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(truncate_message(&"x".repeat(627)), format!("{}{MARK}{empty}", "x".repeat(627)));
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(truncate_message(&format!("{}abc", "x".repeat(627))), format!("{}{MARK}{abc}", "x".repeat(627)));
    }

    #[test]
    fn no_character_is_split() {
        for shift in 0..4 {
            let long = "x".repeat(shift) + &"😀".repeat(300);
            let cut = truncate_message(&long);
            let head = cut.split(MARK).next().unwrap();
            assert!(long.starts_with(head) && (624..=627).contains(&head.len()), "{}", head.len());
            assert_eq!(truncate_message(&cut), cut, "cutting twice changes nothing");
        }
    }

    #[test]
    fn whole_and_cut_message_name_the_same_error() {
        let long = "x".repeat(10_000);
        assert_eq!(message_fingerprint(&long), message_fingerprint(&truncate_message(&long)));
        assert_ne!(message_fingerprint(&long), message_fingerprint(&"x".repeat(10_001)));
    }
}
