//! What names an error in lists.

use crate::grouping::{crash_frame, crash_function, main_exception, throws_anything};
use crate::occurrence::{Occurrence, Source};
use crate::v1;

/// The longest title, in bytes.
const MAX_TITLE: usize = 720;

/// The line that names the error of `occurrence` in lists, at most 720 bytes: `Type: value` of the exception that gives
/// the title, up to the line's end; the crashed function if the exception is a signal, or has neither type nor value;
/// else the log message. A v1 error is named by its message, cut as v1 cuts it.
pub fn title(occurrence: &Occurrence) -> String {
    match occurrence.source {
        Source::V1 => v1::truncate(&occurrence.message),
        Source::Security => cut(first_line(&occurrence.message)).to_owned(),
        Source::Sentry => sentry(occurrence),
    }
}

fn sentry(occurrence: &Occurrence) -> String {
    let function = || crash_function(occurrence).or_else(|| crash_frame(occurrence)?.package.as_deref());
    let Some(exception) = main_exception(&occurrence.exceptions) else {
        let line = first_line(&occurrence.message);
        let line = if line.is_empty() { function().or(occurrence.transaction.as_deref()) } else { Some(line) };
        return cut(line.unwrap_or("<no message>")).to_owned();
    };
    let kind = exception.kind.as_deref().map(first_line);
    let value = exception.value.as_deref().map(first_line).filter(|line| !line.is_empty());
    // Segfaults and their like. JavaScript's synthetic exceptions are other values that were thrown, or messages: what
    // they say is worth more than where they were.
    let synthetic = exception.mechanism.get("synthetic").is_some_and(|synthetic| synthetic == true);
    let signal = if synthetic && kind.is_some() && !throws_anything(occurrence) { function() } else { None };
    match (signal, kind, value) {
        (Some(function), _, _) => cut(function).to_owned(),
        (None, Some(kind), Some(value)) => cut(&format!("{kind}: {value}")).to_owned(),
        (None, Some(one), None) | (None, None, Some(one)) => cut(one).to_owned(),
        (None, None, None) => cut(function().unwrap_or("<unknown>")).to_owned(),
    }
}

/// The first line that is not blank, without white space around it.
fn first_line(text: &str) -> &str {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default()
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TITLE)]
}
