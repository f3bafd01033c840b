//! A briefing as Markdown. Every text that is not faultline's own is in a code block or a code span.

use std::fmt::Write;

use crate::Briefing;
use crate::facts::{Facts, Remark};
use crate::fence::{block, code};
use crate::reported::{Reported, ReportedCrumb};
use crate::stack::{ReportedException, ReportedFrame};

impl Briefing {
    /// Formats the briefing as Markdown.
    pub fn markdown(&self) -> String {
        let Self { note, facts, team, reported, cut, .. } = self;
        let mut text = format!("# Error {} in project {}\n\n{note}\n\n", facts.fingerprint, code(&facts.project));
        let _ = write!(text, "## Facts\n\n{}\n", facts.markdown());
        let _ = write!(text, "## Reported\n\n{}", reported.markdown());
        if !team.comments.is_empty() || team.assignee.is_some() {
            let _ = write!(text, "\n## Team\n");
            if let Some(assignee) = &team.assignee {
                let _ = write!(text, "\n- Assigned to: {}\n", code(assignee));
            }
            text.push_str(&remarks("Comments", &team.comments));
        }
        if !cut.is_empty() {
            let _ = writeln!(text, "\n## Left out\n\n- {}", cut.join("\n- "));
        }
        text
    }
}

impl Facts {
    fn markdown(&self) -> String {
        let mut text = String::new();
        let mut line = |name: &str, fact: String| text.push_str(&format!("- {name}: {fact}\n"));
        line("Page", code(&self.links.page));
        let mut status = self.status.to_string();
        if self.resolved_in_next_release {
            status.push_str(", in the next release only");
        }
        if let Some(until) = self.muted_until {
            let _ = write!(status, ", until {until}");
        }
        if let Some(count) = self.muted_until_count {
            let _ = write!(status, ", until occurrence {count}");
        }
        line("Status", status);
        line("Level", self.level.as_str().to_owned());
        line("Occurrences", format!("{}, of these {} in the last 24 hours", self.occurrences, self.last_day));
        line("Users", format!("about {}", self.users));
        line("First seen", self.first_seen.to_string());
        line("Last seen", self.last_seen.to_string());
        if let Some(at) = self.regressed_at {
            line("Regressions", format!("{}, the last at {at}", self.regressions));
        }
        for issue in &self.issues {
            line("Issue", format!("{} {}", issue.number, code(&issue.url)));
        }
        match (&self.occurrence, &self.links.occurrence) {
            (Some(shown), Some(page)) => {
                line("Occurrence", format!("{}, at {}", code(page), shown.at));
                line("Event", shown.event_id.to_string());
                line("Chosen because it is", code(&shown.chosen_because));
            }
            _ => line("Occurrence", "all have expired".to_owned()),
        }
        for done in &self.history {
            line("History", format!("{} {} by {}", done.at, done.what.replace('_', " "), done.by));
        }
        text
    }
}

impl Reported {
    fn markdown(&self) -> String {
        let mut summary = String::new();
        if !self.kind.is_empty() {
            let _ = writeln!(summary, "type: {}", self.kind);
        }
        let _ = writeln!(summary, "message: {}", self.message);
        for (name, given) in self.names.iter().chain(&self.request) {
            let _ = writeln!(summary, "{name}: {given}");
        }
        let mut text = block(&summary);
        for exception in &self.exceptions {
            let _ = write!(
                text,
                "\nStack trace, raising frame first (`*` marks the application):\n\n{}",
                block(&exception.markdown())
            );
        }
        if !self.breadcrumbs.is_empty() {
            let line = |crumb: &ReportedCrumb| {
                let parts = [&crumb.at, &crumb.category, &crumb.message].map(String::as_str);
                parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ") + "\n"
            };
            let crumbs = self.breadcrumbs.iter().map(line);
            let _ = write!(text, "\nBreadcrumbs, newest first:\n\n{}", block(&crumbs.collect::<String>()));
        }
        if !self.tags.is_empty() {
            let mut tags = String::new();
            for tag in &self.tags {
                let values = tag.values.iter().map(|(value, share)| format!("{value} ({share} %)"));
                let _ = writeln!(tags, "{}: {}", tag.key, values.collect::<Vec<_>>().join(", "));
            }
            let _ = write!(text, "\nTags of all occurrences:\n\n{}", block(&tags));
        }
        text + &remarks("Feedback of users", &self.feedback)
    }
}

impl ReportedException {
    fn markdown(&self) -> String {
        let handled = if self.handled == Some(false) { " (not handled)" } else { "" };
        let mut text = format!("{}: {}{handled}\n", self.kind, self.value);
        for frame in &self.frames {
            text.push_str(&frame.markdown());
        }
        text
    }
}

impl ReportedFrame {
    fn markdown(&self) -> String {
        let mark = if self.in_app { '*' } else { ' ' };
        let number = |number: Option<u64>| number.map(|number| format!(":{number}")).unwrap_or_default();
        let function = if self.function.is_empty() { "?" } else { &self.function };
        let mut text = format!("{mark} {}{}{} in {function}\n", self.file, number(self.line), number(self.column));
        if let Some(link) = &self.link {
            let _ = writeln!(text, "    {link}");
        }
        for line in &self.source {
            let _ = writeln!(text, "    {line}");
        }
        for (name, value) in &self.variables {
            let _ = writeln!(text, "    {name} = {value}");
        }
        text
    }
}

fn remarks(title: &str, remarks: &[Remark]) -> String {
    if remarks.is_empty() {
        return String::new();
    }
    let lines = remarks.iter().map(|remark| format!("{} {}:\n{}\n", remark.at, remark.by, remark.text));
    format!("\n{title}, newest first:\n\n{}", block(&lines.collect::<Vec<_>>().join("\n")))
}
