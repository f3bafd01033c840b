//! Generates the reference page of the command line.

use crate::help::{Entry, Help};
use crate::markdown::{GENERATED, cell, table};

pub(crate) fn page() -> String {
    let top = Help::of(&[]);
    let mut out = format!(
        "{GENERATED}\n\n# Command line\n\n{}\n\n## Options of every command\n\n{}",
        top.about,
        rows("option", &top.options)
    );
    for name in &top.commands {
        command(&[name], &mut out);
    }
    out.trim_end().to_owned() + "\n"
}

/// Appends a command and its subcommands.
fn command(path: &[&str], out: &mut String) {
    let help = Help::of(path);
    let level = "#".repeat(path.len() + 1);
    *out += &format!("{level} faultline {}\n\n{}\n\n```text\n{}\n```\n\n", path.join(" "), help.about, help.usage);
    if path == ["serve"] {
        *out += "Its options are described in [Configuration](../operate/configuration.md#faultline-serve).\n\n";
        return;
    }
    *out += &rows("argument", &help.arguments);
    let own = help.options.into_iter().filter(|option| !is_everywhere(option)).collect::<Vec<_>>();
    *out += &rows("option", &own);
    for name in &help.commands {
        command(&[path, &[name]].concat(), out);
    }
}

/// Whether every command has the option.
fn is_everywhere(option: &Entry) -> bool {
    option.is_global() || option.usage.starts_with("--data") || option.usage == "--json"
}

/// Formats a table of options or arguments.
pub(crate) fn rows(what: &str, entries: &[Entry]) -> String {
    let rows = entries.iter().map(|entry| vec![format!("`{}`", entry.usage), cell(&entry.text)]);
    table(&[what, "meaning"], &rows.collect::<Vec<_>>())
}
