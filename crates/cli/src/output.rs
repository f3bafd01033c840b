//! Standard output, as text for people or as JSON for programs.

use std::io::{BufRead, ErrorKind, IsTerminal, Write};

use anyhow::bail;
use serde_json::Value;

use super::Remote;
use super::table::Table;
use super::text::{harmless_json, harmless_lines};
use super::tone::Tone;

/// How answers are shown.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// As one line of JSON, for programs.
    pub json: bool,
    colours: bool,
    /// Width of the terminal in columns; `None` if standard output is not a terminal.
    columns: Option<usize>,
}

impl Output {
    /// Chooses the output format. Colours are used only in a terminal, and not if `NO_COLOR` is set
    /// (<https://no-color.org>).
    pub fn of(remote: &Remote) -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let terminal = std::io::stdout().is_terminal();
        let columns = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        Self {
            json: remote.json,
            colours: terminal && !dumb && !set("NO_COLOR"),
            columns: columns.filter(|_| terminal),
        }
    }

    /// Returns `text` with the escape sequences for `tone`, or unchanged if colours are off.
    pub fn tone(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Plain => return text.to_owned(),
            Tone::Bold => 1,
            Tone::Dim => 2,
            Tone::Red => 31,
            Tone::Yellow => 33,
            Tone::Green => 32,
        };
        if self.colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// Prints `data` as a JSON document, or the text that `text` returns.
    pub fn show(self, data: &Value, text: impl FnOnce(Self) -> String) -> anyhow::Result<()> {
        match self.json {
            true => print(&harmless_json(&serde_json::to_string_pretty(data)?)),
            false => print(&text(self)),
        }
    }

    /// Formats a table to fit the terminal.
    pub fn table(self, table: &Table) -> String {
        table.render(self.columns, |tone, text| self.tone(tone, text))
    }
}

/// Prints text and a line feed.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

/// Prints a message on standard error. A closed standard error is ignored.
pub fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", harmless_lines(text));
}

/// Asks for confirmation of an action that cannot be undone. Without a terminal to ask on, `yes` must be set.
pub(crate) fn confirm(yes: bool, what: &str) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        bail!("to {what} without a prompt, use --yes");
    }
    note(&format!("{what}? This cannot be undone. Type yes:"));
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    match answer.trim() {
        "yes" => Ok(()),
        _ => bail!("cancelled: nothing was done"),
    }
}

/// Prints why a command failed.
pub fn complain(error: &anyhow::Error) {
    note(&format!("error: {error:#}"));
}

/// Whether the reader of our output closed the pipe, as `head` does. That is not a failure.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let io = error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
    io.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
