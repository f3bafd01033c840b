//! `faultline dlq`: what could not be digested, or told, and back with it after a fix.

use anyhow::{Context, bail};
use axum::body::Body;
use http::{Method, Request};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::access::{Access, data_dir};
use crate::args::{Dlq, DlqCommand};
use crate::system::{Place, Settings, Stack};

/// Prints what was asked for, as JSON.
pub async fn run(options: Dlq) -> anyhow::Result<()> {
    let (path, name) = match options.notices {
        true => ("/dead-notices", "deadNotices"),
        false => ("/dead-letters", "deadLetters"),
    };
    let list = format!("{path}?limit=1000");
    let answer = match &options.command {
        DlqCommand::List => call(&options, Method::GET, &list, &Value::Null).await?,
        DlqCommand::Show { id } => {
            let all = call(&options, Method::GET, &list, &Value::Null).await?;
            let letters = all[name].as_array().cloned().unwrap_or_default();
            let one = letters.into_iter().find(|letter| letter["id"] == **id);
            let all = if options.notices { "dlq list --notices" } else { "dlq list" };
            one.with_context(|| format!("there is no dead letter `{id}`: `faultline {all}` has their ids"))?
        }
        DlqCommand::Redrive { .. } if options.notices && options.url.is_none() => {
            bail!("only `faultline serve` knows where messages may go: start it, and say where it is with --url")
        }
        DlqCommand::Redrive { ids } => {
            let which = if ids.is_empty() { json!({}) } else { json!({ "ids": ids }) };
            call(&options, Method::POST, &format!("{path}/redrive"), &which).await?
        }
    };
    crate::println(&serde_json::to_string_pretty(&answer)?);
    Ok(())
}

/// Calls the API: of a running faultline if a URL is given, else of the data directory in this process.
async fn call(options: &Dlq, method: Method, path: &str, body: &Value) -> anyhow::Result<Value> {
    let (status, mut answer) = match &options.url {
        Some(url) => over_http(options, url, method, path, body).await?,
        None => in_directory(options, method, path, body).await?,
    };
    if !status.is_success() {
        bail!("refused ({status}): {}", answer["message"].as_str().unwrap_or("without a reason"));
    }
    Ok(answer["data"].take())
}

async fn over_http(
    options: &Dlq,
    url: &str,
    method: Method,
    path: &str,
    body: &Value,
) -> anyhow::Result<(http::StatusCode, Value)> {
    let key = match &options.key {
        Some(key) => key.clone(),
        None => Access::read(&data_dir(options.data.clone())?)?.context("no key: give one with --key")?.admin_key,
    };
    // A second installation in the same process is refused and does no harm.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Looking through a full queue takes a hundred calls.
    let client = reqwest::Client::builder().timeout(std::time::Duration::from_secs(60)).build()?;
    let request = client.request(method, format!("{}{path}", url.trim_end_matches('/'))).header("x-api-key", key);
    let answer = request.body(body.to_string()).send().await;
    let answer = answer.with_context(|| format!("{url} does not answer: is `faultline serve` running?"))?;
    Ok((answer.status(), answer.json().await.unwrap_or_default()))
}

async fn in_directory(
    options: &Dlq,
    method: Method,
    path: &str,
    body: &Value,
) -> anyhow::Result<(http::StatusCode, Value)> {
    let dir = data_dir(options.data.clone())?;
    let access = Access::read(&dir)?.with_context(|| format!("{} has no data of faultline", dir.display()))?;
    let settings = Settings::at(Place::Directory(dir));
    let stack = Stack::open(&settings).await.context("if `faultline serve` is running, say where with --url")?;
    let request = Request::builder().method(method).uri(path).header("x-api-key", access.admin_key);
    let response = stack.front().oneshot(request.body(Body::from(body.to_string()))?).await?;
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), 16 << 20).await?;
    Ok((status, serde_json::from_slice(&body)?))
}
