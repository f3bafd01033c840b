//! Stack traces as text, as loggers and OpenTelemetry write them, parsed into exceptions and frames. All parsers go over
//! the lines once.

mod dotnet;
mod go;
mod java;
mod javascript;
mod php;
mod python;
mod ruby;
mod rust;
#[cfg(test)]
mod tests;

use model::occurrence::Frame;

/// The most bytes of a text that are parsed.
const MAX_TEXT: usize = 128 << 10;
/// The most exceptions of a chain.
const MAX_CAUSES: usize = 20;

/// The exceptions in a text, the one that was caught first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParsedTrace {
    /// The platform by the name of the Sentry protocol; `None` if the text is not a trace of a known form.
    pub platform: Option<&'static str>,
    pub exceptions: Vec<ParsedException>,
}

/// One exception of a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParsedException {
    /// The type without its module.
    pub kind: Option<String>,
    pub module: Option<String>,
    /// The message. It may have several lines.
    pub value: Option<String>,
    /// The frames, callers first.
    pub frames: Vec<Frame>,
}

/// Parses a text. If the platform is not known, it is recognised by the form of the text.
pub fn parse(text: &str, platform: Option<&str>) -> ParsedTrace {
    let text = &text[..text.floor_char_boundary(MAX_TEXT)];
    let lines: Vec<&str> = text.lines().map(|line| line.trim_end_matches('\r')).collect();
    let known = platform.and_then(named).or_else(|| recognise(&lines));
    let Some((platform, parser)) = known else { return ParsedTrace::default() };
    let mut exceptions = parser(&lines);
    exceptions.retain(|one| !one.frames.is_empty() || one.kind.is_some());
    exceptions.truncate(MAX_CAUSES);
    ParsedTrace { platform: Some(platform), exceptions }
}

type Parser = fn(&[&str]) -> Vec<ParsedException>;

fn named(platform: &str) -> Option<(&'static str, Parser)> {
    Some(match platform {
        "python" => ("python", python::parse),
        "php" => ("php", php::parse),
        "go" => ("go", go::parse),
        "csharp" => ("csharp", dotnet::parse),
        "java" => ("java", java::parse),
        "rust" => ("rust", rust::parse),
        "node" => ("node", javascript::parse),
        "javascript" => ("javascript", javascript::parse),
        "ruby" => ("ruby", ruby::parse),
        _ => return None,
    })
}

/// Recognises the platform by the first line that has the form of only one.
fn recognise(lines: &[&str]) -> Option<(&'static str, Parser)> {
    let any = |is: fn(&str) -> bool| lines.iter().any(|line| is(line));
    let is_ruby = any(|line| line.contains(":in `") || line.contains(":in '"));
    let name = if any(|line| line.trim_start().starts_with("File \""))
        || (!is_ruby && any(|line| line.contains("Traceback (most recent call last)")))
    {
        "python"
    } else if any(|line| line.starts_with("#0 ")) {
        "php"
    } else if any(|line| line.starts_with("goroutine ")) {
        "go"
    } else if any(|line| line.trim_start().starts_with("at ") && line.contains(":line "))
        || any(|line| line.contains("--- End of inner exception"))
    {
        "csharp"
    } else if any(|line| line.starts_with("Caused by: ")) || any(java::is_frame) {
        "java"
    } else if any(|line| line.contains(" panicked at ") || line == "stack backtrace:") {
        "rust"
    } else if any(|line| javascript::parse_frame(line).is_some()) {
        if any(|line| line.contains("node:") || line.contains("node_modules"))
            || any(|line| line.contains(" (/") || line.contains("at /"))
        {
            "node"
        } else {
            "javascript"
        }
    } else if is_ruby {
        "ruby"
    } else {
        return None;
    };
    named(name)
}

impl ParsedException {
    /// Begins an exception with its first line, `Type: message`.
    fn from_head(head: &str, separator: &str) -> Self {
        let head = head.trim();
        let (kind, value) = match head.split_once(": ").or_else(|| Some((head.strip_suffix(':')?, ""))) {
            Some((kind, value)) if is_type(kind) => (Some(kind), Some(value)),
            _ if is_type(head) => (Some(head), None),
            _ => (None, Some(head)),
        };
        let (module, kind) = match kind.and_then(|kind| kind.rsplit_once(separator)) {
            Some((module, kind)) if !kind.is_empty() => (Some(module), Some(kind)),
            _ => (None, kind),
        };
        let text = |part: Option<&str>| part.filter(|part| !part.is_empty()).map(str::to_owned);
        Self { kind: text(kind), module: text(module), value: text(value), frames: Vec::new() }
    }

    /// Adds a further line of the message.
    fn continue_value(&mut self, line: &str) {
        let value = self.value.get_or_insert_default();
        if !value.is_empty() {
            value.push('\n');
        }
        value.push_str(line);
    }

    /// Removes empty lines at the end of the message.
    fn trim_value(&mut self) {
        if let Some(value) = &mut self.value {
            value.truncate(value.trim_end().len());
        }
        self.value.take_if(|value| value.is_empty());
    }
}

/// Names of types have no spaces.
fn is_type(text: &str) -> bool {
    text.len() <= 256
        && text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| {
            c.is_alphanumeric()
                || matches!(
                    c,
                    '_' | '.' | '$' | ':' | '\\' | '/' | '`' | '+' | '<' | '>' | '[' | ']' | ',' | '@' | '*' | '-'
                )
        })
}

/// Splits `file:12:7` or `file:12` from the right.
fn split_place(place: &str) -> Option<(&str, Option<u64>, Option<u64>)> {
    let number = |text: &str| text.parse::<u64>().ok();
    let (rest, last) = place.rsplit_once(':')?;
    let last = number(last)?;
    match rest.rsplit_once(':').and_then(|(file, line)| Some((file, number(line)?))) {
        Some((file, line)) if !file.is_empty() => Some((file, Some(line), Some(last))),
        _ => Some((rest, Some(last), None)),
    }
}
