//! What names an error in lists.

use crate::grouping::{crash_frame, main_exception};
use crate::occurrence::{Occurrence, Source};
use crate::v1;

/// The longest title, in bytes.
const MAX_TITLE: usize = 720;

/// The line that names the error of `occurrence` in lists, at most 720 bytes: `Type: value` of the exception that gives
/// the title, up to the line's end; the crashed function if the exception is none that anybody threw (a signal, or
/// what JavaScript throws besides errors), or has neither type nor value; else the log message. A v1 error is named by
/// its message, cut as v1 cuts it.
pub fn title(occurrence: &Occurrence) -> String {
    match occurrence.source {
        Source::V1 => v1::truncate(&occurrence.message),
        Source::Security => cut(first_line(&occurrence.message)).to_owned(),
        Source::Sentry => sentry(occurrence),
    }
}

fn sentry(occurrence: &Occurrence) -> String {
    let function = || crash_frame(occurrence).and_then(|frame| frame.function.as_deref().or(frame.package.as_deref()));
    let Some(exception) = main_exception(&occurrence.exceptions) else {
        let line = first_line(&occurrence.message);
        let line = if line.is_empty() { function().or(occurrence.transaction.as_deref()) } else { Some(line) };
        return cut(line.unwrap_or("<no message>")).to_owned();
    };
    let synthetic = exception.mechanism.get("synthetic").is_some_and(|synthetic| synthetic == true);
    let kind = exception.kind.as_deref().filter(|_| !synthetic || exception.stacktrace.is_none());
    let value = exception.value.as_deref().map(first_line).filter(|line| !line.is_empty());
    match (kind, value) {
        (Some(kind), Some(value)) => cut(&format!("{}: {value}", first_line(kind))).to_owned(),
        (Some(kind), None) => cut(first_line(kind)).to_owned(),
        (None, Some(value)) if !synthetic => cut(value).to_owned(),
        (None, value) => {
            let kind = exception.kind.as_deref();
            cut(function().or(kind).or(value).unwrap_or("<unknown>")).to_owned()
        }
    }
}

/// The first line that is not blank, without white space around it.
fn first_line(text: &str) -> &str {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default()
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TITLE)]
}
