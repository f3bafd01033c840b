//! The files that came with an event: their list on the page of the error, and their download.

use axum::extract::{Path, State};
use axum::response::Response;
use futures_util::future::join_all;
use http_body_util::BodyExt;
use model::occurrence::{Attachment, Occurrence};
use web_pages::{AttachmentRow, AttachmentState, PREVIEW_BYTES, Preview};
use web_session::address::encoded;
use web_session::{PageResult, Pages, Visit};

use crate::occurrences::safe_type;

/// How many text files a page shows. Each is read from S3 for every view.
const MAX_TEXTS: usize = 3;

/// `GET /pages/projects/{project}/errors/{error}/occurrences/{id}/attachments/{number}`: downloads a file. Pages also use
/// it as an image.
pub(in crate::pages) async fn download(
    State(pages): State<Pages>,
    visit: Visit,
    Path((project, error, id, number)): Path<(String, String, String, String)>,
) -> PageResult {
    let occurrence = format!("/projects/{}/errors/{}/occurrences/{}", encoded(&project), encoded(&error), encoded(&id));
    pages.fetch(&visit, &format!("{occurrence}/attachments/{}", encoded(&number))).await
}

/// Lists the files of the occurrence at `path`, with the beginnings of the first text files.
pub(super) async fn list(pages: &Pages, visit: &Visit, path: &str, occurrence: &Occurrence) -> Vec<AttachmentRow> {
    let mut texts = 0;
    let rows = occurrence.attachments.iter().enumerate().map(|(number, attachment)| {
        let href = format!("{path}/attachments/{number}");
        let is_text = safe_type(attachment).starts_with("text/") && attachment.discarded.is_none();
        texts += usize::from(is_text);
        let shows_text = is_text && texts <= MAX_TEXTS;
        async move {
            let state = match attachment.discarded {
                Some(loss) => AttachmentState::Lost(format!("Not stored: {}", loss.words())),
                None if shows_text => match load_text(pages, visit, &href).await {
                    Ok(text) => AttachmentState::Stored { href: linked(&href), preview: Preview::Text(text) },
                    Err(why) => AttachmentState::Lost(why.to_owned()),
                },
                None if safe_type(attachment).starts_with("image/") => {
                    AttachmentState::Stored { href: linked(&href), preview: Preview::Image }
                }
                None => AttachmentState::Stored { href: linked(&href), preview: Preview::None },
            };
            let Attachment { name, content_type, kind, size, .. } = attachment;
            let kinds = [content_type.as_deref(), kind.as_deref()].into_iter().flatten();
            let kind = kinds.collect::<Vec<_>>().join(", ");
            AttachmentRow { name: name.clone(), kind, size: *size, state }
        }
    });
    join_all(rows).await
}

fn linked(href: &str) -> String {
    format!("/pages{href}")
}

/// Reads the beginning of a text file. Bytes that are not UTF-8 are replaced.
async fn load_text(pages: &Pages, visit: &Visit, href: &str) -> Result<String, &'static str> {
    let fetched = pages.fetch(visit, &format!("{href}?first={PREVIEW_BYTES}")).await;
    let response: Response = fetched.map_err(|_| "It has expired, or cannot be read at the moment")?;
    let body = response.into_body().collect().await.map_err(|_| "It cannot be read at the moment")?;
    Ok(String::from_utf8_lossy(&body.to_bytes()).into_owned())
}
