//! `GET …/errors/{message}/briefing`: an error in few words, for a coding agent. Also as Markdown, at the path of the error or
//! the occurrence with `.md`, or by `Accept: text/markdown`.

use axum::body::Body;
use axum::response::Response;
use briefing::{Briefing, PickedOccurrence, Subject};
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, VARY};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Uri};
use http_common::describe::Description;
use http_common::{Answer, BaseUrl, ReadableProject};
use model::outcome::{Reason, Refusal};
use web_session::address::encoded;

use super::operation::describe_error_path;
use crate::Query;
use crate::list::Parameters;
use crate::lookup::find_error;
use crate::occurrences::{self, OccurrenceName};

/// The number of history entries that are read, to find comments and feedback among them.
const MAX_HISTORY_READ: usize = 50;

pub(super) fn describe(api: &mut Description) {
    let path = "/projects/{project}/errors/{message}/briefing";
    describe_error_path(api.operation("get", path, "getBriefing", "Describes an error in few words, for a coding agent"))
        .description(
            "An answer has at most 24,000 bytes. Text of events is only under `reported`. With `Accept: text/markdown` the \
             same as Markdown; also at the path of an error with `.md` after its fingerprint, and at the path of an occurrence \
             with `.md`.",
        )
        .query::<str>(
            "occurrence",
            "a `reversedUnixtime`, `first`, `last` or `best`: among the ten newest occurrences, the newest that has frames of the \
             application and variables; default: `best`",
        )
        .data::<Briefing>(200, "the briefing")
        .error(Reason::OccurrenceUnknown, "the error has no such occurrence")
        .error(Reason::OccurrenceExpired, "the occurrence has expired");
}

/// Whether the client prefers Markdown. Browsers and API clients do not name it.
pub(super) fn accepts_markdown(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let media =
        accepted.flat_map(|list| list.split(',')).map(|media| media.split(';').next().unwrap_or_default().trim());
    media.into_iter().any(|media| media.eq_ignore_ascii_case("text/markdown"))
}

/// Parses the parameter `occurrence`.
pub(super) fn parse_name(uri: &Uri) -> Result<OccurrenceName, Refusal> {
    Ok(Parameters::parse(uri).get("occurrence").map(OccurrenceName::parse).transpose()?.unwrap_or(OccurrenceName::Best))
}

/// A request for a briefing.
pub(super) struct BriefingCall<'a> {
    pub(super) query: &'a Query,
    pub(super) project: &'a ReadableProject,
    pub(super) parts: &'a Parts,
    /// The occurrence to show.
    pub(super) name: OccurrenceName,
}

impl BriefingCall<'_> {
    pub(super) async fn json(self, message: &str) -> Answer {
        http_common::data(self.load(message).await?)
    }

    pub(super) async fn markdown(self, message: &str) -> Answer {
        let mut response = Response::new(Body::from(self.load(message).await?.markdown()));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/markdown; charset=utf-8"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(VARY, HeaderValue::from_static("accept"));
        Ok(response)
    }

    /// If the error is merged into another one, describes that one.
    async fn load(self, message: &str) -> Result<Briefing, Refusal> {
        let Self { query, project, parts, name } = self;
        let error = find_error(query, project, message).await?;
        let history = query.stores.history.history(project.id, &error.uid, None, MAX_HISTORY_READ).await?.items;
        let picked = occurrences::pick(query, project, &error, name).await?;
        let base = BaseUrl::from_request(&parts.headers, &parts.extensions);
        let page =
            format!("{}/projects/{}/errors/{}", base.as_str(), encoded(project.name.as_str()), error.fingerprint);
        let occurrence = picked.as_ref().map(|picked| PickedOccurrence {
            id: picked.found.id,
            occurrence: &picked.found.occurrence,
            reason: picked.reason.clone(),
        });
        let now = query.clock.now();
        Ok(Briefing::new(&Subject {
            project: &project.name,
            error: &error,
            history: &history,
            occurrence,
            page: &page,
            repository: project.repository.as_ref(),
            now,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_is_sent_to_clients_that_name_it() {
        for (accept, expected) in [
            ("text/markdown", true),
            ("text/html;q=0.5, Text/Markdown;q=0.9", true),
            ("text/html,application/xhtml+xml,*/*;q=0.8", false),
            ("*/*", false),
            ("application/json", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(accepts_markdown(&headers), expected, "{accept}");
        }
        assert!(!accepts_markdown(&HeaderMap::new()));
    }
}
