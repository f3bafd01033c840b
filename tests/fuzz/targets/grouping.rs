//! Whole events, from JSON to the error that they belong to.

#![no_main]

use model::json;
use faultline_fuzz::{check_grouping, normalise_event};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|body: &[u8]| {
    if let Ok(Value::Object(event)) = json::parse(body) {
        check_grouping(normalise_event(event));
    }
});
