//! Says in the words of the pages why the API refused a form.

use http::StatusCode;
use web_session::{ApiRefusal, PageRefusal, Visit};

/// Returns the status and the problem, in the words of the pages, for the page with the form. A refusal that the visitor
/// cannot fix there becomes a page of its own.
pub(super) fn explain(refusal: ApiRefusal, visit: &Visit) -> Result<(StatusCode, String), PageRefusal> {
    match refusal.is_fixable() {
        true => Ok((refusal.status, describe_refusal(&refusal))),
        false => Err(refusal.into_page(visit)),
    }
}

fn describe_refusal(refusal: &ApiRefusal) -> String {
    let path: Vec<_> = refusal.path.iter().map(String::as_str).collect();
    describe_reason(&refusal.reason, &path, &refusal.text)
}

/// Describes a refusal by its reason and the place in the request. The API's own text is used if it says nothing about
/// keys or routes of the API.
pub(super) fn describe_reason(reason: &str, path: &[&str], text: &str) -> String {
    let words = match (reason, path) {
        ("error_merged", _) => {
            "This error is merged into another one: choose that one, or unmerge this one there first."
        }
        ("error_unknown", ["errors"]) => {
            "The project has no such error: paste the URL of an error's page, or the fingerprint in it."
        }
        ("error_unknown", _) => "This error does not exist any more.",
        ("comment_unknown", _) => "This comment does not exist any more.",
        ("body_invalid", ["inNextRelease"]) => {
            "No release of this project is known yet. An error can be resolved in the next release once events have a \
             release."
        }
        ("body_invalid", ["assignee"]) => "The assignee is too long: use a name or an email address.",
        ("body_invalid", ["text"]) => "The comment is too long: shorten it.",
        ("key_id_unknown", _) => "This key does not exist any more.",
        ("body_invalid", ["name"]) if text.starts_with("`name`") => "The name of the key is too long: shorten it.",
        ("project_exists", []) => "A project has or had this name: choose another name.",
        ("body_invalid", ["owner"]) => "Owner: this is too long.",
        ("body_invalid", ["limits", "perMinute"]) => {
            "Events per minute: use a whole number from 1 to 1 000 000 000, or leave it empty."
        }
        ("body_invalid", ["limits", "perMonth"]) => {
            "Events per month: use a whole number from 1 to 1 000 000 000, or leave it empty."
        }
        ("body_invalid", ["scrubbing", "additional"]) => {
            "Additional secret keys: there are too many names, or one is too long."
        }
        ("body_invalid", ["scrubbing", "exempt"]) => {
            "Never scrub these keys: there are too many names, or one is too long."
        }
        ("body_invalid", ["allowedOrigins"]) => {
            return format!(
                "Allowed origins: {}.",
                text.trim_start_matches("`allowedOrigins`: ").replace(": send ", ": use ")
            );
        }
        ("body_invalid", ["repository"]) => {
            return format!("Repository: {}.", text.trim_start_matches("`repository`: "));
        }
        _ => return begin_sentence(text),
    };
    words.to_owned()
}

/// Turns a message of the API into a sentence.
fn begin_sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_in_the_words_of_the_page() {
        for (reason, path, text, expected) in [
            (
                "project_exists",
                &[][..],
                "project `a` already exists: … POST /keys",
                "A project has or had this name: choose another name.",
            ),
            (
                "body_invalid",
                &["allowedOrigins"],
                "`allowedOrigins`: `x` is not an origin",
                "Allowed origins: `x` is not an origin.",
            ),
            (
                "project_exists",
                &["name"],
                "`a` is or was the name of another project",
                "`a` is or was the name of another project.",
            ),
            ("project_name", &[], "a project name cannot be empty", "A project name cannot be empty."),
        ] {
            assert_eq!(describe_reason(reason, path, text), expected);
        }
    }
}
