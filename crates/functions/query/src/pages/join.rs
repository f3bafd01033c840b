//! `/join/{token}`: the page behind an invitation, or behind a link that signs a user in.
//!
//! Opening the page uses nothing up: programs that preview links open it, too.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, State};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use http::header::SET_COOKIE;
use http::request::Parts;
use http::{Extensions, Request, StatusCode};
use http_common::Trust;
use model::id::UserId;
use model::outcome::Refusal;
use store::ports::{InvitationKind, SessionHolder, UserRecord};
use web_pages::{Frame, JoinPage, MadeSecret};
use web_session::address::encoded;
use web_session::{Cookies, Form, PageRefusal, PageResult, Pages, Visit, page};

use super::sign_in::{SigningIn, begin_session};
use crate::Query;
use crate::invitations::Joining;
use crate::users::{check_email, check_user_name};

/// The state of the page: it uses invitations up without a session, so it does not call the API for that.
#[derive(Clone)]
struct JoinState {
    query: Arc<Query>,
    pages: Pages,
}

pub(super) fn route(query: &Arc<Query>, pages: &Pages) -> Router {
    let state = JoinState { query: query.clone(), pages: pages.clone() };
    Router::new().route("/join/{token}", get(show).post(join)).with_state(state)
}

/// A visitor who followed a link.
struct Follower {
    token: String,
    joining: Joining,
    /// The user as whom the visitor is signed in.
    user: Option<(UserId, String)>,
    signing_in: SigningIn,
}

impl JoinState {
    async fn follow(&self, token: String, parts: &mut Parts) -> Result<Follower, PageRefusal> {
        let joining = self.query.find_joining(&token).await?;
        let visit = Visit::from_request_parts(parts, &self.pages).await.ok();
        let user = visit.and_then(|visit| Some((visit.caller.user()?, visit.caller.name().to_owned())));
        let signing_in = SigningIn::from_request(&parts.headers, &parts.extensions);
        Ok(Follower { token, joining, user, signing_in })
    }

    /// Draws the form. `typed` is the input that was refused.
    async fn draw(
        &self,
        follower: Follower,
        refused: Option<String>,
        typed: (String, String),
        status: StatusCode,
    ) -> PageResult {
        let Follower { token, joining, user, signing_in } = follower;
        let (title, text, button) = match (&joining.invitation.kind, &user) {
            (InvitationKind::SignIn(id), _) => {
                let user = self.query.stores.users.user_consistently(*id).await?;
                let name = user.map(|user| user.name).unwrap_or_default();
                let text = format!("This link signs you in as {name}. It works once.");
                ("Sign in".to_owned(), text, "Sign in".to_owned())
            }
            (InvitationKind::Join { .. }, Some((_, name))) => {
                let text = format!("You are invited by {}. Your own roles stay.", joining.invitation.by);
                ("Join".to_owned(), text, format!("Join as {name}"))
            }
            (InvitationKind::Join { .. }, None) => {
                let text = format!("You are invited to this error tracker by {}.", joining.invitation.by);
                ("Join".to_owned(), text, "Join".to_owned())
            }
        };
        let asks = user.is_none() && matches!(joining.invitation.kind, InvitationKind::Join { .. });
        let (name, email) = typed;
        let (form_token, cookie) = signing_in.token(&self.pages);
        let shown = JoinPage {
            frame: Frame { title, ..Frame::default() },
            text,
            refused,
            action: format!("/join/{}", encoded(&token)),
            token: form_token,
            asks,
            name,
            email,
            button,
            ..JoinPage::default()
        };
        Ok((status, [(SET_COOKIE, cookie)], page(&shown)).into_response())
    }
}

async fn show(State(state): State<JoinState>, Path(token): Path<String>, request: Request<Body>) -> PageResult {
    let (mut parts, _) = request.into_parts();
    let follower = state.follow(token, &mut parts).await?;
    state.draw(follower, None, Default::default(), StatusCode::OK).await
}

async fn join(State(state): State<JoinState>, Path(token): Path<String>, request: Request<Body>) -> PageResult {
    let (mut parts, body) = request.into_parts();
    let form = Form::read(body).await?;
    let typed = ["name", "email"].map(|name| form.get(name).unwrap_or_default().trim().to_owned());
    let [name, email] = typed.clone();
    let typed = typed.into();
    let follower = state.follow(token, &mut parts).await?;
    if !follower.signing_in.is_sent_by(&form) {
        let text = "the form has expired, or your browser blocks cookies: try again".to_owned();
        return state.draw(follower, Some(text), typed, StatusCode::FORBIDDEN).await;
    }
    let (kind, cookies) = (follower.joining.invitation.kind.clone(), follower.signing_in.cookies);
    match (kind, &follower.user) {
        (InvitationKind::SignIn(id), _) => {
            let user = state.query.join_as(follower.joining, id, &parts.extensions).await?;
            let cookie = state.begin(cookies, &user, &parts.extensions).await?;
            Ok(([(SET_COOKIE, cookie)], Redirect::to("/profile")).into_response())
        }
        (InvitationKind::Join { .. }, Some((id, _))) => {
            state.query.join_as(follower.joining, *id, &parts.extensions).await?;
            Ok(Redirect::to("/?done=joined").into_response())
        }
        (InvitationKind::Join { .. }, None) => {
            let email = Some(email).filter(|email| !email.is_empty());
            let checked = check_user_name(&name).and_then(|()| email.as_deref().map_or(Ok(()), check_email));
            if let Err(Refusal { message, .. }) = checked {
                return state.draw(follower, Some(message), typed, StatusCode::BAD_REQUEST).await;
            }
            let (user, key) = state.query.join_as_new(follower.joining, name, email, &parts.extensions).await?;
            let cookie = state.begin(cookies, &user, &parts.extensions).await?;
            let secret = MadeSecret { about: "This is your key to sign in.".to_owned(), text: key.reveal().to_owned() };
            let frame = Frame { title: "Welcome".to_owned(), ..Frame::default() };
            let shown = page(&JoinPage { frame, secret: Some(secret), ..JoinPage::default() });
            Ok(([(SET_COOKIE, cookie)], shown).into_response())
        }
    }
}

impl JoinState {
    async fn begin(&self, cookies: Cookies, user: &UserRecord, extensions: &Extensions) -> Result<String, PageRefusal> {
        let holder = SessionHolder::User { id: user.id, epoch: user.session_epoch };
        let caller = self.pages.authenticator.authenticate_session(holder, Trust::Nothing).await?;
        begin_session(&self.pages, cookies, holder, &caller.from_client_in(extensions)).await
    }
}
