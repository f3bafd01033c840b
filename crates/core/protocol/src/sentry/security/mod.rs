//! Reports that browsers send by themselves, such as violations of a content security policy.

mod csp;
mod report;

use serde_json::{Map, Value};

use super::Received;
use model::json::{self, MAX_DEPTH};
use model::occurrence::{Occurrence, Source};
use model::outcome::{Reason, Refusal};

/// The most reports in one body. Browsers collect only a few.
pub const MAX_REPORTS: usize = 100;

/// A report as it was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    kind: ReportKind,
    body: Map<String, Value>,
    /// The fields next to the body in a list of reports: `age`, `url`, `user_agent`.
    envelope: Map<String, Value>,
}

/// The subject of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
enum ReportKind {
    /// A violation of the content security policy.
    Csp,
    /// A certificate that is missing in the public logs.
    ExpectCt,
    /// A certificate without a stapled proof that it is valid.
    ExpectStaple,
    /// A certificate other than the pinned ones.
    Hpkp,
    /// Any other type in the Reporting API, such as `deprecation`.
    Other(String),
}

/// Facts about the sender, from the request that brought a report.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sender<'a> {
    /// The header `User-Agent`.
    pub user_agent: Option<&'a str>,
    /// `sentry_release` in the query string.
    pub release: Option<&'a str>,
    /// `sentry_environment` in the query string.
    pub environment: Option<&'a str>,
}

/// The most memory that the parsed reports of a body may take, in bytes.
const MAX_MEMORY: usize = 32 << 20;

/// Parses the reports in a body: `{"csp-report": …}` and similar wrappers, HPKP's bare object, or a list of the
/// Reporting API. An invalid report is refused alone, unless it is the only one. A report that does not describe a
/// failure is refused as not stored; if there are only such reports, the list is empty.
pub fn parse(body: &[u8]) -> Result<(Vec<Report>, Vec<Refusal>), Refusal> {
    let not_json = |error| {
        let message = format!("the body is {error}: send a browser's report as JSON, at most {MAX_DEPTH} levels deep");
        Refusal::new(Reason::BodyNotJson, message)
    };
    let (text, memory) = json::measure(body, MAX_DEPTH).map_err(not_json)?;
    if memory > MAX_MEMORY {
        let message = format!("the body has too many values: they take {memory} bytes of memory: send fewer reports");
        return Err(Refusal::new(Reason::BodyTooLargeUnpacked, message));
    }
    let value: Value = json::parse(&text).map_err(not_json)?;
    let (list, is_list) = match value {
        Value::Array(list) => (list, true),
        value => (vec![value], false),
    };
    let (mut reports, mut refused) = (Vec::new(), Vec::new());
    for (index, entry) in list.into_iter().enumerate() {
        let refuse = |message: String| {
            let path = if is_list { vec![index.to_string()] } else { Vec::new() };
            Refusal { path, ..Refusal::new(Reason::ItemInvalid, message) }
        };
        if index == MAX_REPORTS {
            refused.push(refuse(format!("a body may have at most {MAX_REPORTS} reports: send the others in another")));
            break;
        }
        match Report::parse(entry) {
            Some(report) if report.tells_of_no_fault() => refused.push(Refusal {
                reason: Reason::ItemNotStored,
                ..refuse(format!("a report of type `{}` that does not describe a failure is not stored", report.name()))
            }),
            Some(report) => reports.push(report),
            None => refused.push(refuse(
                "unknown kind of report: send `csp-report`, or a report with `type` and `body`".to_owned(),
            )),
        }
    }
    if reports.is_empty() && !refused.iter().any(|refusal| refusal.reason == Reason::ItemNotStored) {
        let first = refused.into_iter().next();
        let none = Refusal::new(Reason::BodyInvalid, "the body has no report: send at least one");
        return Err(first.map_or(none, |refusal| Refusal { reason: Reason::BodyInvalid, ..refusal }));
    }
    Ok((reports, refused))
}

impl Report {
    fn parse(value: Value) -> Option<Self> {
        let Value::Object(mut map) = value else { return None };
        let wrapped = [
            ("csp-report", ReportKind::Csp),
            ("expect-ct-report", ReportKind::ExpectCt),
            ("expect-staple-report", ReportKind::ExpectStaple),
        ];
        for (key, kind) in wrapped {
            if let Some(body) = map.remove(key) {
                let Value::Object(body) = body else { return None };
                return Some(Self { kind, body, envelope: map });
            }
        }
        if map.contains_key("known-pins") || map.contains_key("noted-hostname") {
            return Some(Self { kind: ReportKind::Hpkp, body: map, envelope: Map::new() });
        }
        let (Some(Value::String(name)), Some(Value::Object(body))) = (map.remove("type"), map.remove("body")) else {
            return None;
        };
        let kind = if name == "csp-violation" || name == "csp" { ReportKind::Csp } else { ReportKind::Other(name) };
        Some(Self { kind, body, envelope: map })
    }

    /// Returns the type, as the Reporting API names it.
    fn name(&self) -> &str {
        match &self.kind {
            ReportKind::Csp => "csp-violation",
            ReportKind::ExpectCt => "expect-ct",
            ReportKind::ExpectStaple => "expect-staple",
            ReportKind::Hpkp => "hpkp",
            ReportKind::Other(name) => name,
        }
    }

    /// Returns whether nothing failed. Browsers also report successful requests (`network-error` of type `ok`, if a
    /// site asks for them), requests that the user aborted, and the hashes of scripts that ran.
    fn tells_of_no_fault(&self) -> bool {
        match self.name() {
            "network-error" => matches!(self.text(&["type"]), Some("ok" | "abandoned")),
            "csp-hash" => true,
            _ => false,
        }
    }

    /// Returns the first non-empty string at one of `keys`.
    fn text(&self, keys: &[&str]) -> Option<&str> {
        let at = |key: &&str| self.body.get(*key).and_then(Value::as_str).filter(|text| !text.is_empty());
        keys.iter().find_map(at)
    }
}

/// Converts a report into an occurrence. The type is the kind of report, the message is its title, and the whole report
/// is kept as a context with the name of the type.
pub fn normalise(report: Report, received: &Received, sender: &Sender<'_>) -> Occurrence {
    let now = received.received_at;
    let mut occurrence = Occurrence::new(received.event_id, Source::Security, report.time(now), now);
    match &report.kind {
        ReportKind::Csp => csp::describe(&mut occurrence, &report),
        ReportKind::ExpectCt | ReportKind::ExpectStaple | ReportKind::Hpkp => {
            report::certificate(&mut occurrence, &report)
        }
        ReportKind::Other(name) => report::other(&mut occurrence, &report, name),
    }
    let text = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    occurrence.release = text(sender.release);
    occurrence.environment = text(sender.environment);
    if let Some(ip) = received.client_ip {
        occurrence.user.insert("ip_address".to_owned(), ip.to_string().into());
    }
    let Report { body, mut envelope, .. } = report;
    let reported = envelope.remove("user_agent");
    let mut headers = Map::new();
    if let Some(agent) = reported.as_ref().and_then(Value::as_str).or(sender.user_agent) {
        headers.insert("User-Agent".to_owned(), agent.into());
    }
    if let Some(Value::String(referrer)) = body.get("referrer")
        && !referrer.is_empty()
    {
        headers.insert("Referer".to_owned(), referrer.as_str().into());
    }
    if !headers.is_empty() {
        occurrence.request.insert("headers".to_owned(), headers.into());
    }
    occurrence.contexts.insert(occurrence.kind.clone(), body.into());
    occurrence.other = envelope;
    occurrence
}

#[cfg(test)]
mod tests;
