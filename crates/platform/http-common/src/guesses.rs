//! A limit on guessing API keys, counted by client address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Instant;

use axum::response::Response;
use model::outcome::{Reason, Refusal};
use parking_lot::Mutex;

use crate::answer::{GUESS_WINDOW, Statuses};
use crate::{ClientAddress, Outcomes};

/// The number of requests with unknown keys that an address may send in a window.
const MAX_GUESSES: u32 = 30;
/// The most addresses that are tracked.
const MAX_ADDRESSES: usize = 10_000;

/// Failed attempts by address. Only requests with an unknown key are counted, and only those are ever refused: a valid
/// key works from every address at any time, because many people may share one address.
#[derive(Debug, Default)]
pub(crate) struct Guesses(Mutex<HashMap<IpAddr, GuessWindow>>);

#[derive(Clone, Copy, Debug)]
struct GuessWindow {
    began: Instant,
    failures: u32,
}

impl Guesses {
    /// Returns the response for `client`: `response`, or a refusal in its place if it says that the key is unknown and
    /// this client has sent too many unknown keys.
    pub(crate) fn limit(&self, client: ClientAddress, response: Response, outcomes: &Outcomes) -> Response {
        if response.extensions().get() != Some(&Reason::KeyUnknown) {
            return response;
        }
        if self.count(client.network(), Instant::now()) <= MAX_GUESSES {
            return response;
        }
        let message = format!(
            "too many unknown keys from this address: wait {} seconds; valid keys still work",
            GUESS_WINDOW.as_secs(),
        );
        let statuses = response.extensions().get().copied().unwrap_or(Statuses::COMMON);
        outcomes.refuse_as(statuses, &Refusal::new(Reason::KeyGuessesLimited, message))
    }

    /// Counts a failed attempt at `now`. Returns the number of attempts in the window.
    fn count(&self, address: IpAddr, now: Instant) -> u32 {
        let is_over = |window: &GuessWindow| now.saturating_duration_since(window.began) >= GUESS_WINDOW;
        let mut windows = self.0.lock();
        if windows.len() >= MAX_ADDRESSES && !windows.contains_key(&address) {
            windows.retain(|_, window| !is_over(window));
            if windows.len() >= MAX_ADDRESSES {
                windows.clear();
            }
        }
        let window = windows.entry(address).or_insert(GuessWindow { began: now, failures: 0 });
        if is_over(window) {
            *window = GuessWindow { began: now, failures: 0 };
        }
        window.failures = window.failures.saturating_add(1);
        window.failures
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use super::*;

    fn address(number: u32) -> IpAddr {
        Ipv4Addr::from(number).into()
    }

    fn answer(reason: Option<Reason>) -> Response {
        let mut response = Response::default();
        if let Some(reason) = reason {
            response.extensions_mut().insert(reason);
        }
        response
    }

    #[test]
    fn guesses_of_one_address_are_limited_and_nothing_else() {
        let (guesses, outcomes) = (Guesses::default(), Outcomes::default());
        let status = |client, reason| {
            guesses.limit(ClientAddress::new(address(client)), answer(reason), &outcomes).status().as_u16()
        };
        for _ in 0..MAX_GUESSES {
            assert_eq!(status(1, Some(Reason::KeyUnknown)), 200, "the router's own answer");
        }
        assert_eq!(status(1, Some(Reason::KeyUnknown)), 429);
        assert_eq!(status(1, None), 200, "a known key works");
        assert_eq!(status(1, Some(Reason::KeyMissing)), 200, "no key is not a guess");
        assert_eq!(status(2, Some(Reason::KeyUnknown)), 200, "another address");
        assert_eq!(outcomes.counts().get("key_guesses_limited"), Some(&1));
    }

    #[test]
    fn failures_count_for_a_minute() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        assert_eq!(guesses.count(address(1), now), 1);
        assert_eq!(guesses.count(address(1), now + GUESS_WINDOW - Duration::from_millis(1)), 2);
        assert_eq!(guesses.count(address(1), now + GUESS_WINDOW), 1);
    }

    #[test]
    fn a_flood_of_addresses_takes_no_memory() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        for number in 0..3 * MAX_ADDRESSES as u32 {
            guesses.count(address(number), now);
            assert!(guesses.0.lock().len() <= MAX_ADDRESSES);
        }
    }
}
