//! Generates the configuration page: options of `faultline serve`, environment variables, and template parameters.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::cli::rows;
use crate::help::Help;
use crate::markdown::{GENERATED, cell, table};
use crate::{read, root};

/// Environment variables that do not belong to an option.
const FURTHER: [(&str, &str); 6] = [
    ("FAULTLINE_LOG", "Filter for the log on standard error, as in `info` or `notify=debug,warn` (default: `warn`)"),
    ("XDG_DATA_HOME", "Directory for user data; the default data directory is `faultline` in it"),
    ("HOME", "If `XDG_DATA_HOME` is not set, the default data directory is `.local/share/faultline` in it"),
    ("NO_COLOR", "If set, output has no colours"),
    ("FAULTLINE_VERSION", "When faultline is built: what `faultline --version` prints (default: the version)"),
    ("AWS_CA_BUNDLE", "In Lambda: file with additional root certificates"),
];

pub(crate) fn page() -> String {
    let options = Help::of(&["serve"]).options.into_iter().filter(|option| !option.is_global()).collect::<Vec<_>>();
    format!(
        "{GENERATED}\n\n# Configuration\n\nProjects have settings of their own: see [Projects](../guide/projects.md#settings).\n\n## `faultline serve`\n\n{}## \
         Environment variables\n\n{}## Parameters of the template\n\n`./deploy NAME=VALUE` sets them: see \
         [Deploy to AWS](deploy-aws.md).\n\n{}",
        rows("option", &options),
        table(&["variable", "meaning"], &variables().into_iter().map(Vec::from).collect::<Vec<_>>()),
        table(&["parameter", "default", "allowed", "meaning"], &parameters()),
    )
    .trim_end()
    .to_owned()
        + "\n"
}

/// Returns each environment variable and its meaning.
fn variables() -> Vec<[String; 2]> {
    let mut found = BTreeMap::new();
    collect(&[], &mut found);
    let named = found.into_iter().map(|(name, option)| [format!("`{name}`"), format!("The option `{option}`")]);
    named.chain(FURTHER.map(|(name, text)| [format!("`{name}`"), text.to_owned()])).collect()
}

/// Adds the variables of the options of a command and its subcommands.
fn collect(path: &[&str], found: &mut BTreeMap<String, String>) {
    let help = Help::of(path);
    for option in &help.options {
        if let Some(variable) = option.variable() {
            let name = option.usage.split([' ', ',']).find(|part| part.starts_with("--")).unwrap();
            found.insert(variable.to_owned(), name.to_owned());
        }
    }
    for name in &help.commands {
        collect(&[path, &[name]].concat(), found);
    }
}

/// Returns the table rows of the template's parameters.
fn parameters() -> Vec<Vec<String>> {
    let template = read("template.yaml");
    let section = template.split_once("\nParameters:\n").unwrap().1.split("\n\n").next().unwrap();
    let mut rows: Vec<(&str, BTreeMap<&str, &str>)> = Vec::new();
    for line in section.lines() {
        let Some((key, value)) = line.trim().split_once(':') else { continue };
        if line.starts_with("    ") {
            let value = value.trim();
            let quote = value.chars().next().filter(|first| ['"', '\''].contains(first));
            rows.last_mut().unwrap().1.insert(key, quote.map_or(value, |quote| value.trim_matches(quote)));
        } else {
            rows.push((key, BTreeMap::new()));
        }
    }
    let row = |(name, keys): (&str, BTreeMap<&str, &str>)| {
        let get = |key| keys.get(key).copied().unwrap_or_default();
        let default = match keys.get("Default") {
            Some(&"") => "empty".to_owned(),
            Some(value) => format!("`{value}`"),
            None => "none: required".to_owned(),
        };
        let allowed = match (get("AllowedValues"), get("MinValue")) {
            ("", "") => get("ConstraintDescription").to_owned(),
            ("", least) => format!("{least} to {}", get("MaxValue")),
            (values, _) => values.trim_matches(['[', ']']).to_owned(),
        };
        vec![format!("`{name}`"), default, cell(&allowed), cell(get("Description"))]
    };
    rows.into_iter().map(row).collect()
}

/// Every environment variable of faultline in the sources is on the page.
#[test]
fn every_variable_is_described() {
    let page = page();
    let mut folders = vec![root().join("crates")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !["tests", "benches"].iter().any(|name| path.ends_with(name)) {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                named_in(&path, &page);
            }
        }
    }
}

/// Checks the variables in one file.
fn named_in(path: &Path, page: &str) {
    for part in fs::read_to_string(path).unwrap().split("\"FAULTLINE_").skip(1) {
        let name = format!("FAULTLINE_{}", part.split('"').next().unwrap());
        assert!(page.contains(&format!("`{name}`")), "{}: {name} is not described", path.display());
    }
}
