//! The page `/projects/{project}/rules`: who is notified of a project's errors, and when.

mod document;
mod draft;
mod failed;

mod words;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use document::RulesDocument;
use http::{Request, StatusCode};
use model::json;
use serde_json::{Value, json};
use web_pages::{FailedRow, Notice, RuleDraft, Rules};
use web_session::{ApiRefusal, Form, PageRefusal, PageResult, Pages, Visit, page};

/// Maximum size of a form, in bytes: enough for an indented document of 64 KiB with every character percent-encoded.
const MAX_FORM_BYTES: usize = 512 << 10;

/// `GET /projects/{project}/rules` in a browser.
pub(super) async fn show(State(pages): State<Pages>, visit: Visit, Path(project): Path<String>) -> PageResult {
    let stored = RulesDocument::read(&pages, &visit, &project).await?;
    let failed = failed::list(&pages, &visit, &project).await?;
    Ok(page(&build_page(&visit, &project, &stored, failed)))
}

/// Builds the page with the stored rules.
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

/// The result of a form.
enum Outcome {
    /// Done: the browser is redirected to the page, which shows this word as a message.
    Done(&'static str),
    /// The page with a message or a result in it.
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

/// A submitted form, and everything that is needed to answer it.
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

    /// Sends a test message to the target in the form before it is added.
    async fn try_draft(&self, mut shown: Rules) -> Result<Outcome, PageRefusal> {
        let target = draft::target(self.form);
        match self.stored.test(self.pages, self.visit, &json!({ "target": target })).await? {
            Ok(results) => {
                shown.draft = draft::typed(self.form);
                shown.draft.tried = results[0].is_object().then(|| words::tried(&results[0]));
                Ok(Outcome::Page(StatusCode::OK, Box::new(shown)))
            }
            Err(said) => {
                // Report the place as if the target were in a rule.
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

    /// Sends undelivered notifications again: one dead letter, or all of the project.
    async fn retry(&self, project: &str, shown: Rules) -> Result<Outcome, PageRefusal> {
        match failed::retry(self.pages, self.visit, project, self.form.get("id")).await? {
            Ok(()) => Ok(Outcome::Done("retried")),
            Err(said) => Ok(with_notice(shown, &said, said.text.clone())),
        }
    }

    /// Deletes a rule, unless the rules have changed since the page was opened.
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
                    "Somebody else changed the rules, so nothing was deleted. This page shows the current rules.";
                Ok(with_notice(shown, &said, text.to_owned()))
            }
            Err(said) => Ok(with_notice(shown, &said, said.text.clone())),
        }
    }

    async fn save(&self, mut shown: Rules) -> Result<Outcome, PageRefusal> {
        let typed = self.form.get("document").unwrap_or_default();
        // Keep the version that the person saw, even after a refusal: saving again must not undo changes that they have
        // not seen.
        let seen = self.form.get("version").unwrap_or_default();
        let (status, problem) = match json::parse::<Value>(typed.as_bytes()) {
            Err(error) => (StatusCode::BAD_REQUEST, format!("The text is {error}")),
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

const CHANGED_TEXT: &str = "Somebody else changed the rules after you opened this page, so nothing was saved. The current rules are shown \
    above, your text below: copy your changes, reload the page, and make them again.";

/// Returns the page with an error message at the top.
fn with_notice(mut shown: Rules, said: &ApiRefusal, text: String) -> Outcome {
    shown.frame.notice = Some(Notice { is_good: false, text });
    Outcome::Page(said.status, Box::new(shown))
}
