//! Reads values from template.yaml as text. It is our own file in one fixed layout, so no YAML parser is needed.

const TEMPLATE: &str = include_str!("../../template.yaml");

/// Returns the names of the resources of a type, such as `AWS::CloudWatch::Alarm`.
pub fn named(kind: &str) -> Vec<&'static str> {
    let (mut names, mut name) = (Vec::new(), "");
    for line in TEMPLATE.lines() {
        match line.strip_prefix("  ").and_then(|line| line.strip_suffix(':')) {
            Some(declared) if !declared.starts_with(' ') => name = declared,
            _ if line.strip_prefix("    Type: ") == Some(kind) => names.push(name),
            _ => {}
        }
    }
    names
}

/// Returns the number of resources of a type.
pub fn resources(kind: &str) -> u64 {
    named(kind).len() as u64
}

/// Returns the lines of the resource, parameter or other declaration with this name.
pub fn declared(name: &str) -> &'static str {
    let begin = TEMPLATE.find(&format!("\n  {name}:\n")).unwrap_or_else(|| panic!("template.yaml has no {name}"));
    let rest = &TEMPLATE[begin + 1..];
    let lines = rest.match_indices('\n').map(|(end, _)| end + 1);
    let end = lines.skip(1).find(|&at| !rest[at..].starts_with("   ") && !rest[at..].starts_with('\n'));
    &rest[..end.unwrap_or(rest.len())]
}

/// Returns a numeric property of a declaration, such as `MemorySize`.
pub fn number(name: &str, property: &str) -> u64 {
    let said = declared(name).split(&format!("{property}: ")).nth(1);
    let said = said.unwrap_or_else(|| panic!("{name} has no {property} in template.yaml"));
    let digits: String = said.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|_| panic!("{property} of {name} is not a number in template.yaml"))
}

/// Returns the memory of a function, in MB.
pub fn memory(function: &str) -> f64 {
    number(function, "MemorySize") as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_read() {
        assert!(declared("Inbox").contains("VisibilityTimeout") && !declared("Inbox").contains("InboxDeadLetters:\n"));
        assert_eq!(number("ProcessorFunction", "Timeout"), 60);
        assert_eq!(number("TableMinimum", "Default"), 2);
        assert_eq!(resources("AWS::DynamoDB::Table"), 2);
        assert_eq!(
            named("AWS::Serverless::Function"),
            [
                "IngestFunction",
                "ProcessorFunction",
                "QueryFunction",
                "SymbolsFunction",
                "RedriveFunction",
                "NotifyFunction"
            ]
        );
    }
}
