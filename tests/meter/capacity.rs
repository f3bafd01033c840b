//! What DynamoDB charges for reads and writes, by the rules of its developer guide ("Read and write operations", "Item
//! sizes and formats", "Transactions: capacity management", "Using global secondary indexes").
//!
//! Items are in DynamoDB's JSON form. Sizes are in bytes, units as in the guide.

use serde_json::{Map, Value};

/// An item, or an item's key.
pub type Item = Map<String, Value>;

const WRITE: usize = 1_024;
const READ: usize = 4_096;
/// Bytes of storage that are charged in addition for each item and each GSI entry.
const OVERHEAD: usize = 100;

/// How an item is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// In a single write, or in a batch.
    Alone,
    /// In a transaction, which prepares and commits and so takes twice the units.
    Transaction,
}

/// The consistency of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consistency {
    /// Eventually consistent, which takes half the units.
    Eventual,
    Strong,
}

/// Returns the table's units for a write that changes `old` into `new`. The larger of the two counts, whatever part of
/// it changed. A write that finds nothing and leaves nothing costs one unit.
pub fn write(old: Option<&Item>, new: Option<&Item>, manner: Manner) -> u64 {
    let size = old.into_iter().chain(new).map(size).max().unwrap_or_default();
    let units = size.div_ceil(WRITE).max(1) as u64;
    match manner {
        Manner::Alone => units,
        Manner::Transaction => 2 * units,
    }
}

/// Returns the units of a keys-only GSI for the same write. An entry is written if there was none, removed if there is
/// none any more, both if its key changed, and not touched otherwise. The guide does not say that transactions double
/// this: they do not wait for the GSI.
pub fn write_index(old: Option<&Item>, new: Option<&Item>, index: [&str; 2]) -> u64 {
    let key = |item: Option<&Item>| Some(index.map(|name| item?.get(name).cloned()));
    let units = |item: Option<&Item>| entry_size(item, index).map_or(0, |size| size.div_ceil(WRITE) as u64);
    match key(old) == key(new) {
        true => 0,
        false => units(old) + units(new),
    }
}

/// Returns the units of a read. Sizes are added before rounding, as for a query. A read that finds nothing costs the
/// minimum.
pub fn read(bytes: usize, consistency: Consistency) -> f64 {
    let units = bytes.div_ceil(READ).max(1) as f64;
    match consistency {
        Consistency::Eventual => units / 2.0,
        Consistency::Strong => units,
    }
}

/// Returns the bytes that storage is charged for: the item, its GSI entry, and 100 bytes for each.
pub fn stored(item: Option<&Item>, index: [&str; 2]) -> usize {
    let entry = entry_size(item, index).map_or(0, |size| size + OVERHEAD);
    item.map_or(0, |item| size(item) + OVERHEAD) + entry
}

/// Returns the size of an item's entry in a keys-only GSI, or `None` if it has no entry.
fn entry_size(item: Option<&Item>, index: [&str; 2]) -> Option<usize> {
    let item = item?;
    let of = |name: &str| Some(name.len() + value_size(item.get(name)?));
    let in_index: Option<usize> = index.iter().map(|name| of(name)).sum();
    Some(in_index? + ["pk", "sk"].into_iter().filter_map(of).sum::<usize>())
}

/// Returns the size of an item: the sum of all names and values.
pub fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &Value) -> usize {
    let Some((kind, value)) = value.as_object().and_then(|typed| typed.iter().next()) else { return 0 };
    let all = || value.as_array().into_iter().flatten();
    match (kind.as_str(), value) {
        ("S", Value::String(text)) => text.len(),
        ("N", Value::String(number)) => number_size(number),
        ("B", Value::String(base64)) => base64_size(base64),
        ("SS", _) => all().filter_map(Value::as_str).map(str::len).sum(),
        ("NS", _) => all().filter_map(Value::as_str).map(number_size).sum(),
        ("BS", _) => all().filter_map(Value::as_str).map(base64_size).sum(),
        // Three bytes for the list or map, and one for each element.
        ("L", _) => 3 + all().map(|value| 1 + value_size(value)).sum::<usize>(),
        ("M", Value::Object(map)) => 3 + map.len() + size(map),
        // True, false and null.
        _ => 1,
    }
}

/// One byte for every two significant digits, one more, and one for a sign.
fn number_size(number: &str) -> usize {
    let mantissa = number.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    // Trailing zeros of a whole number are part of the exponent.
    let significant = digits.trim_matches('0').len();
    significant.div_ceil(2) + 1 + usize::from(number.starts_with('-'))
}

fn base64_size(base64: &str) -> usize {
    base64.trim_end_matches('=').len() * 3 / 4
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const INDEX: [&str; 2] = ["ipk", "isk"];

    fn item(value: Value) -> Item {
        value.as_object().unwrap().clone()
    }

    /// An item of this many bytes.
    fn of(bytes: usize) -> Item {
        item(json!({ "pk": { "S": "p" }, "sk": { "S": "s" }, "a": { "S": "x".repeat(bytes - 7) } }))
    }

    fn listed(slot: &str) -> Item {
        let mut listed = of(100);
        listed.extend(item(json!({ "ipk": { "S": "open" }, "isk": { "S": slot } })));
        listed
    }

    #[test]
    fn items_have_the_size_of_their_names_and_values() {
        let check =
            |value: Value, bytes: usize| assert_eq!(size(&item(json!({ "name": value }))), 4 + bytes, "{value}");
        check(json!({ "S": "" }), 0);
        check(json!({ "S": "grüße" }), 7);
        check(json!({ "N": "0" }), 1);
        check(json!({ "N": "7" }), 2);
        check(json!({ "N": "1793577660000000" }), 6);
        check(json!({ "N": "1793577660123456" }), 9);
        check(json!({ "N": "-27" }), 3);
        check(json!({ "N": "0.050" }), 2);
        check(json!({ "B": "AAECAwQ=" }), 5);
        check(json!({ "B": "AAEC" }), 3);
        check(json!({ "BOOL": true }), 1);
        check(json!({ "NULL": true }), 1);
        check(json!({ "SS": ["ab", "c"] }), 3);
        check(json!({ "L": [{ "S": "ab" }, { "BOOL": false }] }), 3 + 3 + 2);
        check(json!({ "M": { "key": { "S": "ab" } } }), 3 + 1 + 5);
    }

    #[test]
    fn a_write_costs_a_unit_a_kilobyte_of_the_larger_image() {
        let check = |old: Option<usize>, new: Option<usize>, alone: u64| {
            let (old, new) = (old.map(of), new.map(of));
            assert_eq!(write(old.as_ref(), new.as_ref(), Manner::Alone), alone, "{old:?} to {new:?}");
            assert_eq!(write(old.as_ref(), new.as_ref(), Manner::Transaction), 2 * alone, "twice in a transaction");
        };
        check(None, Some(7), 1);
        check(None, Some(1_024), 1);
        check(None, Some(1_025), 2);
        check(Some(3_000), Some(100), 3);
        check(Some(3_000), None, 3);
        check(None, None, 1);
    }

    #[test]
    fn an_index_costs_when_its_key_changes() {
        let check = |old: Option<&Item>, new: Option<&Item>, units: u64| {
            assert_eq!(write_index(old, new, INDEX), units, "{old:?} to {new:?}");
        };
        let (bare, early, late) = (of(100), listed("1"), listed("2"));
        check(None, Some(&bare), 0);
        check(None, Some(&early), 1);
        check(Some(&bare), Some(&early), 1);
        check(Some(&early), Some(&early), 0);
        check(Some(&early), Some(&late), 2);
        check(Some(&early), Some(&bare), 1);
        check(Some(&early), None, 1);
    }

    #[test]
    fn a_read_costs_a_unit_four_kilobytes_or_half() {
        for (bytes, strong) in [(0, 1.0), (4_096, 1.0), (4_097, 2.0), (40_000, 10.0)] {
            assert_eq!(read(bytes, Consistency::Strong), strong);
            assert_eq!(read(bytes, Consistency::Eventual), strong / 2.0);
        }
    }

    #[test]
    fn storage_is_charged_for_items_and_entries_with_a_hundred_bytes_each() {
        assert_eq!(stored(None, INDEX), 0);
        assert_eq!(stored(Some(&of(300)), INDEX), 400);
        // Of the item: 100 bytes, and `ipk`, `open`, `isk`, `1`. Of the entry: the same, and `pk`, `p`, `sk`, `s`.
        assert_eq!(stored(Some(&listed("1")), INDEX), 100 + 11 + 100 + 11 + 6 + 100);
    }
}
