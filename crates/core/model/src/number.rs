//! Formats numbers for sentences, with the right plural.

/// Formats a number with its noun, as in `1 error` and `2 errors`. `noun` is the singular; the plural ends in `s`.
pub fn counted(number: u64, noun: &str) -> String {
    format!("{number} {}", plural(number, noun))
}

/// Returns the noun as it follows the number: the singular after 1, else the plural, which ends in `s`.
pub fn plural(number: u64, noun: &str) -> String {
    format!("{noun}{}", if number == 1 { "" } else { "s" })
}

/// Formats a number with a separator between its thousands.
pub fn grouped(number: u64, separator: char) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(separator);
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_all_other_numbers_are_plural() {
        let errors = [0, 1, 2, 11, 21].map(|number| counted(number, "error"));
        assert_eq!(errors, ["0 errors", "1 error", "2 errors", "11 errors", "21 errors"]);
    }

    #[test]
    fn thousands_are_separated() {
        let numbers = [0, 999, 1_000, 123_456, 1_234_567].map(|number| grouped(number, ','));
        assert_eq!(numbers, ["0", "999", "1,000", "123,456", "1,234,567"]);
    }
}
