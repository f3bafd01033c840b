//! Locates native code without names by its offset in its image (the program or library). Addresses differ between
//! runs; offsets do not.

use std::fmt::Write;

use serde_json::Value;

use model::occurrence::{Frame, Occurrence};

/// The most images of an event that are read.
const MAX_IMAGES: usize = 4_096;

/// The images of an event, from `debug_meta`.
#[derive(Debug, Default)]
pub(super) struct Images<'a> {
    /// The images in the order of their addresses.
    list: Vec<Image<'a>>,
    /// The ids in the order of the event, for frames that refer to their image by index.
    in_order: Vec<Option<&'a str>>,
}

#[derive(Debug)]
struct Image<'a> {
    start: u64,
    size: Option<u64>,
    id: Option<&'a str>,
}

impl<'a> Images<'a> {
    pub(super) fn of(occurrence: &'a Occurrence) -> Self {
        let images = occurrence.other.get("debug_meta").and_then(|meta| meta.get("images")).and_then(Value::as_array);
        let Some(images) = images else { return Self::default() };
        let id = |image: &'a Value| ["debug_id", "code_id", "uuid"].iter().find_map(|key| image.get(key)?.as_str());
        let images = || images.iter().take(MAX_IMAGES);
        let mut list: Vec<_> = images()
            .filter_map(|image| {
                let size = image.get("image_size").and_then(address);
                Some(Image { start: address(image.get("image_addr")?)?, size, id: id(image) })
            })
            .collect();
        list.sort_by_key(|image| image.start);
        Self { list, in_order: images().map(id).collect() }
    }

    /// Returns the offset of a frame's instruction in its image, after the id of the build if it is known. `None` if
    /// the frame or the event does not have the necessary data.
    pub(super) fn offset(&self, frame: &Frame) -> Option<String> {
        let instruction = frame.other.get("instruction_addr").and_then(address)?;
        let mode = frame.other.get("addr_mode").and_then(Value::as_str).unwrap_or_default();
        // In WebAssembly the address is the offset, and the image is given by index.
        let (id, offset) = match mode.strip_prefix("rel:") {
            Some(place) => (self.in_order.get(place.parse::<usize>().ok()?).copied().flatten(), instruction),
            None => {
                let image = self.image_at(instruction);
                let start = frame.other.get("image_addr").and_then(address).or(image.map(|image| image.start))?;
                (image.and_then(|image| image.id), instruction.checked_sub(start)?)
            }
        };
        let mut out = String::new();
        if let Some(id) = id {
            let _ = write!(out, "{} ", id[..id.floor_char_boundary(64)].to_ascii_lowercase());
        }
        let _ = write!(out, "+0x{offset:x}");
        Some(out)
    }

    fn image_at(&self, instruction: u64) -> Option<&Image<'a>> {
        let after = self.list.partition_point(|image| image.start <= instruction);
        let image = self.list.get(after.checked_sub(1)?)?;
        image.size.is_none_or(|size| instruction - image.start < size).then_some(image)
    }
}

/// Reads an address: a number, or a string with decimal digits or, after `0x`, hexadecimal digits.
fn address(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        },
        other => other.as_u64(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(images: &Value, frame: &Value, expected: Option<&str>) {
        let occurrence = crate::tests::occurrence(json!({
            "platform": "native",
            "debug_meta": { "images": images },
            "exception": { "values": [{ "type": "SIGSEGV", "stacktrace": { "frames": [frame] } }] },
        }));
        let frame = &occurrence.exceptions[0].stacktrace.as_ref().unwrap().frames[0];
        assert_eq!(Images::of(&occurrence).offset(frame).as_deref(), expected, "{frame:?}");
    }

    #[test]
    fn an_offset_is_the_same_wherever_the_image_is_loaded() {
        let images = |start: &str| json!([{ "image_addr": start, "image_size": 4096, "debug_id": "AB-1" }]);
        check(&images("0x400000"), &json!({ "instruction_addr": "0x400010" }), Some("ab-1 +0x10"));
        check(&images("0x7f0000"), &json!({ "instruction_addr": "0x7f0010" }), Some("ab-1 +0x10"));
        check(&images("4194304"), &json!({ "instruction_addr": "4194320" }), Some("ab-1 +0x10"));
        // The image is not in the list, but its start is in the frame.
        let frame = json!({ "instruction_addr": "0x900010", "image_addr": "0x900000" });
        check(&images("0x400000"), &frame, Some("+0x10"));
        check(&images("0x400000"), &json!({ "instruction_addr": "0x900010" }), None);
        check(&json!([]), &json!({ "instruction_addr": "0x10" }), None);
        check(&images("0x0"), &json!({ "instruction_addr": "0x10", "addr_mode": "rel:0" }), Some("ab-1 +0x10"));
        check(&images("0x0"), &json!({ "instruction_addr": "nowhere" }), None);
        check(&images("0x0"), &json!({ "package": "/usr/bin/shop" }), None);
    }
}
