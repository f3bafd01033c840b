//! `POST /mcp`: the Model Context Protocol, for coding agents. docs/src/guide/mcp.md describes the tools.
//!
//! Stateless: each request is answered by itself, with one JSON body. A tool calls the API in this process with the rights of
//! the caller's key, as a page does, so permissions, histories and limits are those of the API.
//!
//! The path from a request to its answer: check the key and the origin, parse the message, find its era, run its method, dress
//! the result for the era.

mod api;
mod dispatch;
mod era;
mod failure;
mod instructions;
mod message;
mod origin;
mod prompts;
mod reference;
mod reply;
mod schema;
mod tool;
mod tools;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::post;
use http_common::{Access, Answer, Authenticator, BaseUrl, Outcomes, Reader};
use store::ports::Projects;

use crate::Query;
use api::Api;
use message::Message;

/// The state of the route: the API's routes, which tools call.
struct Mcp {
    query: Arc<Query>,
    routes: Router,
}

/// Adds the route to those of the API.
pub(crate) fn with_mcp(query: &Arc<Query>, api: Router) -> Router {
    let mcp = Arc::new(Mcp { query: query.clone(), routes: api.clone() });
    let route = Router::new().route("/mcp", post(handle)).with_state(mcp);
    api.merge(route)
}

impl Access for Mcp {
    fn authenticator(&self) -> &Authenticator {
        self.query.authenticator()
    }

    fn projects(&self) -> &dyn Projects {
        self.query.projects()
    }

    fn outcomes(&self) -> &Outcomes {
        self.query.outcomes()
    }
}

/// Takes a key only: cookies do not count, so that no web page can use a visitor's session.
async fn handle(State(mcp): State<Arc<Mcp>>, reader: Reader, request: Request) -> Response {
    mcp.query.answer(mcp.answer(&reader, request)).await
}

impl Mcp {
    /// Answers a message. A refusal is about the request as a whole; all else is an answer in the form of the protocol.
    async fn answer(&self, reader: &Reader, request: Request<Body>) -> Answer {
        let base = BaseUrl::from_request(request.headers(), request.extensions());
        origin::check(request.headers(), &base)?;
        let headers = request.headers().clone();
        let body = http_common::read_unpacked(request).await?;
        let call = match Message::parse(&body) {
            Ok(Message::Call(call)) => call,
            Ok(Message::Unanswered) => return Ok(reply::accepted()),
            Err(error) => return Ok(reply::refuse(&serde_json::Value::Null, &error)),
        };
        let era = match era::Era::of(&call, &headers) {
            Ok(era) => era,
            Err(error) => return Ok(reply::refuse(&call.id, &error)),
        };
        let api = Api::new(self.routes.clone(), reader.caller().clone(), base, self.query.clock.now());
        let answer = dispatch::run(&api, era, &call).await;
        Ok(reply::answer(era, &call.id, answer))
    }
}
