//! Text inside Markdown that Markdown does not interpret.

/// Formats one line of text as a code span, because Markdown interprets nothing in code. Escaping is not enough: GitHub
/// finds user names, issue numbers and closing keywords in escaped text, too. Text of plain words is returned
/// unchanged.
pub fn code(text: &str) -> String {
    let text = text.replace(['\n', '\t'], " ");
    let text = text.trim();
    // A word and the punctuation after it. `www.a.example` and `:bug:` do not count as plain.
    let is_plain = |word: &str| word.trim_end_matches(['.', ',', ':']).chars().all(char::is_alphanumeric);
    if text.split(' ').all(is_plain) {
        return text.to_owned();
    }
    let fence = "`".repeat(longest_run(text) + 1);
    // A space separates the fence from a backtick of the text. Renderers strip one space at each end of a code span.
    match text.starts_with('`') || text.ends_with('`') {
        true => format!("{fence} {text} {fence}"),
        false => format!("{fence}{text}{fence}"),
    }
}

/// Formats text as a code block, with a fence that is longer than every run of backticks in the text.
pub fn block(text: &str) -> String {
    let fence = "`".repeat((longest_run(text) + 1).max(3));
    format!("{fence}\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

/// The length of the longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or_default()
}
