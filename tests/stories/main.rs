//! The promises of the whole system, told as stories.

mod bad_input;
mod counting;
mod deleting;
mod first_error;
mod keys;
mod lists;
mod poison;
mod sentry;
mod v1_contract;
