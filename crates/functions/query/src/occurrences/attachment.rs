//! `GET /projects/{project}/errors/{message}/occurrences/{id}/attachments/{number}`: a file that came with an event.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Uri};
use http_common::{Answer, ReadableProject};
use model::occurrence::Attachment;
use model::outcome::{Reason, Refusal};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::frame::LocatedOccurrence;
use super::name::OccurrenceName;
use super::show::find_alone;
use crate::Query;
use crate::list::Parameters;
use crate::lookup::find_error;

/// The type of content that browsers save and never show.
const BINARY: &str = "application/octet-stream";
const TEXT: &str = "text/plain; charset=utf-8";
/// Even if a browser shows a file, it may not run or load anything.
const SANDBOX: &str = "default-src 'none'; sandbox";

pub(crate) async fn show(
    query: &Query,
    project: &ReadableProject,
    message: &str,
    name: OccurrenceName,
    number: &str,
    uri: &Uri,
) -> Answer {
    let first = Parameters::parse(uri).parsed("first", parse_first)?;
    let error = find_error(query, project, message).await?;
    let found = find_alone(query, project, &error, name).await?;
    let number = number.parse().ok().filter(|number| found.occurrence.attachments.len() > *number);
    let number: usize = number.ok_or_else(|| refuse_unknown(&found))?;
    let attachment = &found.occurrence.attachments[number];
    if let Some(loss) = attachment.discarded {
        let message = format!("this attachment was not stored: {}", loss.words());
        return Err(Refusal::new(Reason::AttachmentGone, message));
    }
    let gone = || Refusal::new(Reason::AttachmentGone, "this attachment has expired: its occurrence was stored later");
    let folder = found.folder.as_ref().ok_or_else(gone)?;
    // S3 refuses a range of nothing.
    let first = first.filter(|_| attachment.size > 0);
    let content = query.stores.attachments.attachment(folder, number, first).await?.ok_or_else(gone)?;
    Ok(respond(attachment, content))
}

fn parse_first(text: &str) -> Result<usize, String> {
    let bytes = text.parse().ok().filter(|bytes| (1..=Attachment::MAX_SIZE).contains(bytes));
    bytes.ok_or_else(|| format!("`{text}` is not a number of bytes: use 1 to {}", Attachment::MAX_SIZE))
}

fn refuse_unknown(found: &LocatedOccurrence) -> Refusal {
    let message = match found.occurrence.attachments.len() {
        0 => "this occurrence has no attachments".to_owned(),
        count => format!("this occurrence has {count} attachments: use a number from 0 to {}", count - 1),
    };
    Refusal::new(Reason::AttachmentUnknown, message)
}

fn respond(attachment: &Attachment, content: Bytes) -> Response {
    let mut response = Response::new(Body::from(content));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(safe_type(attachment)));
    // The name is percent-encoded, so the value is valid.
    if let Ok(disposition) = HeaderValue::from_str(&disposition(&attachment.name)) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(SANDBOX));
    response
}

/// Says that the file is to be saved, under the last part of its name.
fn disposition(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or("attachment");
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_' | ' ');
    let ascii: String = name.chars().map(|letter| if plain(letter) { letter } else { '_' }).collect();
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{}", utf8_percent_encode(name, NON_ALPHANUMERIC))
}

/// The content type that a file is sent with. Only types that cannot run anything are taken from the client.
pub(crate) fn safe_type(attachment: &Attachment) -> &'static str {
    let sent = attachment.content_type.as_deref().unwrap_or_default();
    let sent = sent.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    // SDKs that do not know the type send this one.
    let sent = if sent == BINARY { "" } else { sent.as_str() };
    let extension = attachment.name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    match (sent, extension.as_deref().unwrap_or_default()) {
        ("image/png", _) | ("", "png") => "image/png",
        ("image/jpeg" | "image/jpg", _) | ("", "jpg" | "jpeg") => "image/jpeg",
        ("image/gif", _) | ("", "gif") => "image/gif",
        ("image/webp", _) | ("", "webp") => "image/webp",
        ("text/plain" | "application/json" | "text/csv" | "text/markdown" | "application/x-ndjson", _)
        | ("", "txt" | "log" | "json" | "csv" | "md" | "ndjson") => TEXT,
        _ => BINARY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, content_type: &str, expected: &str) {
        let content_type = Some(content_type.to_owned()).filter(|sent| !sent.is_empty());
        let attachment = Attachment { name: name.to_owned(), content_type, kind: None, size: 1, discarded: None };
        assert_eq!(safe_type(&attachment), expected, "{name}");
    }

    /// A type that a browser would run is never passed on.
    #[test]
    fn only_harmless_types_are_passed_on() {
        check("screenshot.png", "image/png", "image/png");
        check("screenshot.PNG", "", "image/png");
        check("photo", "image/jpeg; q=1", "image/jpeg");
        check("app.log", "", TEXT);
        check("app.log", "application/octet-stream", TEXT);
        check("view-hierarchy.json", "application/json", TEXT);
        check("notes.txt", "Text/Plain; charset=latin-1", TEXT);
        check("page.html", "text/html", BINARY);
        check("page.html", "", BINARY);
        check("a.png", "text/html", BINARY);
        check("drawing.svg", "image/svg+xml", BINARY);
        check("run.js", "text/javascript", BINARY);
        check("crash.dmp", "application/octet-stream", BINARY);
        check("a.xml", "application/xml", BINARY);
        check("png", "", BINARY);
    }

    #[test]
    fn a_name_cannot_leave_its_header() {
        assert_eq!(disposition("a.txt"), "attachment; filename=\"a.txt\"; filename*=UTF-8''a%2Etxt");
        assert_eq!(
            disposition("../etc/\"x\"\r\nSet-Cookie: ü"),
            "attachment; filename=\"_x___Set-Cookie_ _\"; filename*=UTF-8''%22x%22%0D%0ASet%2DCookie%3A%20%C3%BC"
        );
        assert_eq!(disposition("/"), "attachment; filename=\"attachment\"; filename*=UTF-8''attachment");
        assert_eq!(disposition("C:\\dumps\\a.dmp"), "attachment; filename=\"a.dmp\"; filename*=UTF-8''a%2Edmp");
    }
}
