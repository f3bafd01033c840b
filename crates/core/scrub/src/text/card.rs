//! Numbers of payment cards.

use std::ops::Range;

use super::is_word;

/// Finds a card number at `at`. It must have the length, the first digits and the check digit of a known kind, and be
/// written without separators or in the groups that are printed on cards. Groups are separated by one or two blanks, a
/// dash or a point.
pub(super) fn find(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    if at > 0 && (is_word(bytes[at - 1]) || matches!(bytes[at - 1], b'.' | b'-' | b'+') || bytes[at - 1] >= 0x80) {
        return None;
    }
    let mut digits = [0u8; 19];
    let mut groups = [0usize; 5];
    let (mut count, mut group, mut end) = (0, 0, at);
    loop {
        let run = bytes[end..].iter().take(20).take_while(|byte| byte.is_ascii_digit()).count();
        if count + run > digits.len() || run == 0 {
            break;
        }
        for &digit in &bytes[end..end + run] {
            digits[count] = digit - b'0';
            count += 1;
        }
        groups[group] = run;
        group += 1;
        end += run;
        let gap = match &bytes[end..] {
            [b' ', b' ', b'0'..=b'9', ..] => 2,
            [b' ' | b'-' | b'.' | b'+' | b'/' | b'_' | b'\t', b'0'..=b'9', ..] => 1,
            _ => break,
        };
        // Digits after a whole card number belong to another number.
        if group == groups.len() || is_printed(&groups[..group]) && is_card(&digits[..count]) && bytes[end] == b' ' {
            break;
        }
        end += gap;
    }
    let ends = bytes.get(end).is_none_or(|&byte| !is_word(byte) && byte != b'-');
    let decimal = matches!(bytes.get(end..), Some([b'.', b'0'..=b'9', ..]));
    (ends && !decimal && is_printed(&groups[..group]) && is_card(&digits[..count])).then_some(at..end)
}

/// Returns whether digits are grouped as on cards.
fn is_printed(groups: &[usize]) -> bool {
    matches!(groups, [14..=16] | [4, 4, 4, 4] | [4, 4, 4, 4, 3] | [4, 6, 5] | [4, 6, 4] | [6, 10] | [8, 8])
}

/// Returns whether a number could be a card number.
pub(crate) fn is_card_number(number: u64) -> bool {
    if number < 10_000_000_000_000 {
        return false;
    }
    let text = number.to_string();
    let digits: Vec<u8> = text.bytes().map(|digit| digit - b'0').collect();
    is_printed(&[digits.len()]) && is_card(&digits)
}

/// Checks length, first digits and check digit. Numbers of 13 digits are not accepted: Visa issued the last of them
/// decades ago, and the numbers of trade items (EAN) look the same. Numbers of 19 digits are accepted only in groups:
/// most others are ids of databases.
fn is_card(digits: &[u8]) -> bool {
    let known = match digits {
        [4, ..] | [6, 0 | 2 | 4 | 5, ..] => matches!(digits.len(), 16 | 19),
        [5, 9, ..] => false,
        // 2200 to 2204 belong to Mir; 50, 56 to 58, 63 and 67 belong to Maestro.
        [5, ..] | [2, 2..=7, ..] | [3, 5, ..] => digits.len() == 16,
        [6, 3, 0, 4, ..] | [6, 7, 5 | 6, 1..=3 | 9, ..] => digits.len() == 16,
        [3, 4 | 7, ..] => digits.len() == 15,
        [3, 0 | 6 | 8, ..] => digits.len() == 14,
        _ => false,
    };
    known && luhn(digits)
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, &digit)| match (index % 2, u32::from(digit) * 2) {
            (0, _) => u32::from(digit),
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        })
        .sum();
    sum.is_multiple_of(10)
}
