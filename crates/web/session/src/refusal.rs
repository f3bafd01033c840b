//! The page that shows why a request failed.

use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use model::outcome::Refusal;
use store::StoreError;
use web_pages::{Frame, MessagePage};

use crate::address::encoded;
use crate::page::page;

/// A page, or the reason why it cannot be shown.
pub type PageResult = Result<Response, PageRefusal>;

/// Why a page cannot be shown, or where it is instead.
#[derive(Debug)]
pub enum PageRefusal {
    /// The visitor is not signed in. Holds the URL to return to after signing in.
    SignedOut(String),
    /// The project was renamed. Holds the URL of the same page under the new name.
    Renamed(String),
    /// The request was refused, or failed.
    Said {
        /// The status of the response.
        status: StatusCode,
        /// The problem, and how to fix it.
        text: String,
        /// The layout around the message.
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
                    StatusCode::NOT_FOUND => "Not found",
                    StatusCode::FORBIDDEN => "Not allowed",
                    StatusCode::NOT_IMPLEMENTED => "Not available in this deployment",
                    _ => "Something went wrong",
                };
                frame.title = title.to_owned();
                (status, page(&MessagePage { frame: *frame, title: title.to_owned(), text })).into_response()
            }
        }
    }
}

impl PageRefusal {
    /// Returns the refusal with `frame` as the layout around its message.
    #[must_use]
    pub fn in_frame(self, frame: Frame) -> Self {
        match self {
            Self::Said { status, text, .. } => Self::Said { status, text, frame: Box::new(frame) },
            elsewhere => elsewhere,
        }
    }
}
