//! `GET /projects/{project}/source-maps`: the uploads of source maps, and how to set uploads up.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{Method, Request, StatusCode};
use http_common::BaseUrl;
use model::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use web_pages::{FileRow, FindingRow, Moment, SourceMapCheckPage, SourceMapPage, SourceMapsPage, UploadRow};
use web_session::address::{encoded, with_query};
use web_session::{Form, PageRefusal, PageResult, Pages, Visit, page};

use super::words::explain;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiUploads {
    uploads: Vec<ApiUpload>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct ApiShown {
    upload: ApiUpload,
    files: Vec<ApiFile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiUpload {
    id: String,
    kind: String,
    uploaded_at: Timestamp,
    expires_at: Timestamp,
    release: Option<String>,
    dist: Option<String>,
    uploader: String,
    files: u64,
    maps: u64,
    size: u64,
    failure: Option<String>,
    problems: Vec<ApiFile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiFile {
    url: String,
    debug_id: Option<String>,
    problem: Option<String>,
}

impl ApiUpload {
    fn into_row(self, now: Timestamp) -> UploadRow {
        let problems = self.problems.into_iter();
        UploadRow {
            id: self.id,
            is_mapping: self.kind == "proguard",
            at: Moment::new(self.uploaded_at, now),
            expires_at: Moment::new(self.expires_at, now),
            release: self.release,
            dist: self.dist,
            uploader: self.uploader,
            files: self.files,
            maps: self.maps,
            size: self.size,
            failure: self.failure,
            problems: problems.filter_map(|file| Some((file.url, file.problem?))).collect(),
        }
    }
}

fn address(project: &str) -> String {
    format!("/projects/{}/source-maps", encoded(project))
}

/// The parts of the request that a page of the list needs.
struct Asked {
    base: BaseUrl,
    cursor: String,
}

impl Asked {
    fn of(request: &Request<Body>) -> Self {
        let base = BaseUrl::from_request(request.headers(), request.extensions());
        let parameters = http_common::parse_query(request.uri().query());
        let cursor = parameters.into_iter().find(|(name, _)| name == "cursor");
        Self { base, cursor: cursor.map(|(_, cursor)| cursor).unwrap_or_default() }
    }
}

pub(super) async fn show(
    State(pages): State<Pages>,
    visit: Visit,
    Path(name): Path<String>,
    request: Request<Body>,
) -> PageResult {
    draw(&pages, &visit, &name, &Asked::of(&request), None).await
}

async fn draw(pages: &Pages, visit: &Visit, name: &str, asked: &Asked, made: Option<String>) -> PageResult {
    let path = with_query(address(name), [("cursor", asked.cursor.as_str())]);
    let list: ApiUploads = pages.get(visit, &path).await?;
    let next = list.next_cursor.map(|cursor| with_query(address(name), [("cursor", cursor.as_str())]));
    Ok(page(&SourceMapsPage {
        frame: visit.frame_of(name, &format!("Source maps of {name}")),
        project: name.to_owned(),
        uploads: list.uploads.into_iter().map(|upload| upload.into_row(visit.now)).collect(),
        next,
        url: asked.base.as_str().to_owned(),
        made,
    }))
}

#[derive(Deserialize)]
struct ApiFindings {
    findings: Vec<ApiFinding>,
}

#[derive(Deserialize)]
struct ApiFinding {
    state: String,
    text: String,
    events: u64,
    example: Option<String>,
}

/// `GET /projects/{project}/source-maps/check`: whether the set-up works.
pub(super) async fn check(State(pages): State<Pages>, visit: Visit, Path(name): Path<String>) -> PageResult {
    let ApiFindings { findings } = pages.get(&visit, &format!("{}/check", address(&name))).await?;
    let row = |finding: ApiFinding| FindingRow {
        is_problem: finding.state == "problem",
        is_good: finding.state == "good",
        text: finding.text,
        events: finding.events,
        example: finding.example,
    };
    Ok(page(&SourceMapCheckPage {
        frame: visit.frame_of(&name, &format!("Source maps of {name}: check")),
        project: name,
        findings: findings.into_iter().map(row).collect(),
    }))
}

/// `GET /projects/{project}/source-maps/{upload}`: an upload with its files.
pub(super) async fn show_one(
    State(pages): State<Pages>,
    visit: Visit,
    Path((name, upload)): Path<(String, String)>,
) -> PageResult {
    let path = format!("{}/{}", address(&name), encoded(&upload));
    let ApiShown { upload, files } = pages.get(&visit, &path).await?;
    let file = |file: ApiFile| FileRow { url: file.url, debug_id: file.debug_id, problem: file.problem };
    Ok(page(&SourceMapPage {
        frame: visit.frame_of(&name, &format!("Source maps of {name}")),
        project: name,
        row: upload.into_row(visit.now),
        files: files.into_iter().map(file).collect(),
    }))
}

/// `POST /pages/projects/{project}/source-maps`: creates an upload key, which is shown only in this answer, or deletes an
/// upload.
pub(super) async fn change(
    State(pages): State<Pages>,
    visit: Visit,
    Path(name): Path<String>,
    request: Request<Body>,
) -> Result<Response, PageRefusal> {
    let asked = Asked::of(&request);
    let form = Form::read_own(&visit, request.into_body()).await?;
    let field = |name| form.get(name).unwrap_or_default();
    let (method, path, body) = match field("do") {
        "key" => {
            let body = json!({ "role": "upload", "project": name, "name": "created on the page Source maps" });
            (Method::POST, "/keys".to_owned(), body)
        }
        "delete" => (Method::DELETE, format!("{}/{}", address(&name), encoded(field("id"))), Value::Null),
        _ => return Ok(Redirect::to(&address(&name)).into_response()),
    };
    match pages.try_call(&visit, method, &path, &body).await? {
        Ok(answer) => match answer["key"]["key"].as_str() {
            Some(key) => draw(&pages, &visit, &name, &asked, Some(key.to_owned())).await,
            None => Ok(Redirect::to(&with_query(address(&name), [("done", "deleted")])).into_response()),
        },
        Err(refusal) => {
            let (status, problem): (StatusCode, String) = explain(refusal, &visit)?;
            let shown = draw(&pages, &visit.with_problem(problem), &name, &asked, None).await?;
            Ok((status, shown).into_response())
        }
    }
}
