//! Converts exceptions and threads with their stack traces.

use serde_json::Value;

use super::stack::stacktrace;
use super::values::{any_text, cut, objects, values};
use model::json::Fields;
use model::json::Problem;
use model::occurrence::{Exception, Thread};

/// The most exceptions of a chain. Of longer chains, both ends are kept. Python's SDK sends at most 50.
const MAX_EXCEPTIONS: usize = 50;

const MAX_THREADS: usize = 1_000;

/// Reads the exceptions, cause first.
pub(super) fn exceptions(fields: &mut Fields<'_>) -> Vec<Exception> {
    let mut list = values(fields, "exception");
    let at = fields.path();
    let path = at.key("exception");
    cut(&mut list, MAX_EXCEPTIONS / 2, MAX_EXCEPTIONS / 2, path, fields.problems());
    let list = objects(list, path, fields.problems());
    let mut exceptions = Vec::with_capacity(list.len());
    for (index, map) in list.into_iter().enumerate() {
        let path = path.index(index);
        let mut entry = Fields::new(map, path, fields.problems());
        let exception = exception(&mut entry);
        if is_empty(&exception) {
            Problem::note(entry.problems(), || Problem {
                kind: "missing_attribute".to_owned(),
                name: path.to_string(),
                value: Value::Null,
                reason: "expected an exception with a type, a value or a stack".to_owned(),
            });
            continue;
        }
        exceptions.push(Exception { other: entry.rest(), ..exception });
    }
    exceptions
}

fn exception(fields: &mut Fields<'_>) -> Exception {
    let mut exception = Exception {
        kind: fields.text("type").filter(|kind| !kind.is_empty()),
        value: fields.value("value").map(any_text),
        module: fields.text("module").filter(|module| !module.is_empty()),
        thread_id: fields.value("thread_id"),
        mechanism: fields.object("mechanism").unwrap_or_default(),
        stacktrace: stacktrace(fields, "stacktrace"),
        ..Exception::default()
    };
    exception.mechanism.retain(|_, value| !value.is_null());
    if exception.kind.is_none() {
        split_type(&mut exception);
    }
    exception
}

fn is_empty(exception: &Exception) -> bool {
    exception.kind.is_none()
        && exception.value.as_ref().is_none_or(String::is_empty)
        && exception.stacktrace.as_ref().is_none_or(|stack| stack.frames.is_empty())
}

/// A value that begins with `Word:` names the type, if there is no type. This is a rule of the protocol.
fn split_type(exception: &mut Exception) {
    let Some((word, rest)) = exception.value.as_deref().and_then(|value| value.split_once(':')) else { return };
    if !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_') {
        let rest = rest.trim().to_owned();
        exception.kind = Some(word.to_owned());
        exception.value = Some(rest);
    }
}

pub(super) fn threads(fields: &mut Fields<'_>) -> Vec<Thread> {
    let mut list = values(fields, "threads");
    let at = fields.path();
    let path = at.key("threads");
    if list.len() > MAX_THREADS {
        // Makes sure that the crashed or current thread is among those that are kept.
        let is_of_interest = |thread: &Value| ["crashed", "current"].iter().any(|key| thread[key] == true);
        list.sort_by_key(|thread| !is_of_interest(thread));
    }
    cut(&mut list, MAX_THREADS, 0, path, fields.problems());
    let list = objects(list, path, fields.problems());
    let mut threads = Vec::with_capacity(list.len());
    for (index, map) in list.into_iter().enumerate() {
        let mut entry = Fields::new(map, path.index(index), fields.problems());
        threads.push(Thread {
            id: entry.value("id"),
            name: entry.text("name"),
            crashed: entry.boolean("crashed"),
            current: entry.boolean("current"),
            main: entry.boolean("main"),
            stacktrace: stacktrace(&mut entry, "stacktrace"),
            other: entry.rest(),
        });
    }
    threads
}
