//! Adds entries to the audit log.

use model::audit::{AuditEntry, AuditEvent};
use store::clock::Clock;
use store::ports::AuditLog;

use crate::Caller;

/// Records what a caller did. A failure is logged and does not refuse the caller: it is done already.
pub async fn record(log: &dyn AuditLog, clock: &dyn Clock, caller: &Caller, event: AuditEvent) {
    let entry = AuditEntry::new(event, caller.actor(), caller.address(), clock.now(), clock.random());
    if let Err(error) = log.record(&entry).await {
        let (what, by) = (entry.event.what.as_str(), entry.by.to_string());
        tracing::error!(audit.what = what, audit.by = by, error.message = %error, "failed to record an entry of the audit log");
    }
}
