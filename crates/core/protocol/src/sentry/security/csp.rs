//! Violations of a content security policy (CSP).

use super::Report;
use model::occurrence::Occurrence;

/// The source of the blocked content.
#[derive(Debug, PartialEq, Eq)]
enum Blocked {
    /// Code in the page itself.
    Inline,
    /// A string run as code.
    Eval,
    /// The page's own origin.
    Own,
    /// This host with its port, or this scheme (`data:`).
    Host(String),
}

/// Fills an occurrence from a CSP report, in the old form (`blocked-uri`) or that of the Reporting API (`blockedURL`).
pub(super) fn describe(occurrence: &mut Occurrence, report: &Report) {
    let document = report
        .text(&["document-uri", "documentURL", "document-url"])
        .or_else(|| report.envelope.get("url").and_then(|url| url.as_str()));
    let violated = report.text(&["violated-directive", "violatedDirective"]);
    let directive = report
        .text(&["effective-directive", "effectiveDirective"])
        .or(violated)
        .and_then(|directive| directive.split_ascii_whitespace().next())
        .unwrap_or("unknown");
    let blocked = blocked(report, document);
    let what = directive.strip_suffix("-src").unwrap_or(directive);
    let (message, host) = match &blocked {
        Blocked::Inline => (format!("Blocked inline '{what}'"), "inline"),
        Blocked::Eval => (format!("Blocked unsafe eval() '{what}'"), "eval"),
        Blocked::Own => (format!("Blocked '{what}' from 'self'"), "self"),
        Blocked::Host(host) => (format!("Blocked '{what}' from '{host}'"), host.as_str()),
    };
    occurrence.kind = "csp".to_owned();
    occurrence.logger = Some("csp".to_owned());
    occurrence.platform = "javascript".to_owned();
    occurrence.culprit = Some(violated.unwrap_or(directive).to_owned());
    occurrence.message = message;
    for (name, value) in [("effective-directive", directive), ("blocked-host", host)] {
        occurrence.tags.insert(name.to_owned(), value.to_owned());
    }
    if let Some(disposition) = report.text(&["disposition"]).filter(|disposition| !disposition.contains('\n')) {
        occurrence.tags.insert("disposition".to_owned(), disposition.to_owned());
    }
    if let Some(document) = document {
        occurrence.request.insert("url".to_owned(), document.into());
    }
}

fn blocked(report: &Report, document: Option<&str>) -> Blocked {
    let uri = report.text(&["blocked-uri", "blockedURL", "blocked-url"]).unwrap_or_default().trim();
    match uri {
        "inline" => return Blocked::Inline,
        "eval" | "wasm-eval" => return Blocked::Eval,
        "" | "self" | "'self'" => return Blocked::Own,
        _ => {}
    }
    let scheme = uri.split(':').next().unwrap_or(uri);
    let is_of_web = matches!(scheme, "http" | "https" | "ws" | "wss" | "ftp");
    let Some(host) = host(uri).filter(|_| is_of_web || !uri.contains("://")) else {
        // Only a scheme (`data`, `data:`, `data:text/css;base64,…`), or the URL of an extension, whose host is its id.
        return Blocked::Host(format!("{}:", &scheme[..scheme.floor_char_boundary(40)]));
    };
    if document.and_then(self::host).is_some_and(|own| own.eq_ignore_ascii_case(host)) {
        return Blocked::Own;
    }
    Blocked::Host(host.to_ascii_lowercase())
}

/// Returns the host and port of a URL, without user information.
pub(super) fn host(url: &str) -> Option<&str> {
    let rest = url.split_once("://").map(|(_, rest)| rest).or_else(|| url.contains('.').then_some(url))?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let is_host = !host.is_empty() && !host.contains(char::is_whitespace) && host.len() <= 255;
    is_host.then_some(host)
}
