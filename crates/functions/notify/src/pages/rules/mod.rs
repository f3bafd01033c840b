//! `/projects/{project}/rules`: who is notified by a project, and when.

mod document;
mod draft;
mod failed;

mod words;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use document::{ApiError, RulesDocument};
use http::{Request, StatusCode};
use model::json;
use serde_json::{Value, json};
use web_pages::{FailedRow, Notice, RuleDraft, Rules};
use web_session::{Form, PageRefusal, PageResult, Pages, Visit, page};

/// The largest form, in bytes: a document of 64 KiB, each character encoded, and indented.
const MAX_FORM_BYTES: usize = 512 << 10;

/// `GET /projects/{project}/rules` in a browser.
pub(super) async fn show(State(pages): State<Pages>, visit: Visit, Path(project): Path<String>) -> PageResult {
    let stored = RulesDocument::read(&pages, &visit, &project).await?;
    let failed = failed::list(&pages, &visit, &project).await?;
    Ok(page(&build_page(&visit, &project, &stored, failed)))
}

/// The page of the rules as they are stored.
fn build_page(visit: &Visit, project: &str, stored: &RulesDocument, failed: Vec<FailedRow>) -> Rules {
    let mut rules = words::rows(&stored.document);
    for rule in &mut rules {
        rule.failed = failed.iter().filter(|row| row.rule.as_ref() == Some(&rule.id)).map(|row| row.notices).sum();
    }
    Rules {
        frame: visit.frame_of(project, &format!("Rules of {project}")),
        project: project.to_owned(),
        rules,
        failed,
        hooks: words::hooks(&stored.document),
        draft: RuleDraft::default(),
        text: stored.text(),
    }
}

/// What came of a form.
enum Outcome {
    /// The page is to be read again, and says that this was done.
    Done(&'static str),
    /// There is something to be said on the page itself.
    Page(StatusCode, Box<Rules>),
}

/// `POST /pages/projects/{project}/rules`: one of the page's forms.
pub(super) async fn change(
    State(pages): State<Pages>,
    visit: Visit,
    Path(project): Path<String>,
    request: Request<Body>,
) -> Result<Response, PageRefusal> {
    let form = Form::read_own_within(MAX_FORM_BYTES, &visit, request.into_body()).await?;
    let stored = RulesDocument::read(&pages, &visit, &project).await?;
    let failed = failed::list(&pages, &visit, &project).await?;
    let page_now = build_page(&visit, &project, &stored, failed);
    let here = stored.path.clone();
    let at = FormRequest { pages: &pages, visit: &visit, stored, form: &form };
    let outcome = match form.get("do") {
        Some("add") => at.add(page_now).await?,
        Some("try") => at.try_draft(page_now).await?,
        Some("test") => at.test(page_now).await?,
        Some("delete") => at.delete(page_now).await?,
        Some("save") => at.save(page_now).await?,
        Some("retry") => at.retry(&project, page_now).await?,
        _ => return Ok(Redirect::to(&here).into_response()),
    };
    Ok(match outcome {
        Outcome::Done(word) => Redirect::to(&format!("{here}?done={word}#main")).into_response(),
        Outcome::Page(status, rules) => (status, page(&*rules)).into_response(),
    })
}

/// A form that was sent, and what answering it needs.
struct FormRequest<'a> {
    pages: &'a Pages,
    visit: &'a Visit,
    stored: RulesDocument,
    form: &'a Form,
}

impl FormRequest<'_> {
    async fn add(&self, mut shown: Rules) -> Result<Outcome, PageRefusal> {
        let mut document = self.stored.document.clone();
        let number = document["rules"].as_array().map_or(0, Vec::len);
        match document["rules"].as_array_mut() {
            Some(rules) => rules.push(draft::rule(self.form)),
            None => document["rules"] = json!([draft::rule(self.form)]),
        }
        match self.stored.replace(self.pages, self.visit, &self.stored.version, &document).await? {
            Ok(_) => Ok(Outcome::Done("added")),
            Err(said) => {
                let path = said.path_below(&["rules", &number.to_string()]);
                shown.draft = draft::refused(self.form, &said, path);
                Ok(Outcome::Page(said.status, Box::new(shown)))
            }
        }
    }

    /// The destination that is being added gets a test before it is.
    async fn try_draft(&self, mut shown: Rules) -> Result<Outcome, PageRefusal> {
        let target = draft::target(self.form);
        match self.stored.test(self.pages, self.visit, &json!({ "target": target })).await? {
            Ok(results) => {
                shown.draft = draft::typed(self.form);
                shown.draft.tried = results[0].is_object().then(|| words::tried(&results[0]));
                Ok(Outcome::Page(StatusCode::OK, Box::new(shown)))
            }
            Err(said) => {
                // As if it stood in a rule.
                let key = said.path_below(&["target"]).last().cloned();
                let path: Vec<_> = ["to", "0"].map(str::to_owned).into_iter().chain(key).collect();
                shown.draft = draft::refused(self.form, &said, &path);
                Ok(Outcome::Page(said.status, Box::new(shown)))
            }
        }
    }

    async fn test(&self, mut shown: Rules) -> Result<Outcome, PageRefusal> {
        let rule = self.form.get("rule").unwrap_or_default();
        match self.stored.test(self.pages, self.visit, &json!({ "rule": rule })).await? {
            Ok(results) => {
                let row = shown.rules.iter_mut().find(|row| row.id == rule);
                for (index, target) in row.into_iter().flat_map(|row| &mut row.to).enumerate() {
                    let result = results.as_array().into_iter().flatten().find(|result| result["target"] == index);
                    target.tried = result.map(words::tried);
                }
                Ok(Outcome::Page(StatusCode::OK, Box::new(shown)))
            }
            Err(said) => Ok(with_notice(shown, &said, said.text.clone())),
        }
    }

    /// Sends again what could not be delivered: the one that is named, or all of the project.
    async fn retry(&self, project: &str, shown: Rules) -> Result<Outcome, PageRefusal> {
        match failed::retry(self.pages, self.visit, project, self.form.get("id")).await? {
            Ok(()) => Ok(Outcome::Done("retried")),
            Err(said) => Ok(with_notice(shown, &said, said.text.clone())),
        }
    }

    /// What is deleted is what was seen: not a rule that somebody changed meanwhile.
    async fn delete(&self, shown: Rules) -> Result<Outcome, PageRefusal> {
        let rule = self.form.get("rule").unwrap_or_default();
        let seen = self.form.get("version").unwrap_or_default();
        let mut document = self.stored.document.clone();
        if let Some(rules) = document["rules"].as_array_mut() {
            rules.retain(|other| other["id"] != rule);
        }
        match self.stored.replace(self.pages, self.visit, seen, &document).await? {
            Ok(_) => Ok(Outcome::Done("deleted")),
            Err(said) if said.status == StatusCode::CONFLICT => {
                let text =
                    "Somebody else changed the rules meanwhile, so nothing was deleted: this is how they are now.";
                Ok(with_notice(shown, &said, text.to_owned()))
            }
            Err(said) => Ok(with_notice(shown, &said, said.text.clone())),
        }
    }

    async fn save(&self, mut shown: Rules) -> Result<Outcome, PageRefusal> {
        let typed = self.form.get("document").unwrap_or_default();
        // The version that was seen, also after a refusal: who saves again must not undo what was not seen.
        let seen = self.form.get("version").unwrap_or_default();
        let (status, problem) = match json::parse::<Value>(typed.as_bytes()) {
            Err(error) => (StatusCode::BAD_REQUEST, format!("What was typed is {error}")),
            Ok(document) => match self.stored.replace(self.pages, self.visit, seen, &document).await? {
                Ok(_) => return Ok(Outcome::Done("changed")),
                Err(said) if said.status == StatusCode::CONFLICT => (said.status, CHANGED_TEXT.to_owned()),
                Err(said) => (said.status, said.with_place()),
            },
        };
        shown.text.json = typed.to_owned();
        shown.text.version = seen.to_owned();
        shown.text.problem = Some(problem);
        Ok(Outcome::Page(status, Box::new(shown)))
    }
}

const CHANGED_TEXT: &str = "Somebody else changed the rules since you opened this page, so nothing was saved. Above they stand as they \
    are now, below as you typed them: copy what you changed, open the page again, and change it there.";

/// The page with something at its top that did not work.
fn with_notice(mut shown: Rules, said: &ApiError, text: String) -> Outcome {
    shown.frame.notice = Some(Notice { is_good: false, text });
    Outcome::Page(said.status, Box::new(shown))
}
