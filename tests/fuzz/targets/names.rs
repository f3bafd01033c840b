//! Cleaning the names of functions, modules, files and types, on every platform. The first byte chooses the platform,
//! the rest are names, one per line.

#![no_main]

use faultline_fuzz::{check_grouping, normalise_event};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

const PLATFORMS: [&str; 14] = [
    "native", "javascript", "node", "java", "php", "ruby", "csharp", "python", "cocoa", "go", "rust", "elixir",
    "dart", "other",
];

fuzz_target!(|input: &[u8]| {
    let Some((&platform, text)) = input.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let platform = PLATFORMS[usize::from(platform) % PLATFORMS.len()];
    let mut names = text.split('\n');
    let mut name = || names.next().filter(|name| !name.is_empty());
    let event = json!({
        "platform": platform,
        "exception": { "values": [{
            "type": name(),
            "value": name(),
            "stacktrace": { "frames": [
                { "function": name(), "module": name(), "filename": name(), "abs_path": name(), "in_app": true },
                { "function": name(), "module": name(), "package": name(), "instruction_addr": "0x1000" },
            ] },
        }] },
    });
    let Value::Object(event) = event else { return };
    check_grouping(normalise_event(event));
});
