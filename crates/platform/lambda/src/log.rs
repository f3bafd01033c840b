//! Lines of JSON with `timestamp` and `level`, which is what Lambda's own log filter reads.

use std::panic::PanicHookInfo;

/// Logs warnings and errors from here on, to standard output. A line for each invocation would cost more than the
/// invocation (CloudWatch Logs: $0.50 per GB).
pub(crate) fn start() {
    tracing_subscriber::fmt().json().with_max_level(tracing::Level::WARN).with_current_span(false).init();
    std::panic::set_hook(Box::new(panicked));
}

/// Where, and not with what words: a panic's message may quote the event.
fn panicked(info: &PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(panic.place = place, "panicked");
}
