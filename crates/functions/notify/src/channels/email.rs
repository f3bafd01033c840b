//! Composes emails, and hands them to the mailer of the deployment.

use async_trait::async_trait;
use rules::{Message, target};

use super::SendError;
use super::content::{Content, token};
use super::text::{escaped, line};

/// An email, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// The addresses of the recipients.
    pub to: Vec<String>,
    /// The subject: one line of at most 200 characters.
    pub subject: String,
    /// The plain-text version.
    pub text: String,
    /// The HTML version, with links.
    pub html: String,
    /// The token of the message, which stays the same when it is sent again. For the header `X-Faultline-Delivery`.
    pub delivery: String,
}

/// A service that sends email.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Sends `email`. The text of an error contains no secrets.
    async fn send(&self, email: &Email) -> Result<(), SendError>;
}

pub(super) async fn send(
    mailer: Option<&dyn Mailer>,
    target: &target::Email,
    message: &Message,
) -> Result<(), SendError> {
    let mailer = mailer.ok_or_else(|| {
        SendError::permanent(
            "email is not set up: on AWS, set EmailFrom of the stack to an address that is verified in SES; \
             start `faultline serve` with --smtp-url and --email-from",
        )
    })?;
    mailer.send(&compose(target, message)).await
}

pub(super) fn compose(target: &target::Email, message: &Message) -> Email {
    let content = Content::new(message);
    Email {
        to: target.to.clone(),
        subject: line(&format!("[{}] {}", message.project(), content.summary), 200),
        text: content.plain_text(),
        html: html(&content),
        delivery: token(message).chars().filter(char::is_ascii_graphic).take(256).collect(),
    }
}

fn html(content: &Content) -> String {
    let mut html = String::from("<!doctype html>\n<html><body style=\"font-family:sans-serif\">\n");
    html += &format!("<h2>{}</h2>\n<p>{}</p>\n", linked(&content.title, content.link.as_deref()), escape(&content.why));
    html += "<table>\n";
    for (name, value) in &content.facts {
        html += &format!("<tr><th align=\"left\">{name}</th><td>{}</td></tr>\n", escape(value));
    }
    html += "</table>\n";
    if !content.frames.is_empty() {
        html += &format!("<pre>{}</pre>\n", escape(&content.frames.join("\n")));
    }
    if !content.listed.is_empty() {
        html += "<ul>\n";
        for listed in &content.listed {
            let title = linked(&listed.title, listed.link.as_deref());
            html += &format!("<li>{title}<br>{}</li>\n", escape(&listed.text));
        }
        html += "</ul>\n";
    }
    html + "</body></html>\n"
}

fn linked(title: &str, link: Option<&str>) -> String {
    match link {
        Some(link) => format!("<a href=\"{}\">{}</a>", escape(link), escape(title)),
        None => escape(title),
    }
}

fn escape(text: &str) -> String {
    escaped(text, usize::MAX, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\'' => Some("&#39;"),
        _ => None,
    })
}
