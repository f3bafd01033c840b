//! `/projects/{project}/rules`: whom a project tells when.

mod draft;
mod failed;
mod kept;
mod words;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{Request, StatusCode};
use kept::{Kept, Said};
use model::json;
use serde_json::{Value, json};
use web_pages::{FailedRow, Notice, RuleDraft, Rules};
use web_session::{Form, PageRefusal, PageResult, Pages, Visit, page};

/// The largest form, in bytes: a document of 64 KiB, each character encoded, and indented.
const MAX_FORM: usize = 512 << 10;

/// `GET /projects/{project}/rules` in a browser.
pub(super) async fn show(State(pages): State<Pages>, visit: Visit, Path(project): Path<String>) -> PageResult {
    let kept = Kept::read(&pages, &visit, &project).await?;
    let failed = failed::list(&pages, &visit, &project).await?;
    Ok(page(&shown(&visit, &project, &kept, failed)))
}

/// The page of the rules as they are kept.
fn shown(visit: &Visit, project: &str, kept: &Kept, failed: Vec<FailedRow>) -> Rules {
    let mut rules = words::rows(&kept.document);
    for rule in &mut rules {
        rule.failed = failed.iter().filter(|row| row.rule.as_ref() == Some(&rule.id)).map(|row| row.notices).sum();
    }
    Rules {
        frame: visit.frame_of(project, &format!("Rules of {project}")),
        project: project.to_owned(),
        rules,
        failed,
        hooks: words::hooks(&kept.document),
        draft: RuleDraft::default(),
        text: kept.text(),
    }
}

/// What came of a form.
enum Outcome {
    /// The page is to be read again, and says that this was done.
    Done(&'static str),
    /// There is something to be said on the page itself.
    Said(StatusCode, Box<Rules>),
}

/// `POST /pages/projects/{project}/rules`: one of the page's forms.
pub(super) async fn change(
    State(pages): State<Pages>,
    visit: Visit,
    Path(project): Path<String>,
    request: Request<Body>,
) -> Result<Response, PageRefusal> {
    let form = Form::read_own_within(MAX_FORM, &visit, request.into_body()).await?;
    let kept = Kept::read(&pages, &visit, &project).await?;
    let failed = failed::list(&pages, &visit, &project).await?;
    let page_now = shown(&visit, &project, &kept, failed);
    let here = kept.path.clone();
    let at = Place { pages: &pages, visit: &visit, kept, form: &form };
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
        Outcome::Said(status, rules) => (status, page(&*rules)).into_response(),
    })
}

/// Where a form is answered.
struct Place<'a> {
    pages: &'a Pages,
    visit: &'a Visit,
    kept: Kept,
    form: &'a Form,
}

impl Place<'_> {
    async fn add(&self, mut shown: Rules) -> Result<Outcome, PageRefusal> {
        let mut document = self.kept.document.clone();
        let number = document["rules"].as_array().map_or(0, Vec::len);
        match document["rules"].as_array_mut() {
            Some(rules) => rules.push(draft::rule(self.form)),
            None => document["rules"] = json!([draft::rule(self.form)]),
        }
        match self.kept.replace(self.pages, self.visit, &self.kept.version, &document).await? {
            Ok(_) => Ok(Outcome::Done("added")),
            Err(said) => {
                let path = said.behind(&["rules", &number.to_string()]);
                shown.draft = draft::refused(self.form, &said, path);
                Ok(Outcome::Said(said.status, Box::new(shown)))
            }
        }
    }

    /// The destination that is being added gets a test before it is.
    async fn try_draft(&self, mut shown: Rules) -> Result<Outcome, PageRefusal> {
        let target = draft::target(self.form);
        match self.kept.test(self.pages, self.visit, &json!({ "target": target })).await? {
            Ok(results) => {
                shown.draft = draft::typed(self.form);
                shown.draft.tried = results[0].is_object().then(|| words::tried(&results[0]));
                Ok(Outcome::Said(StatusCode::OK, Box::new(shown)))
            }
            Err(said) => {
                // As if it stood in a rule.
                let key = said.behind(&["target"]).last().cloned();
                let path: Vec<_> = ["to", "0"].map(str::to_owned).into_iter().chain(key).collect();
                shown.draft = draft::refused(self.form, &said, &path);
                Ok(Outcome::Said(said.status, Box::new(shown)))
            }
        }
    }

    async fn test(&self, mut shown: Rules) -> Result<Outcome, PageRefusal> {
        let rule = self.form.get("rule").unwrap_or_default();
        match self.kept.test(self.pages, self.visit, &json!({ "rule": rule })).await? {
            Ok(results) => {
                let row = shown.rules.iter_mut().find(|row| row.id == rule);
                for (index, target) in row.into_iter().flat_map(|row| &mut row.to).enumerate() {
                    let result = results.as_array().into_iter().flatten().find(|result| result["target"] == index);
                    target.tried = result.map(words::tried);
                }
                Ok(Outcome::Said(StatusCode::OK, Box::new(shown)))
            }
            Err(said) => Ok(noted(shown, &said, said.text.clone())),
        }
    }

    /// Sends again what could not be delivered: the one that is named, or all of the project.
    async fn retry(&self, project: &str, shown: Rules) -> Result<Outcome, PageRefusal> {
        match failed::retry(self.pages, self.visit, project, self.form.get("id")).await? {
            Ok(()) => Ok(Outcome::Done("retried")),
            Err(said) => Ok(noted(shown, &said, said.text.clone())),
        }
    }

    /// What is deleted is what was seen: not a rule that somebody changed meanwhile.
    async fn delete(&self, shown: Rules) -> Result<Outcome, PageRefusal> {
        let (rule, seen) = (self.form.get("rule").unwrap_or_default(), self.form.get("version").unwrap_or_default());
        let mut document = self.kept.document.clone();
        if let Some(rules) = document["rules"].as_array_mut() {
            rules.retain(|other| other["id"] != rule);
        }
        match self.kept.replace(self.pages, self.visit, seen, &document).await? {
            Ok(_) => Ok(Outcome::Done("deleted")),
            Err(said) if said.status == StatusCode::CONFLICT => {
                let text =
                    "Somebody else changed the rules meanwhile, so nothing was deleted: this is how they are now.";
                Ok(noted(shown, &said, text.to_owned()))
            }
            Err(said) => Ok(noted(shown, &said, said.text.clone())),
        }
    }

    async fn save(&self, mut shown: Rules) -> Result<Outcome, PageRefusal> {
        let typed = self.form.get("document").unwrap_or_default();
        // The version that was seen, also after a refusal: who saves again must not undo what was not seen.
        let seen = self.form.get("version").unwrap_or_default();
        let (status, problem) = match json::parse::<Value>(typed.as_bytes()) {
            Err(error) => (StatusCode::BAD_REQUEST, format!("What was typed is {error}")),
            Ok(document) => match self.kept.replace(self.pages, self.visit, seen, &document).await? {
                Ok(_) => return Ok(Outcome::Done("changed")),
                Err(said) if said.status == StatusCode::CONFLICT => (said.status, CHANGED.to_owned()),
                Err(said) => (said.status, said.with_place()),
            },
        };
        (shown.text.json, shown.text.version, shown.text.problem) = (typed.to_owned(), seen.to_owned(), Some(problem));
        Ok(Outcome::Said(status, Box::new(shown)))
    }
}

const CHANGED: &str = "Somebody else changed the rules since you opened this page, so nothing was saved. Above they stand as they \
    are now, below as you typed them: copy what you changed, open the page again, and change it there.";

/// The page with something at its top that did not work.
fn noted(mut shown: Rules, said: &Said, text: String) -> Outcome {
    shown.frame.notice = Some(Notice { is_good: false, text });
    Outcome::Said(said.status, Box::new(shown))
}
