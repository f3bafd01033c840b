//! The part of a message that says what kind it is.

use std::borrow::Cow;

use super::parameterise;

/// The first two lines that are not blank, without what varies; with `...` behind them if there is more.
pub(super) fn kind(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let Some(first) = lines.next() else { return Cow::Borrowed("") };
    if first.len() == text.len() {
        return parameterise(first);
    }
    let second = lines.next().unwrap_or_default();
    let more = if lines.next().is_some() { "..." } else { "" };
    Cow::Owned(parameterise(&format!("{first}\n{second}{more}")).into_owned())
}
