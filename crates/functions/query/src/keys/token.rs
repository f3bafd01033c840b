//! The text of a new key.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use http_common::BaseUrl;
use model::id::Key;
use model::outcome::{Reason, Refusal};
use serde::Serialize;
use store::ports::Role;

use crate::Query;

/// The organisation in upload tokens. Uploaders need one; faultline has none.
const ORGANIZATION: &str = "faultline";

/// The part of a token that uploaders read, so that users need to set neither the address nor the organisation.
#[derive(Serialize)]
struct TokenFacts<'a> {
    iat: i64,
    url: &'a str,
    region_url: &'a str,
    org: &'a str,
}

impl Query {
    /// Creates the key for a role: an upload key has the form of Sentry's organisation tokens.
    pub(super) fn new_key(&self, role: Role, base: &BaseUrl) -> Result<Key, Refusal> {
        let random = || self.clock.random().to_be_bytes();
        if role != Role::Upload {
            return Ok(Key::from_random(random()));
        }
        let url = base.as_str();
        let facts = TokenFacts { iat: self.clock.now().seconds(), url, region_url: url, org: ORGANIZATION };
        let failed = |error: &dyn std::fmt::Display| {
            Refusal::new(Reason::Internal, format!("the address {url} does not fit into a token: {error}"))
        };
        let facts = serde_json::to_vec(&facts).map_err(|error| failed(&error))?;
        let secret = STANDARD_NO_PAD.encode([random(), random()].concat());
        Key::upload_token(&STANDARD.encode(facts), &secret).map_err(|error| failed(&error))
    }
}
