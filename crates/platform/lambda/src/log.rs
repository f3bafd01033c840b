//! Log lines as JSON with `timestamp` and `level`, which Lambda's own log filter understands.

use std::panic::PanicHookInfo;

/// Starts logging warnings and errors to standard output. One line for each invocation would cost more than the
/// invocation (CloudWatch Logs: $0.50 per GB).
pub(crate) fn start() {
    tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::WARN)
        .with_current_span(false)
        .log_internal_errors(false)
        .init();
    std::panic::set_hook(Box::new(panicked));
}

/// Logs where a panic happened, but not its message, which may quote the event.
fn panicked(info: &PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(panic.place = place, "panicked");
}
