//! Reads stacks and their frames.

use serde_json::{Map, Value};

use super::values::{any_text, cut};
use model::json::Problem;
use model::json::{Fields, Path, is_list, list_of, text_of};
use model::occurrence::{Frame, Stacktrace};

/// The most frames of a stack: the 125 outermost and the 125 innermost. Sentry keeps 250 with their contents. The stack
/// of an overflow has thousands, which are all alike in the middle.
const MAX_FRAMES: usize = 250;

/// The most source lines before, and after, the line of a frame.
const MAX_LINES: usize = 50;

/// Reads the stack at `key`: an object with `frames`, or only the list of frames.
pub(super) fn stacktrace(fields: &mut Fields<'_>, key: &str) -> Option<Stacktrace> {
    let value = fields.value(key)?;
    let path = fields.path();
    from_value(value, path.key(key), fields.problems())
}

fn from_value(value: Value, path: Path<'_>, problems: &mut Vec<Problem>) -> Option<Stacktrace> {
    let (frames, other) = match value {
        Value::Object(map) if is_list(&map) => (list_of(Value::Object(map)).unwrap_or_default(), Map::new()),
        Value::Object(mut map) => {
            let frames = match map.remove("frames").map(list_of) {
                Some(Ok(frames)) => frames,
                None | Some(Err(Value::Null)) => Vec::new(),
                // A single frame instead of a list.
                Some(Err(frame @ Value::Object(_))) => vec![frame],
                Some(Err(other)) => {
                    Problem::note(problems, || {
                        Problem::invalid(path.key("frames").to_string(), other, "expected a list")
                    });
                    Vec::new()
                }
            };
            map.retain(|_, value| !value.is_null());
            (frames, map)
        }
        Value::Array(frames) => (frames, Map::new()),
        other => {
            Problem::note(problems, || Problem::invalid(path.to_string(), other, "expected an object with `frames`"));
            return None;
        }
    };
    let path = path.key("frames");
    let mut frames = frames;
    frames.retain(|frame| !frame.is_null());
    cut(&mut frames, MAX_FRAMES / 2, MAX_FRAMES / 2, path, problems);
    let frames: Vec<_> = frames
        .into_iter()
        .enumerate()
        .filter_map(|(index, entry)| match entry {
            Value::Object(map) => Some(frame(map, path.index(index), problems)),
            other => {
                Problem::note(problems, || {
                    Problem::invalid(path.index(index).to_string(), other, "expected an object")
                });
                None
            }
        })
        .collect();
    (!frames.is_empty() || !other.is_empty()).then_some(Stacktrace { frames, other })
}

/// Reads a frame. It goes through the keys once instead of looking up each name, since frames are most of an event.
fn frame(map: Map<String, Value>, path: Path<'_>, problems: &mut Vec<Problem>) -> Frame {
    let mut frame = Frame::default();
    for (key, value) in map {
        if value.is_null() {
            continue;
        }
        let expected = match (key.as_str(), value) {
            ("filename", value) => text(&mut frame.filename, value),
            ("abs_path", value) => text(&mut frame.abs_path, value),
            ("function", value) => text(&mut frame.function, value),
            ("raw_function", value) => text(&mut frame.raw_function, value),
            ("module", value) => text(&mut frame.module, value),
            ("package", value) => text(&mut frame.package, value),
            ("platform", value) => text(&mut frame.platform, value),
            ("context_line", value) => text(&mut frame.context_line, value),
            ("lineno", value) => number(&mut frame.lineno, value),
            ("colno", value) => number(&mut frame.colno, value),
            ("in_app", Value::Bool(in_app)) => {
                frame.in_app = Some(in_app);
                Ok(())
            }
            ("in_app", value) => Err((value, "expected true or false")),
            ("pre_context", value) => lines(&mut frame.pre_context, value).inspect(|()| {
                cut(&mut frame.pre_context, 0, MAX_LINES, path.key(&key), problems);
            }),
            ("post_context", value) => lines(&mut frame.post_context, value).inspect(|()| {
                cut(&mut frame.post_context, MAX_LINES, 0, path.key(&key), problems);
            }),
            ("vars", Value::Object(vars)) => {
                frame.vars = vars;
                Ok(())
            }
            // Arguments without names. An empty list is an empty map of PHP.
            ("vars", Value::Array(list)) => {
                frame.vars = list.into_iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect();
                Ok(())
            }
            ("vars", value) => Err((value, "expected an object")),
            (_, value) => {
                frame.other.insert(key, value);
                continue;
            }
        };
        if let Err((value, reason)) = expected {
            Problem::note(problems, || Problem::invalid(path.key(&key).to_string(), value, reason));
        }
    }
    if frame.function.as_deref() == Some("?") {
        frame.function = None;
    }
    addresses(&mut frame);
    frame
}

/// A value that could not be used, and what was expected instead.
type Bad = (Value, &'static str);

fn text(field: &mut Option<String>, value: Value) -> Result<(), Bad> {
    *field = Some(text_of(value).map_err(|value| (value, "expected a string"))?);
    Ok(())
}

/// Reads a line or column number. It may be a string of digits, or a number with an empty fraction, as Lua and old
/// JavaScript clients send it.
fn number(field: &mut Option<u64>, value: Value) -> Result<(), Bad> {
    let read = match &value {
        Value::Number(number) => {
            let whole = || number.as_f64().filter(|float| float.fract() == 0.0 && (0.0..1e15).contains(float));
            number.as_u64().or_else(|| whole().map(|float| float as u64))
        }
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    *field = Some(read.ok_or((value, "expected a whole number"))?);
    Ok(())
}

/// Reads source lines. A `null` becomes an empty line, so that the other lines keep their numbers.
fn lines(field: &mut Vec<String>, value: Value) -> Result<(), Bad> {
    let list = match list_of(value) {
        Ok(list) => list,
        Err(line @ Value::String(_)) => vec![line],
        Err(other) => return Err((other, "expected a list of lines")),
    };
    *field = list.into_iter().map(|line| if line.is_null() { String::new() } else { any_text(line) }).collect();
    Ok(())
}

/// Fills in a missing file name from the path of `abs_path`, as in the protocol. Browsers send only a URL, as the file
/// name: it becomes `abs_path`.
fn addresses(frame: &mut Frame) {
    let path_of = |url: &str| {
        let (_, rest) = url.split_once("://")?;
        let path = rest[rest.find('/')?..].split(['?', '#']).next()?;
        (path.len() > 1).then(|| path.to_owned())
    };
    match (&frame.filename, &frame.abs_path) {
        (Some(filename), None) if is_url(filename) => {
            let path = path_of(filename).unwrap_or_else(|| filename.clone());
            frame.abs_path = frame.filename.replace(path);
        }
        (None, Some(abs_path)) => {
            let path = if is_url(abs_path) { path_of(abs_path) } else { None };
            frame.filename = Some(path.unwrap_or_else(|| abs_path.clone()));
        }
        (Some(_), _) | (None, None) => {}
    }
}

fn is_url(text: &str) -> bool {
    ["http:", "https:", "file:", "applewebdata:"].iter().any(|scheme| text.starts_with(scheme))
}
