//! The references of a script to its source map.

use model::id::DebugId;
use source_maps::Scope;

use super::decode::Decoded;
use super::scopes::{FunctionName, Name, find_functions};

/// A text in each snippet that registers a debug id.
const REGISTERED: &[u8] = b"sentry-dbid-";
/// How far into the script the snippet may be, in bytes.
const SNIPPET: usize = 8 << 10;
/// The longest original name of a function, in characters.
const MAX_NAME: usize = 200;

/// Returns the debug id that a script registers when it runs.
pub(super) fn registered_id(script: &[u8]) -> Option<DebugId> {
    let head = &script[..script.len().min(SNIPPET)];
    let at = head.windows(REGISTERED.len()).position(|part| part == REGISTERED)? + REGISTERED.len();
    DebugId::parse(std::str::from_utf8(head.get(at..at + 36)?).ok()?).ok()
}

/// Returns the places of a script at which another function begins, with the original names of the functions.
pub(super) fn scopes(script: &[u8], map: &Decoded) -> Vec<Scope> {
    let Ok(text) = std::str::from_utf8(script) else { return Vec::new() };
    let changes = find_functions(text);
    let mut names: Vec<usize> = changes.iter().filter_map(|(_, function)| *function).flat_map(starts).collect();
    names.extend(changes.iter().map(|(start, _)| *start));
    names.sort_unstable();
    names.dedup();
    let places = places(text, &names);
    let place_of = |start: usize| names.binary_search(&start).ok().map(|at| places[at]);
    let original = |name: Name<'_>| {
        let mapped = place_of(name.start).and_then(|(line, column)| map.name_at(line, column));
        mapped.unwrap_or(name.text).trim_start_matches('#').chars().take(MAX_NAME).collect::<String>()
    };
    let mut scopes: Vec<Scope> = Vec::new();
    for (start, function) in changes {
        let Some((line, column)) = place_of(start) else { continue };
        let function =
            function.map(|FunctionName { name, class, start }| match (name.map(original), class.map(original)) {
                (Some(name), Some(class)) if name == "constructor" => format!("new {class}"),
                (Some(name), Some(class)) => format!("{class}.{name}"),
                (Some(name), None) => name,
                // Minifiers move functions to where they are called, without their names. The map leads to the declaration.
                (None, _) => {
                    let source = place_of(start).and_then(|(line, column)| map.source_at(line, column));
                    source.and_then(declared_name).unwrap_or_default().chars().take(MAX_NAME).collect()
                }
            });
        match scopes.last_mut() {
            Some(last) if (last.line, last.column) == (line, column) => last.function = function,
            Some(last) if last.function == function => {}
            Some(_) | None => scopes.push(Scope { line, column, function }),
        }
    }
    scopes
}

fn starts(function: FunctionName<'_>) -> impl Iterator<Item = usize> {
    let names = [function.name, function.class].into_iter().flatten().map(|name| name.start);
    names.chain([function.start])
}

/// Returns the name of the function that is declared at the beginning of this source.
fn declared_name(source: &str) -> Option<&str> {
    let rest = source.strip_prefix("export ").unwrap_or(source);
    let rest = rest.strip_prefix("default ").unwrap_or(rest);
    let rest = rest.strip_prefix("async ").unwrap_or(rest).strip_prefix("function")?;
    let rest = rest.trim_start().trim_start_matches('*').trim_start();
    let is_name = |character: char| character.is_alphanumeric() || matches!(character, '_' | '$');
    let end = rest.find(|character| !is_name(character)).unwrap_or(rest.len());
    (end > 0).then(|| &rest[..end])
}

/// Converts places in bytes, in order, to lines and columns from 0. Columns count UTF-16 units.
fn places(text: &str, starts: &[usize]) -> Vec<(u32, u32)> {
    let (mut line, mut column) = (0u32, 0u32);
    let mut wanted = starts.iter().copied().peekable();
    let mut places = Vec::with_capacity(starts.len());
    for (at, character) in text.char_indices() {
        while wanted.next_if(|start| *start <= at).is_some() {
            places.push((line, column));
        }
        if character == '\n' {
            (line, column) = (line + 1, 0);
        } else {
            column += character.len_utf16() as u32;
        }
    }
    places.extend(wanted.map(|_| (line, column)));
    places
}
