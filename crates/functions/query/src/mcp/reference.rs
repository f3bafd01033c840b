//! The error that an agent means: a fingerprint, a message, or the URL of a page.

use serde::Deserialize;

use super::api::Api;
use super::failure::ToolFailure;

/// An error, and perhaps one of its occurrences.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ErrorReference {
    pub(super) project: Option<String>,
    pub(super) error: String,
    pub(super) occurrence: Option<String>,
}

impl ErrorReference {
    /// Parses what a person pasted. A URL of a page, or of the API, contains all parts.
    pub(super) fn parse(text: &str) -> Self {
        let text = text.trim().trim_matches(['<', '>', '`']);
        let parts = text.contains("://").then(|| text.split(['?', '#']).next()).flatten();
        let parts =
            parts.and_then(|path| path.split_once("/projects/")).and_then(|(_, rest)| rest.split_once("/errors/"));
        let Some((project, rest)) = parts else {
            return Self { project: None, error: text.to_owned(), occurrence: None };
        };
        let (error, occurrence) = match rest.split_once("/occurrences/") {
            Some((error, occurrence)) => (error, Some(occurrence)),
            None => (rest, None),
        };
        let name = |part: &str| {
            let part = part.split('/').next().unwrap_or_default();
            let part = part.strip_suffix(".md").unwrap_or(part);
            http_common::decode_segment(part)
        };
        Self { project: Some(name(project)), error: name(error), occurrence: occurrence.map(name) }
    }

    /// Returns the project: the one in the URL, the given one, or the only one that the key sees.
    pub(super) async fn find_project(&self, api: &Api, given: Option<&str>) -> Result<String, ToolFailure> {
        match (&self.project, given) {
            (Some(own), Some(given)) if own != given => Err(ToolFailure(format!(
                "the URL is of the project `{own}`, but `project` is `{given}`: leave `project` out"
            ))),
            (Some(own), _) => Ok(own.clone()),
            (None, given) => find_project(api, given).await,
        }
    }
}

#[derive(Deserialize)]
struct VisibleProjects {
    projects: Vec<VisibleProject>,
}

#[derive(Deserialize)]
struct VisibleProject {
    name: String,
}

/// Returns the given project, or the only one that the key sees.
pub(super) async fn find_project(api: &Api, given: Option<&str>) -> Result<String, ToolFailure> {
    if let Some(given) = given.filter(|given| !given.is_empty()) {
        return Ok(given.to_owned());
    }
    let VisibleProjects { mut projects } = api.get("/projects?limit=2").await?;
    match (projects.len(), projects.pop()) {
        (1, Some(only)) => Ok(only.name),
        (0, _) => Err(ToolFailure::new("there is no project yet")),
        _ => Err(ToolFailure::new(
            "`project` is missing, and this key sees several projects: the tool list_projects lists them",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_meant_by_its_url_its_fingerprint_or_its_message() {
        let check = |text: &str, project: Option<&str>, error: &str, occurrence: Option<&str>| {
            let own = str::to_owned;
            let expected =
                ErrorReference { project: project.map(own), error: own(error), occurrence: occurrence.map(own) };
            assert_eq!(ErrorReference::parse(text), expected, "{text}");
        };
        check(" 0f1e ", None, "0f1e", None);
        check("no total in /projects/x/errors/y", None, "no total in /projects/x/errors/y", None);
        check("https://h/projects/shop/errors/0f1e?status=muted", Some("shop"), "0f1e", None);
        check("<https://h/prod/projects/a%20b/errors/0f1e.md>", Some("a b"), "0f1e", None);
        check("http://h/projects/shop/errors/0f1e/occurrences/9007-1#x", Some("shop"), "0f1e", Some("9007-1"));
        check("http://h/projects/shop/errors/0f1e/occurrences/best.md", Some("shop"), "0f1e", Some("best"));
        check("http://h/projects/shop/errors/a%2Fb", Some("shop"), "a/b", None);
    }
}
