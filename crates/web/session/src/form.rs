//! Submitted forms.

use axum::body::Body;
use http::StatusCode;
use model::id::KeyHash;

use crate::{PageRefusal, Visit};

/// The fields of a submitted form.
pub struct Form(Vec<(String, String)>);

/// The largest form of most pages, in bytes: a comment in which every character is percent-encoded as three.
const MAX_FORM_BYTES: usize = 64 << 10;

impl Form {
    /// Reads a form from the body of a request. Accepts only forms of this session's pages.
    ///
    /// # Errors
    ///
    /// 403 if the form comes from another site or another session; 413 if it is too large.
    pub async fn read_own(visit: &Visit, body: Body) -> Result<Self, PageRefusal> {
        Self::read_own_within(MAX_FORM_BYTES, visit, body).await
    }

    /// Like [`read_own`](Self::read_own), for a form of up to `limit` bytes.
    ///
    /// # Errors
    ///
    /// 403 if the form comes from another site or another session; 413 if it is too large.
    pub async fn read_own_within(limit: usize, visit: &Visit, body: Body) -> Result<Self, PageRefusal> {
        let form = Self::collect(limit, body).await?;
        match form.is_of(visit) {
            true => Ok(form),
            false => {
                let text = "this form is from another session: go back, reload the page and try again".to_owned();
                Err(PageRefusal::Said { status: StatusCode::FORBIDDEN, text, frame: Box::new(visit.frame("")) })
            }
        }
    }

    /// Reads a form from the body of a request, without checking where it comes from.
    ///
    /// # Errors
    ///
    /// 413 if it is too large.
    pub async fn read(body: Body) -> Result<Self, PageRefusal> {
        Self::collect(MAX_FORM_BYTES, body).await
    }

    async fn collect(limit: usize, body: Body) -> Result<Self, PageRefusal> {
        let too_large = |_| PageRefusal::Said {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            text: format!("the form is too large: send at most {limit} bytes"),
            frame: Box::default(),
        };
        let bytes = axum::body::to_bytes(body, limit).await.map_err(too_large)?;
        Ok(Self::parse(&bytes))
    }

    pub(crate) fn parse(bytes: &[u8]) -> Self {
        Self(http_common::parse_query(Some(&String::from_utf8_lossy(bytes))))
    }

    /// Whether the form comes from a page of this session.
    pub(crate) fn is_of(&self, visit: &Visit) -> bool {
        let shown = self.get("token").and_then(|token| KeyHash::parse(token).ok());
        shown.is_some_and(|shown| shown.is_same(&visit.form_hash()))
    }

    /// Returns the first field of this name that is not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().find(|(key, value)| key == name && !value.is_empty());
        value.map(|(_, value)| value.as_str())
    }

    /// Returns all fields, as they were typed.
    pub fn fields(&self) -> &[(String, String)] {
        &self.0
    }

    /// Returns all values of the fields of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}
