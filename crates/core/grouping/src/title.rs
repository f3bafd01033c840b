//! The title of an error in lists.

use std::borrow::Cow;

use super::truncate_message;
use super::{crash_frame, crash_function, exception_type, main_exception, throws_anything};
use model::occurrence::{Occurrence, Source};

/// The longest title, in bytes.
const MAX_TITLE: usize = 720;

/// Returns the title of `occurrence`'s error in lists, at most 720 bytes. It is `Type: value` of the exception that
/// gives the title, up to the end of the line; or the crashed function if the exception is a signal, or has neither
/// type nor value; or the log message if there is no exception. The title of a v1 error is its message, cut as v1 cuts
/// it.
pub fn title(occurrence: &Occurrence) -> String {
    match occurrence.source {
        Source::V1 => truncate_message(&occurrence.message),
        Source::Security => or_unknown(first_line(&occurrence.message)),
        Source::Sentry | Source::Rollbar | Source::Airbrake | Source::Bugsnag | Source::Otlp => {
            or_unknown(&sentry(occurrence))
        }
    }
}

/// Cuts a title, and replaces an empty one.
fn or_unknown(title: &str) -> String {
    let title = cut(title).trim();
    if title.is_empty() { "<unknown>".to_owned() } else { title.to_owned() }
}

fn sentry(occurrence: &Occurrence) -> String {
    let package = || Some(Cow::Borrowed(crash_frame(occurrence)?.package.as_deref()?));
    let function = || crash_function(occurrence).or_else(package);
    let Some(exception) = main_exception(&occurrence.exceptions) else {
        let line = first_line(&occurrence.message);
        if !line.is_empty() {
            return line.to_owned();
        }
        let other = function().or(occurrence.transaction.as_deref().map(Cow::Borrowed));
        return other.unwrap_or(Cow::Borrowed("<no message>")).into_owned();
    };
    let cleaned = exception.kind.as_deref().and_then(|kind| exception_type(occurrence, kind));
    let kind = cleaned.as_deref().map(first_line).filter(|line| !line.is_empty());
    let value = exception.value.as_deref().map(first_line).filter(|line| !line.is_empty());
    // Segmentation faults and other signals. Synthetic exceptions in JavaScript are thrown values other than errors, or
    // messages: their text is more useful than their location.
    let synthetic = exception.mechanism.get("synthetic").is_some_and(|synthetic| synthetic == true);
    let signal = if synthetic && kind.is_some() && !throws_anything(occurrence) { function() } else { None };
    match (signal, kind, value) {
        (Some(function), _, _) => function.into_owned(),
        (None, Some(kind), Some(value)) => format!("{kind}: {value}"),
        (None, Some(one), None) | (None, None, Some(one)) => one.to_owned(),
        (None, None, None) => function().unwrap_or_default().into_owned(),
    }
}

/// Returns the first line that is not blank, without surrounding white space.
fn first_line(text: &str) -> &str {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default()
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TITLE)]
}
