//! Repair of JSON: valid JSON is not changed, and repaired JSON can be written and read again.

#![no_main]

use model::json;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|body: &[u8]| {
    let strict: Result<Value, _> = serde_json::from_slice(body);
    let parsed: Result<Value, _> = json::parse(body);
    if let Ok(strict) = strict {
        assert_eq!(parsed.expect("it is JSON"), strict);
    } else if let Ok(parsed) = parsed {
        let text = serde_json::to_vec(&parsed).expect("a value can be written");
        assert_eq!(json::parse::<Value>(&text).expect("it was just written"), parsed);
    }
});
