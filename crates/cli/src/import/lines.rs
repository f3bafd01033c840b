//! Reads files that `faultline export` wrote: one occurrence per line, complete in `event`.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::Context;
use model::occurrence::Occurrence;
use serde::Deserialize;
use serde_json::Value;

use super::batch::{ImportBatch, text};
use crate::export::STATE_VERSION;
use crate::progress::bar;

/// Reads a file, or standard input, line by line.
pub(super) async fn read(path: &Path, batch: &mut ImportBatch<'_>) -> anyhow::Result<()> {
    let cannot = || format!("cannot read {}", path.display());
    let mut lines: Box<dyn BufRead> = if path.as_os_str() == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        let file = File::open(path).with_context(cannot)?;
        batch.shows(bar(file.metadata().with_context(cannot)?.len(), "bytes"));
        Box::new(BufReader::new(file))
    };
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = lines.read_until(b'\n', &mut line).with_context(cannot)?;
        if read == 0 {
            break;
        }
        batch.advance(read as u64);
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let origin = format!("{}:{number}", path.display());
        match parse(&line) {
            Ok((project, Line::Occurrence(occurrence))) => batch.add(origin, &project, &occurrence).await?,
            Ok((project, Line::State(state))) => batch.keep(origin, project, state),
            Err(why) => batch.fail(&origin, &why),
        }
    }
    batch.send().await?;
    batch.restore().await
}

enum Line {
    Occurrence(Box<Occurrence>),
    /// The state that people set on an error.
    State(Value),
}

/// Parses a line into its project and content. Lines with occurrences have no `kind`.
fn parse(line: &[u8]) -> Result<(String, Line), String> {
    let value: Value = serde_json::from_slice(line).map_err(|error| format!("not JSON: {error}"))?;
    let project =
        text(&value, "project").ok_or("no `project`: was this file written by `faultline export`?")?.to_owned();
    match (value["kind"].as_str(), value["version"].as_u64()) {
        (None, _) => {
            let occurrence = Occurrence::deserialize(&value["event"])
                .map_err(|error| format!("`event` is not an occurrence: {error}"))?;
            Ok((project, Line::Occurrence(Box::new(occurrence))))
        }
        (Some("error"), Some(STATE_VERSION)) => Ok((project, Line::State(value))),
        (Some(kind), _) => {
            let kind: String = kind.chars().take(40).collect();
            Err(format!("unsupported line of kind `{kind}`: use a newer faultline"))
        }
    }
}
