//! Parses paths and queries.

use model::id::ProjectName;
use model::outcome::{Reason, Refusal};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The first segments of all paths that faultline serves. Anything before one of them is a prefix of the deployment (an
/// API Gateway stage such as `/prod`, or a folder of a reverse proxy).
const ROOTS: [&str; 26] = [
    "projects",
    "timeline",
    "keys",
    "users",
    "invitations",
    "audit-log",
    "join",
    "profile",
    "dead-letters",
    "dead-notices",
    "hooks",
    "info",
    "encrypt",
    "health",
    "openapi.json",
    "tunnel",
    "api",
    "pages",
    "assets",
    "sign-in",
    "sign-out",
    "operations",
    "mcp",
    "bugsnag",
    "otlp",
    // Airbrake's clients fetch their settings from here.
    "2020-06-18",
];
/// The most segments that a prefix may have.
const MAX_PREFIX: usize = 4;

/// The prefix before the path that the router knows, such as `/prod`. Empty in most deployments. It is in the
/// extensions of every request that has one, for handlers that return an address to the caller.
#[derive(Clone, Debug)]
pub struct Prefix(pub String);

/// Splits a path into its prefix and the path for the router, without repeated slashes and without a slash at the end.
/// `None` if it is not a path that faultline serves.
///
/// Anything after `/errors/` is left as it is: it is a message that may contain any characters.
pub(crate) fn routed(path: &str) -> Option<(Prefix, String)> {
    let mut rest = path;
    for _ in 0..=MAX_PREFIX {
        rest = rest.trim_start_matches('/');
        let (first, behind) = rest.split_once('/').unwrap_or((rest, ""));
        if is_root(first, behind.trim_start_matches('/')) {
            let prefix = path[..path.len() - rest.len()].split('/').filter(|part| !part.is_empty());
            return Some((Prefix(prefix.fold(String::new(), |prefix, part| prefix + "/" + part)), tidy(rest)));
        }
        // Clients of MCP look for OAuth below this folder, also with `/mcp` at the end. It is not a prefix of a deployment.
        if first == ".well-known" {
            return None;
        }
        rest = behind;
    }
    (path.trim_matches('/').is_empty()).then(|| (Prefix(String::new()), "/".to_owned()))
}

/// `api` may also be a prefix (`/api/projects`). It is Sentry's root only before a project number or a Sentry endpoint,
/// Rollbar's before its version, which is a number too, and Airbrake's before one of its versions.
fn is_root(first: &str, behind: &str) -> bool {
    let second = behind.split('/').next().unwrap_or_default();
    match first {
        "api" => {
            matches!(second, "store" | "envelope" | "embed" | "v3" | "v4" | "v5")
                || (!second.is_empty() && second.bytes().all(|byte| byte.is_ascii_digit()))
        }
        // OpenTelemetry's exporters may be given the address alone. `v1` may also be a prefix.
        "v1" => matches!(second, "logs" | "traces" | "metrics"),
        _ => ROOTS.contains(&first),
    }
}

/// Says why an address of the Sentry protocol is not served, and what to use instead.
pub(crate) fn not_taken(path: &str) -> Option<&'static str> {
    let mut parts = path.strip_prefix("/api/")?.split('/').filter(|part| !part.is_empty());
    parts.next().filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()))?;
    Some(match parts.next()? {
        "unreal" | "playstation" | "applecrashreport" | "nnswitch" => {
            "crash reports of this kind are not supported: if you have a minidump, send it to /api/{number}/minidump/"
        }
        "cron" => "check-ins are not stored: faultline stores errors only",
        "events" | "attachments" | "upload" => "attachments are not stored: send the event to /api/{number}/envelope/",
        "integration" | "otlp" => "logs and traces are not stored: send errors with an SDK",
        _ => return None,
    })
}

fn tidy(path: &str) -> String {
    let (head, message) = match path.split_once("/errors/") {
        Some((head, message)) if !message.is_empty() => (head.to_owned() + "/errors", Some(message)),
        _ => (path.to_owned(), None),
    };
    let mut tidy = head.split('/').filter(|part| !part.is_empty()).fold(String::new(), |path, part| path + "/" + part);
    if let Some(message) = message {
        tidy.push('/');
        tidy.push_str(message);
    }
    tidy
}

/// The name of the project in a path `/projects/{project}/…`.
pub fn parse_project_path(path: &str) -> Result<ProjectName, Refusal> {
    parse_project_name(&decode_segment(path.split('/').nth(2).unwrap_or_default()))
}

/// Parses a project's name; the refusal says what is wrong with it.
pub fn parse_project_name(name: &str) -> Result<ProjectName, Refusal> {
    ProjectName::parse(name).map_err(|error| Refusal::new(Reason::ProjectName, error.to_string()))
}

/// Percent-decodes a segment of a path. Invalid encodings stay as they are (v1's JavaScript and PHP clients do not
/// encode), and bytes that are not UTF-8 become U+FFFD.
pub fn decode_segment(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

/// Percent-encodes a text for a segment of a path.
pub fn encode_segment(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Parses and decodes the parameters of a query string.
pub fn parse_query(query: Option<&str>) -> Vec<(String, String)> {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: &str) {
        assert_eq!(routed(path).map(|(_, path)| path).as_deref(), Some(expected), "{path}");
    }

    #[test]
    fn a_route_is_found_behind_any_prefix() {
        check("/projects", "/projects");
        check("/v0/projects/a/errors", "/projects/a/errors");
        check("/api/projects/", "/projects");
        check("//prod//api/7//envelope/", "/api/7/envelope");
        check("/a/b/c/d/info", "/info");
        check("/api/store/", "/api/store");
        check("/api/1/item/", "/api/1/item");
        check("/prod/api/v3/projects/7/notices", "/api/v3/projects/7/notices");
        check("/api/v0/projects/a/errors", "/projects/a/errors");
        check("/prod/bugsnag/notify/", "/bugsnag/notify");
        check("/prod/v1/logs", "/v1/logs");
        check("/otlp/v1/traces/", "/otlp/v1/traces");
        check("/v1/projects/a/errors", "/projects/a/errors");
        check("/2020-06-18/config/1/config.json", "/2020-06-18/config/1/config.json");
        check("/prod/hooks/github/projects", "/hooks/github/projects");
        check("/prod/dead-notices/redrive", "/dead-notices/redrive");
        check("/prod/openapi.json", "/openapi.json");
        check("/", "/");
        check("/prod/mcp/", "/mcp");
        for other in [
            "/favicon.ico",
            "/.well-known/oauth-protected-resource/mcp",
            "/prod/.well-known/mcp",
            "/a/b/c/d/e/info",
            "/api/0x/envelope",
            "/api",
        ] {
            assert!(routed(other).is_none(), "{other}");
        }
    }

    #[test]
    fn the_prefix_is_what_stood_before() {
        for (path, expected) in [
            ("/projects", ""),
            ("//projects/", ""),
            ("/prod/projects", "/prod"),
            ("/tools//faultline/projects/a", "/tools/faultline"),
            ("/api/projects", "/api"),
        ] {
            assert_eq!(routed(path).map(|(Prefix(prefix), _)| prefix).as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn a_message_in_a_path_is_left_as_it_is() {
        check("/v0/projects/a/errors/x%2F%2Fy//z/", "/projects/a/errors/x%2F%2Fy//z/");
        check("/projects/a/errors/", "/projects/a/errors");
        assert_eq!(decode_segment("a%20%F0%9F%98%80%2Fb%zz%"), "a 😀/b%zz%");
    }

    #[test]
    fn parameters_are_decoded() {
        let expected = [("a", "1 2+"), ("b", "")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(parse_query(Some("a=1+2%2B&b&")), expected);
    }
}
