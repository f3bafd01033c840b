//! Reads a copy of faultline v1's S3 bucket: `projects/{project}/errors/{message}/occurrences/{reversedUnixtime}.json`.
//!
//! An object holds `project`, `message`, `type`, `backtrace`, `context`, `environment`, `session`, `params` and
//! `timestamp`. It also holds `event`, the request that it came in, which is not imported because it contains keys and
//! tokens. A message with slashes spans several directories, so project and message are read from the object, not from
//! the path. The bucket does not contain which errors were resolved: v1 kept that in DynamoDB.

use std::fs::{self, ReadDir};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use model::id::EventId;
use model::occurrence::Occurrence;
use model::time::Timestamp;
use protocol::json_api::{self, Parsed, Post};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::batch::{ImportBatch, text};
use crate::progress::bar;

/// v1 names an object by this number minus its time in seconds, so that the newest comes first.
const REVERSED_FROM: i64 = (1 << 53) - 1;
/// The range of Unix seconds that v1 can have written. A number outside it is not a time.
const SECONDS: std::ops::Range<i64> = 0..1 << 33;
/// Number of digits of a reversed time.
const DIGITS: usize = 16;

/// Imports all occurrences in a directory and its subdirectories.
pub(super) async fn read(dir: &Path, batch: &mut ImportBatch<'_>) -> anyhow::Result<()> {
    let total = files(dir)?.filter(|file| file.as_ref().is_ok_and(|file| reversed(file).is_some())).count();
    if total == 0 {
        bail!(
            "{} has no occurrences of faultline v1: expected projects/PROJECT/errors/MESSAGE/occurrences/NUMBER.json",
            dir.display()
        );
    }
    batch.shows(bar(total as u64, "occurrences"));
    for file in files(dir)? {
        let file = match file {
            Ok(file) => file,
            Err((place, error)) => {
                batch.fail(&place.display().to_string(), &error.to_string());
                continue;
            }
        };
        let Some(reversed) = reversed(&file) else { continue };
        let origin = file.display().to_string();
        let bytes = fs::read(&file).map_err(|error| error.to_string());
        match bytes.and_then(|bytes| occurrence(&bytes, reversed)) {
            Ok((project, occurrence)) => batch.add(origin, &project, &occurrence).await?,
            Err(why) => batch.fail(&origin, &why),
        }
        batch.advance(1);
    }
    batch.send().await
}

/// Returns the reversed time in a file's name; `None` if the file is not an occurrence.
fn reversed(file: &Path) -> Option<&str> {
    let folder = file.parent()?.file_name()?;
    let name = file.file_name()?.to_str()?.strip_suffix(".json")?;
    let is_number = name.len() == DIGITS && name.bytes().all(|digit| digit.is_ascii_digit());
    (is_number && folder == "occurrences").then_some(name)
}

/// Parses an object into its project and occurrence.
fn occurrence(object: &[u8], reversed: &str) -> Result<(String, Occurrence), String> {
    let mut object: Value = serde_json::from_slice(object).map_err(|error| format!("not JSON: {error}"))?;
    let project = text(&object, "project").ok_or("it has no `project`")?.to_owned();
    let message = object["message"].as_str().ok_or("it has no `message`")?;
    let key = format!("projects/{project}/errors/{}/occurrences/{reversed}.json", grouping::truncate_message(message));
    let named = reversed.parse().ok().map(|reversed: i64| REVERSED_FROM - reversed);
    let named = named.filter(|seconds| SECONDS.contains(seconds)).map(Timestamp::from_seconds);
    let happened = text(&object, "timestamp").and_then(|time| Timestamp::parse(time).ok()).or(named);
    let happened = happened.ok_or("it has no time, neither in `timestamp` nor in its name")?;

    let mut body = Map::new();
    for shared in ["context", "environment", "session", "params"] {
        body.insert(shared.to_owned(), object[shared].take());
    }
    let error = json!({ "type": object["type"], "message": object["message"], "backtrace": object["backtrace"] });
    body.insert("errors".to_owned(), json!([error]));
    let parsed = Parsed::of(&serde_json::to_vec(&body).map_err(|error| error.to_string())?);
    let taken = parsed.map_err(|refusal| refusal.message)?.taken;
    let post: Post = serde_json::to_value(taken).and_then(serde_json::from_value).map_err(|error| error.to_string())?;
    let error = post.errors.into_iter().next().ok_or("it has no error")?;
    Ok((project, json_api::normalise(error, &post.shared, event_id(&key), happened)))
}

/// Returns an id that is the same each time the same object is imported.
fn event_id(key: &str) -> EventId {
    let mut id = [0; 16];
    id.copy_from_slice(&Sha256::digest(key)[..16]);
    EventId::from_bytes(id)
}

/// A file, or a path that could not be read and why.
type FoundFile = Result<PathBuf, (PathBuf, std::io::Error)>;

/// Iterates over all files in a directory and its subdirectories, in no particular order. Does not hold their names in
/// memory.
fn files(dir: &Path) -> anyhow::Result<impl Iterator<Item = FoundFile>> {
    let open = fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
    Ok(Files { open: vec![(dir.to_owned(), open)] })
}

struct Files {
    open: Vec<(PathBuf, ReadDir)>,
}

impl Iterator for Files {
    type Item = FoundFile;

    fn next(&mut self) -> Option<FoundFile> {
        loop {
            let (dir, entries) = self.open.last_mut()?;
            let entry = match entries.next() {
                None => {
                    self.open.pop();
                    continue;
                }
                Some(Err(error)) => return Some(Err((dir.clone(), error))),
                Some(Ok(entry)) => entry,
            };
            let path = entry.path();
            // A symbolic link is not followed: it may lead in a circle.
            match entry
                .file_type()
                .and_then(|kind| if kind.is_dir() { fs::read_dir(&path).map(Some) } else { Ok(None) })
            {
                Ok(Some(below)) => self.open.push((path, below)),
                Ok(None) => return Some(Ok(path)),
                Err(error) => return Some(Err((path, error))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object() -> Value {
        json!({
            "project": "shop", "message": "it broke", "type": "E",
            "backtrace": [{ "file": "a.rs", "line": 7, "function": "f" }],
            "context": { "environment": "production" }, "params": { "id": 1 },
            "event": { "headers": { "x-api-key": "SECRET" } },
            "timestamp": "2016-11-02T09:01:00+09:00"
        })
    }

    fn read(object: &Value) -> Result<(String, Occurrence), String> {
        // 2016-11-02T00:01:00Z
        occurrence(object.to_string().as_bytes(), "9007197776696131")
    }

    /// An occurrence keeps its time, gets the same id each time, and does not include the key that it was sent with.
    #[test]
    fn an_object_becomes_an_occurrence() {
        let (project, occurrence) = read(&object()).unwrap();
        assert_eq!(project, "shop");
        assert_eq!(occurrence.timestamp.to_string(), "2016-11-02T00:01:00+00:00");
        assert_eq!((occurrence.message.as_str(), occurrence.environment.as_deref()), ("it broke", Some("production")));
        assert_eq!(occurrence.contexts["params"]["id"], 1);
        assert!(!json!(occurrence).to_string().contains("SECRET"));
        assert_eq!(read(&object()).unwrap().1.event_id, occurrence.event_id);
        let mut other = object();
        other["message"] = "another".into();
        assert_ne!(read(&other).unwrap().1.event_id, occurrence.event_id);
    }

    #[test]
    fn the_time_comes_from_the_name_if_the_object_has_none() {
        for time in [Value::Null, "yesterday".into()] {
            let mut object = object();
            object["timestamp"] = time;
            assert_eq!(read(&object).unwrap().1.timestamp.to_string(), "2016-11-02T00:01:00+00:00");
        }
    }

    #[test]
    fn an_invalid_object_is_refused_with_a_reason() {
        assert!(occurrence(b"{", "9007197776696131").unwrap_err().contains("not JSON"));
        for key in ["project", "message"] {
            let mut object = object();
            object[key] = Value::Null;
            assert!(read(&object).unwrap_err().contains(key));
        }
        let found = |path: &str| reversed(Path::new(path)).is_some();
        assert!(found("projects/a/errors/x/y/occurrences/9007197776696131.json"));
        assert!(!found("projects/a/errors/x/9007197776696131.json"));
        assert!(!found("projects/a/errors/x/occurrences/notes.json"));
    }
}
