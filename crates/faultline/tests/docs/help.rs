//! Parses the output of `--help`.

use std::process::Command;

/// An option or an argument.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// As it is typed: `-p, --project <NAME>`.
    pub(crate) usage: String,
    /// Its description, default and environment variable.
    pub(crate) text: String,
}

/// The help of one command.
#[derive(Debug, Default)]
pub(crate) struct Help {
    /// The text before the usage line.
    pub(crate) about: String,
    pub(crate) usage: String,
    pub(crate) arguments: Vec<Entry>,
    /// Options of all groups.
    pub(crate) options: Vec<Entry>,
    /// Names of the subcommands.
    pub(crate) commands: Vec<String>,
}

impl Help {
    /// Runs `faultline` with these subcommands and `--help`, and parses the output.
    pub(crate) fn of(path: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_faultline"));
        command.env_clear().args(path).arg("--help");
        let output = command.output().unwrap();
        assert!(output.status.success(), "faultline {path:?} --help: {output:?}");
        Self::parse(&String::from_utf8(output.stdout).unwrap())
    }

    fn parse(text: &str) -> Self {
        let mut help = Self::default();
        let mut section = "";
        for line in text.lines() {
            if let Some(usage) = line.strip_prefix("Usage: ") {
                (help.usage, section) = (usage.to_owned(), "Usage");
            } else if section.is_empty() {
                help.about += line;
                help.about += "\n";
            } else if !line.is_empty() && !line.starts_with(' ') {
                section = line.trim_end_matches(':');
            } else {
                help.take(section, line);
            }
        }
        help.about = help.about.trim().to_owned();
        help
    }

    /// Parses a line of a section.
    fn take(&mut self, section: &str, line: &str) {
        let text = line.trim_start();
        let is_start = !text.is_empty() && line.len() - text.len() <= 6;
        let entries = match section {
            "Usage" => return,
            "Commands" => {
                if is_start {
                    self.commands.extend(text.split(' ').next().filter(|&name| name != "help").map(str::to_owned));
                }
                return;
            }
            "Arguments" => &mut self.arguments,
            _ => &mut self.options,
        };
        if is_start {
            let (usage, text) = text.split_once("  ").unwrap_or((text, ""));
            entries.push(Entry { usage: usage.to_owned(), text: text.trim().to_owned() });
        } else if let Some(entry) = entries.last_mut() {
            entry.text = format!("{} {text}", entry.text).trim().replace("=]", "]");
        }
    }
}

impl Entry {
    /// Whether every command has the option, so that the reference describes it once.
    pub(crate) fn is_global(&self) -> bool {
        ["--url", "--key", "--help", "--version"].iter().any(|name| self.usage.contains(name))
    }

    /// Returns the environment variable that sets the option, if there is one.
    pub(crate) fn variable(&self) -> Option<&str> {
        Some(self.text.split_once("[env: ")?.1.split([']', '=']).next()?.trim())
    }
}
