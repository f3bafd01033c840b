//! `GET /profile`: the visitor's own name, key to sign in, and personal access tokens.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use futures_util::future::try_join;
use http::{Method, Request};
use model::id::UserId;
use model::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use web_pages::{MadeSecret, Moment, ProfileFields, ProfilePage, TokenRow};
use web_session::address::encoded;
use web_session::{ApiRefusal, Form, PageRefusal, PageResult, Pages, Visit, page};

use super::users::ApiUser;
use super::words::explain;

#[derive(Deserialize)]
struct ApiShownUser {
    user: ApiUser,
}

#[derive(Deserialize)]
struct ApiTokens {
    tokens: Vec<ApiToken>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiToken {
    id: String,
    hint: Option<String>,
    name: String,
    role: String,
    created_at: Timestamp,
    ends_at: Option<Timestamp>,
    last_used: Option<String>,
}

impl ApiToken {
    fn into_row(self, visit: &Visit) -> TokenRow {
        TokenRow {
            id: self.id,
            hint: self.hint,
            name: self.name,
            role: self.role,
            created_at: Moment::new(self.created_at, visit.now),
            last_used: self.last_used,
            ends_at: self.ends_at.map(|at| Moment::new(at, visit.now)),
        }
    }
}

pub(super) async fn show(State(pages): State<Pages>, visit: Visit) -> PageResult {
    draw(&pages, &visit, None).await
}

async fn draw(pages: &Pages, visit: &Visit, secret: Option<MadeSecret>) -> PageResult {
    let frame = visit.frame("Profile");
    let Some(id) = visit.caller.user() else {
        return Ok(page(&ProfilePage { frame, secret: None, user: None, tokens: Vec::new() }));
    };
    let (path, tokens) = (format!("/users/{id}"), format!("/users/{id}/tokens"));
    let reads = try_join(pages.get::<ApiShownUser>(visit, &path), pages.get::<ApiTokens>(visit, &tokens));
    let (ApiShownUser { mut user }, ApiTokens { tokens }) = reads.await?;
    let fields = ProfileFields {
        projects: user.take_projects(),
        name: user.name,
        email: user.email.unwrap_or_default(),
        role: user.role,
        has_sign_in_key: user.has_sign_in_key,
    };
    let tokens = tokens.into_iter().map(|token| token.into_row(visit)).collect();
    Ok(page(&ProfilePage { frame, secret, user: Some(fields), tokens }))
}

/// `POST /pages/profile`: changes the visitor's own user. A new key or token is shown only in this answer.
pub(super) async fn change(State(pages): State<Pages>, visit: Visit, request: Request<Body>) -> PageResult {
    let form = Form::read_own(&visit, request.into_body()).await?;
    let Some(id) = visit.caller.user() else {
        return Ok(Redirect::to("/profile").into_response());
    };
    match apply(&pages, &visit, id, &form).await? {
        Ok(Some(secret)) => draw(&pages, &visit, Some(secret)).await,
        Ok(None) => Ok(Redirect::to("/profile?done=changed").into_response()),
        Err(refusal) => {
            let (status, problem) = explain(refusal, &visit)?;
            Ok((status, draw(&pages, &visit.with_problem(problem), None).await?).into_response())
        }
    }
}

/// Applies a form. Returns the key or the token, if one was created.
async fn apply(
    pages: &Pages,
    visit: &Visit,
    id: UserId,
    form: &Form,
) -> Result<Result<Option<MadeSecret>, ApiRefusal>, PageRefusal> {
    let field = |name| form.get(name).unwrap_or_default();
    let user = format!("/users/{id}");
    let (method, path, body) = match field("do") {
        "save" => (Method::PATCH, user, json!({ "name": field("name"), "email": form.get("email") })),
        "key" => (Method::POST, format!("{user}/sign-in-key"), Value::Null),
        "end-sessions" => (Method::POST, format!("{user}/end-sessions"), Value::Null),
        "create" => {
            let days = form.get("days").and_then(|days| days.parse::<u32>().ok());
            let body = json!({ "name": field("token-name"), "role": field("role"), "days": days });
            (Method::POST, format!("{user}/tokens"), body)
        }
        "delete" => (Method::DELETE, format!("{user}/tokens/{}", encoded(field("id"))), Value::Null),
        _ => return Ok(Ok(None)),
    };
    let answer = pages.try_call(visit, method, &path, &body).await?;
    Ok(answer.map(|data| {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let made = |about: &str, text| MadeSecret { about: about.to_owned(), text };
        let key = text(&data["signInKey"]).map(|key| made("This is your key to sign in.", key));
        key.or_else(|| text(&data["token"]["token"]).map(|token| made("This is the new token.", token)))
    }))
}
