//! Why there is no page.

use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use model::outcome::Refusal;
use store::StoreError;
use web_pages::{Frame, MessagePage};

use crate::address::encoded;
use crate::page::page;

/// A page, or why there is none.
pub type PageResult = Result<Response, PageRefusal>;

/// Why there is no page, or where it is instead.
#[derive(Debug)]
pub enum PageRefusal {
    /// Nobody is signed in: first sign in, then come back to this address.
    SignedOut(String),
    /// The project has another name: the same page of it is there.
    Renamed(String),
    /// The API refused, or there is nothing.
    Said {
        /// As the API answered.
        status: StatusCode,
        /// What is the matter, and the way out.
        text: String,
        /// What is around the page that says so.
        frame: Box<Frame>,
    },
}

impl From<Refusal> for PageRefusal {
    fn from(refusal: Refusal) -> Self {
        http_common::log_cause(&refusal);
        let status = StatusCode::from_u16(refusal.reason.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::Said { status, text: refusal.message, frame: Box::default() }
    }
}

impl From<StoreError> for PageRefusal {
    fn from(error: StoreError) -> Self {
        Refusal::from(error).into()
    }
}

impl IntoResponse for PageRefusal {
    fn into_response(self) -> Response {
        match self {
            Self::SignedOut(path) => Redirect::to(&format!("/sign-in?next={}", encoded(&path))).into_response(),
            Self::Renamed(path) => Redirect::to(&path).into_response(),
            Self::Said { status, text, mut frame } => {
                let title = match status {
                    StatusCode::NOT_FOUND => "There is nothing here",
                    StatusCode::FORBIDDEN => "This key may not",
                    StatusCode::NOT_IMPLEMENTED => "This stack cannot do that",
                    _ => "That did not work",
                };
                frame.title = title.to_owned();
                (status, page(&MessagePage { frame: *frame, title: title.to_owned(), text })).into_response()
            }
        }
    }
}

impl PageRefusal {
    /// The same, with this around the page that says it.
    #[must_use]
    pub fn in_frame(self, frame: Frame) -> Self {
        match self {
            Self::Said { status, text, .. } => Self::Said { status, text, frame: Box::new(frame) },
            elsewhere => elsewhere,
        }
    }
}
