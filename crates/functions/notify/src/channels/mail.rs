//! Mail.

use async_trait::async_trait;
use rules::{Telling, target};

use super::Failed;
use super::message::{Message, token};
use super::text::{escaped, line};

/// A mail, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Whom to.
    pub to: Vec<String>,
    /// One line, of at most 200 characters.
    pub subject: String,
    /// For who reads plain text.
    pub text: String,
    /// For everybody else.
    pub html: String,
    /// What names the message: the same however often it is sent. For the header `X-Faultline-Delivery`.
    pub delivery: String,
}

/// What carries mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands `letter` over. An error's text holds no secret.
    async fn send(&self, letter: &Letter) -> Result<(), Failed>;
}

pub(super) async fn tell(mailer: Option<&dyn Mailer>, mail: &target::Mail, telling: &Telling) -> Result<(), Failed> {
    let mailer = mailer.ok_or_else(|| {
        Failed::never(
            "no mail is sent here: set the address that it comes from, which SES must know as verified \
             (MailFrom in the stack)",
        )
    })?;
    mailer.send(&letter(mail, telling)).await
}

/// The mail.
pub(super) fn letter(mail: &target::Mail, telling: &Telling) -> Letter {
    let message = Message::of(telling);
    let project = match telling {
        Telling::One(notice) => &notice.project,
        Telling::Several { project, .. } | Telling::Limited { project, .. } => project,
    };
    Letter {
        to: mail.to.clone(),
        subject: line(&format!("[{project}] {}", message.summary), 200),
        text: text(&message),
        html: html(&message),
        delivery: token(telling).chars().filter(char::is_ascii_graphic).take(256).collect(),
    }
}

fn text(message: &Message) -> String {
    let mut lines = vec![message.title.clone(), message.why.clone()];
    lines.extend(message.link.clone());
    lines.push(String::new());
    lines.extend(message.facts.iter().map(|(name, value)| format!("{name}: {value}")));
    if !message.frames.is_empty() {
        lines.push(String::new());
        lines.extend(message.frames.iter().map(|frame| format!("    {frame}")));
    }
    for listed in &message.listed {
        lines.extend([String::new(), listed.title.clone(), format!("    {}", listed.text)]);
        lines.extend(listed.link.as_ref().map(|link| format!("    {link}")));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn html(message: &Message) -> String {
    let mut html = String::from("<!doctype html>\n<html><body style=\"font-family:sans-serif\">\n");
    html += &format!("<h2>{}</h2>\n<p>{}</p>\n", linked(&message.title, message.link.as_deref()), escape(&message.why));
    html += "<table>\n";
    for (name, value) in &message.facts {
        html += &format!("<tr><th align=\"left\">{name}</th><td>{}</td></tr>\n", escape(value));
    }
    html += "</table>\n";
    if !message.frames.is_empty() {
        html += &format!("<pre>{}</pre>\n", escape(&message.frames.join("\n")));
    }
    if !message.listed.is_empty() {
        html += "<ul>\n";
        for listed in &message.listed {
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
