//! URLs of files without debug ids, as uploaders write them: `~/assets/main.js`, for any host.

/// The text before the URL of a script's map, at its end.
const MARK: &[u8] = b"sourceMappingURL=";
/// How far from the end of a script its map is named, in bytes.
const TAIL: usize = 4 << 10;

/// Returns the URL of a map that a script names, by the URL of the script. `None` if the map is not a file of its own.
pub(crate) fn resolve(script: &str, map: &str) -> Option<String> {
    let map = map.trim();
    if map.is_empty() || map.starts_with("data:") {
        return None;
    }
    if let Some((_, rest)) = map.split_once("://") {
        return rest.find('/').map(|at| format!("~{}", &rest[at..]));
    }
    if map.starts_with("~/") {
        return Some(map.to_owned());
    }
    if map.starts_with('/') {
        return Some(format!("~{map}"));
    }
    let mut parts: Vec<_> = script.split('/').collect();
    parts.pop();
    for part in map.split('/') {
        match part {
            "." => {}
            // The host, or `~`, stays.
            ".." if parts.len() > 1 => drop(parts.pop()),
            ".." => {}
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Returns the map that a script names in its last lines.
pub(crate) fn named_in(script: &[u8]) -> Option<&str> {
    let tail = &script[script.len().saturating_sub(TAIL)..];
    let at = tail.windows(MARK.len()).rposition(|part| part == MARK)? + MARK.len();
    let end = tail[at..].iter().position(|byte| byte.is_ascii_whitespace()).map_or(tail.len(), |end| at + end);
    std::str::from_utf8(&tail[at..end]).ok()
}

/// The URL of the script to which a map belongs by its name.
pub(crate) fn script_of(map: &str) -> Option<&str> {
    map.strip_suffix(".map")
}
