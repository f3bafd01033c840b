//! Forms with one file.

use axum::body::Body;
use bytes::Bytes;
use http::Request;
use http::header::CONTENT_TYPE;
use model::outcome::{Reason, Refusal};
use multer::Multipart;

/// The most texts of a form.
const MAX_TEXTS: usize = 100;

/// A form with a file.
#[derive(Debug, Default)]
pub(super) struct FileForm {
    /// The content of the part `file`.
    pub(super) file: Option<Bytes>,
    /// The name of that file.
    pub(super) file_name: Option<String>,
    /// The other parts, in order.
    pub(super) texts: Vec<(String, String)>,
}

/// Reads the parts of a form, one after the other.
pub(super) async fn parts(request: Request<Body>) -> Result<Multipart<'static>, Refusal> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(|error| invalid(&error))?;
    let body = http_common::read(request).await?;
    let stream = futures_util::stream::once(async move { Ok::<Bytes, std::convert::Infallible>(body) });
    Ok(Multipart::new(stream, boundary))
}

pub(super) fn invalid(error: &dyn std::fmt::Display) -> Refusal {
    Refusal::new(Reason::BodyInvalid, format!("the body is not a form with a file (multipart/form-data): {error}"))
}

pub(super) async fn read_form(request: Request<Body>) -> Result<FileForm, Refusal> {
    let mut form = parts(request).await?;
    let mut read = FileForm::default();
    while let Some(field) = form.next_field().await.map_err(|error| invalid(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            read.file_name = field.file_name().map(str::to_owned);
            read.file = Some(field.bytes().await.map_err(|error| invalid(&error))?);
        } else if read.texts.len() == MAX_TEXTS {
            return Err(invalid(&format!("it has more than {MAX_TEXTS} fields")));
        } else {
            read.texts.push((name, field.text().await.map_err(|error| invalid(&error))?));
        }
    }
    Ok(read)
}
