//! Parses the path after `/projects/{project}/errors/`.

use model::id::Fingerprint;
use model::outcome::Refusal;

use crate::occurrences::OccurrenceName;

/// An error, named by its message or fingerprint, or one of its subresources.
#[derive(Debug, PartialEq)]
pub(super) enum ErrorPath {
    Error(String),
    Timeline(String),
    Tags(String),
    Occurrences(String),
    Occurrence(String, OccurrenceName),
    /// An error, one of its occurrences, and the number of an attachment.
    Attachment(String, OccurrenceName, String),
    Briefing(String),
    /// An error's briefing as Markdown: its fingerprint with `.md`.
    Markdown(Fingerprint),
    /// The briefing of an occurrence as Markdown: its name with `.md`.
    OccurrenceMarkdown(String, OccurrenceName),
    History(String),
    Comments(String),
    /// An error and the id of a comment.
    Comment(String, String),
    Merge(String),
    Unmerge(String),
    Restore(String),
}

const OCCURRENCES_SUFFIX: &str = "/occurrences";
const MARKDOWN_SUFFIX: &str = ".md";
const COMMENTS_SUFFIX: &str = "/comments";

impl ErrorPath {
    /// The methods that the path supports.
    pub(super) fn methods(&self) -> &'static str {
        match self {
            Self::Error(_) => "GET, PATCH, DELETE",
            Self::Occurrences(_) | Self::Occurrence(..) | Self::Attachment(..) => "GET",
            Self::History(_) | Self::Tags(_) | Self::Timeline(_) => "GET",
            Self::Briefing(_) | Self::Markdown(_) | Self::OccurrenceMarkdown(..) => "GET",
            Self::Comments(_) | Self::Merge(_) | Self::Unmerge(_) | Self::Restore(_) => "POST",
            Self::Comment(..) => "DELETE",
        }
    }

    /// Parses a whole path.
    pub(super) fn parse(path: &str) -> Result<Self, Refusal> {
        // The part after `/projects/{project}/errors/`. A project may itself be named `errors`.
        let rest = path.splitn(5, '/').nth(4).unwrap_or_default();
        if let Some(message) = rest.strip_suffix(OCCURRENCES_SUFFIX).or_else(|| rest.strip_suffix("/occurrences/")) {
            return Ok(Self::Occurrences(http_common::decode_segment(message)));
        }
        if let Some(message) = rest.strip_suffix("/history") {
            return Ok(Self::History(http_common::decode_segment(message)));
        }
        if let Some(message) = rest.strip_suffix(COMMENTS_SUFFIX) {
            return Ok(Self::Comments(http_common::decode_segment(message)));
        }
        if let Some((message, id)) = rest.rsplit_once('/')
            && let Some(message) = message.strip_suffix(COMMENTS_SUFFIX)
        {
            return Ok(Self::Comment(http_common::decode_segment(message), http_common::decode_segment(id)));
        }
        if let Some(message) = rest.strip_suffix("/merge") {
            return Ok(Self::Merge(http_common::decode_segment(message)));
        }
        if let Some(message) = rest.strip_suffix("/unmerge") {
            return Ok(Self::Unmerge(http_common::decode_segment(message)));
        }
        if let Some(message) = rest.strip_suffix("/restore") {
            return Ok(Self::Restore(http_common::decode_segment(message)));
        }
        let of = |name| rest.trim_end_matches('/').strip_suffix(name).filter(|message| !message.is_empty());
        if let Some(message) = of("/timeline") {
            return Ok(Self::Timeline(http_common::decode_segment(message)));
        }
        if let Some(message) = of("/tags") {
            return Ok(Self::Tags(http_common::decode_segment(message)));
        }
        if let Some((rest, number)) = rest.rsplit_once('/')
            && let Some((message, id)) = rest.strip_suffix("/attachments").and_then(|rest| rest.rsplit_once('/'))
            && let Some(message) = message.strip_suffix(OCCURRENCES_SUFFIX)
        {
            let (message, number) = (http_common::decode_segment(message), http_common::decode_segment(number));
            return Ok(Self::Attachment(message, OccurrenceName::parse(id)?, number));
        }
        if let Some(message) = of("/briefing") {
            return Ok(Self::Briefing(http_common::decode_segment(message)));
        }
        if let Some((message, id)) = rest.rsplit_once('/')
            && let Some(message) = message.strip_suffix(OCCURRENCES_SUFFIX)
        {
            if let Some(id) = id.strip_suffix(MARKDOWN_SUFFIX) {
                return Ok(Self::OccurrenceMarkdown(http_common::decode_segment(message), OccurrenceName::parse(id)?));
            }
            return Ok(Self::Occurrence(http_common::decode_segment(message), OccurrenceName::parse(id)?));
        }
        // A message may end with `.md`, too.
        if let Some(fingerprint) = rest.strip_suffix(MARKDOWN_SUFFIX).and_then(|name| Fingerprint::parse(name).ok()) {
            return Ok(Self::Markdown(fingerprint));
        }
        Ok(Self::Error(http_common::decode_segment(rest)))
    }
}

#[cfg(test)]
mod tests {
    use model::id::{OccurrenceId, ReferenceId};
    use model::outcome::Reason;
    use model::time::Timestamp;

    use super::*;
    use crate::occurrences::End;

    #[test]
    fn a_message_may_contain_anything() {
        let moment = Timestamp::from_seconds(1_478_044_860);
        let id = OccurrenceId::new(moment, ReferenceId::new(moment, 1), 3);
        let check = |rest: &str, expected: ErrorPath| {
            assert_eq!(ErrorPath::parse(&format!("/projects/a/errors/{rest}")).unwrap(), expected, "{rest}");
        };
        check("a%2Fb%20c%25", ErrorPath::Error("a/b c%".to_owned()));
        check("a/b", ErrorPath::Error("a/b".to_owned()));
        assert_eq!(ErrorPath::parse("/projects/errors/errors/m").unwrap(), ErrorPath::Error("m".to_owned()));
        check("x%2Foccurrences", ErrorPath::Error("x/occurrences".to_owned()));
        check("a%2Fb/history", ErrorPath::History("a/b".to_owned()));
        check("a%2Fhistory", ErrorPath::Error("a/history".to_owned()));
        check("a%2Fb/comments", ErrorPath::Comments("a/b".to_owned()));
        check("a%2Fb/comments/c%20d", ErrorPath::Comment("a/b".to_owned(), "c d".to_owned()));
        check("a%2Fb/occurrences", ErrorPath::Occurrences("a/b".to_owned()));
        check("a%2Fmerge/merge", ErrorPath::Merge("a/merge".to_owned()));
        check("a%2Fb/unmerge", ErrorPath::Unmerge("a/b".to_owned()));
        check("a%2Fb/restore", ErrorPath::Restore("a/b".to_owned()));
        check("a%2Fb/timeline", ErrorPath::Timeline("a/b".to_owned()));
        check("a/tags/", ErrorPath::Tags("a".to_owned()));
        check("tags", ErrorPath::Error("tags".to_owned()));
        check("x%2Ftags", ErrorPath::Error("x/tags".to_owned()));
        check("a%2Fb/briefing", ErrorPath::Briefing("a/b".to_owned()));
        let fingerprint = "0f".repeat(16);
        check(&format!("{fingerprint}.md"), ErrorPath::Markdown(Fingerprint::parse(&fingerprint).unwrap()));
        check("no%20README.md", ErrorPath::Error("no README.md".to_owned()));
        check("a%2Fb/occurrences/best.md", ErrorPath::OccurrenceMarkdown("a/b".to_owned(), OccurrenceName::Best));
        check(&format!("a%2Fb/occurrences/{id}"), ErrorPath::Occurrence("a/b".to_owned(), OccurrenceName::Id(id)));
        check("a/occurrences/first", ErrorPath::Occurrence("a".to_owned(), OccurrenceName::End(End::First)));
        check(
            "a%2Fb/occurrences/last/attachments/3",
            ErrorPath::Attachment("a/b".to_owned(), OccurrenceName::End(End::Last), "3".to_owned()),
        );
        check("a/attachments/3", ErrorPath::Error("a/attachments/3".to_owned()));
        assert_eq!(
            ErrorPath::parse("/projects/a/errors/m/occurrences/x").unwrap_err().reason,
            Reason::OccurrenceUnknown
        );
    }
}
