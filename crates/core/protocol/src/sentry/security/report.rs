//! Reports about certificates, and all reports without specific rules.

use serde_json::Value;

use super::{Report, ReportKind, csp};
use model::occurrence::{Level, Occurrence};
use model::time::Timestamp;

/// The oldest report that is believed, in seconds. Browsers give up sending long before.
const MAX_AGE: i64 = 24 * 3600;

impl Report {
    /// Returns when it happened: the report's own time or age if it is plausible, or else now.
    pub(super) fn time(&self, now: Timestamp) -> Timestamp {
        let age = self
            .envelope
            .get("age")
            .and_then(Value::as_i64)
            .map(|age| Timestamp::from_millis(now.millis().saturating_sub(age)));
        let time = self.text(&["date-time"]).and_then(|text| Timestamp::parse(text).ok()).or(age);
        time.filter(|&time| time >= now.plus_seconds(-MAX_AGE) && time <= now).unwrap_or(now)
    }
}

pub(super) fn certificate(occurrence: &mut Occurrence, report: &Report) {
    let (kind, what) = match report.kind {
        ReportKind::ExpectCt => ("expect-ct", "Expect-CT failed"),
        ReportKind::ExpectStaple => ("expect-staple", "Expect-Staple failed"),
        ReportKind::Hpkp | ReportKind::Csp | ReportKind::Other(_) => ("hpkp", "Public key pinning failed"),
    };
    let host = report.text(&["hostname"]).unwrap_or("an unknown host");
    occurrence.kind = kind.to_owned();
    occurrence.logger = Some(kind.to_owned());
    occurrence.message = format!("{what} for '{host}'");
    occurrence.culprit = report.text(&["hostname"]).map(str::to_owned);
    let port = report.body.get("port").and_then(Value::as_u64).filter(|&port| port != 443);
    let url = port.map_or_else(|| format!("https://{host}/"), |port| format!("https://{host}:{port}/"));
    occurrence.request.insert("url".to_owned(), url.into());
    for key in ["hostname", "port", "response-status", "cert-status"] {
        let tag = match report.body.get(key) {
            Some(Value::String(text)) if !text.contains('\n') => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(_) | None => continue,
        };
        occurrence.tags.insert(key.to_owned(), tag);
    }
}

/// Fills an occurrence from a report of type `deprecation`, `intervention`, `crash`, `network-error` or any other.
pub(super) fn other(occurrence: &mut Occurrence, report: &Report, name: &str) {
    let what = report.text(&["message", "reason", "id", "featureId", "policyId", "type"]).unwrap_or("no message");
    occurrence.kind = name.to_owned();
    occurrence.logger = Some(name.to_owned());
    occurrence.message = match name {
        "network-error" => network_error(report, what),
        _ => what.to_owned(),
    };
    occurrence.platform = "javascript".to_owned();
    occurrence.level = match name {
        "crash" => Level::Fatal,
        "deprecation"
        | "intervention"
        | "permissions-policy-violation"
        | "document-policy-violation"
        | "coep"
        | "coop" => Level::Warning,
        // Answers with a client error (4xx) are warnings; those with a server error (5xx) are errors.
        "network-error" if report.body.get("status_code").and_then(Value::as_u64).is_some_and(|it| it < 500) => {
            if what == "http.error" { Level::Warning } else { Level::Error }
        }
        _ => Level::Error,
    };
    occurrence.culprit = report.text(&["sourceFile"]).map(str::to_owned);
    if let Some(url) = report.envelope.get("url").and_then(Value::as_str) {
        occurrence.request.insert("url".to_owned(), url.into());
    }
    let id = report.text(&["id", "featureId", "policyId"]).filter(|id| !id.contains('\n'));
    occurrence.tags.extend(id.map(|id| ("report-id".to_owned(), id.to_owned())));
}

/// Returns the failure of a request and its host, such as `http.error 503 from 'shop.example'`. Requests to one host
/// that fail in the same way are one error.
fn network_error(report: &Report, what: &str) -> String {
    let status = report.body.get("status_code").and_then(Value::as_u64).filter(|&status| status > 0);
    let status = status.map_or_else(String::new, |status| format!(" {status}"));
    let url = report.envelope.get("url").and_then(Value::as_str).unwrap_or_default();
    match csp::host(url) {
        Some(host) => format!("{what}{status} from '{}'", host.to_ascii_lowercase()),
        None => format!("{what}{status}"),
    }
}
