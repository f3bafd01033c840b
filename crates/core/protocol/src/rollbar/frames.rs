//! Traces: an exception and its frames.

use serde_json::{Map, Value};

use crate::translate::{Chain, Link, Take, each_object};

/// Names of functions that say nothing.
const UNNAMED: [&str; 4] = ["<unknown>", "[anonymous]", "(anonymous)", "<anonymous>"];

/// The chain of an item, and the text that the developer passed next to the exception.
pub(super) struct Traces {
    pub(super) chain: Chain,
    pub(super) description: Option<String>,
    /// Data that was attached to the exception.
    pub(super) extra: Map<String, Value>,
}

/// Takes `trace_chain`, or else `trace`. The exception that was caught comes first, and frames are in the order of the
/// model, callers first. `columns_from_zero` says that columns count from 0.
pub(super) fn take_traces(body: &mut Map<String, Value>, columns_from_zero: bool) -> Traces {
    let mut list = body.take_list("trace_chain");
    let single = body.take_object("trace");
    if list.is_empty() && !single.is_empty() {
        list.push(single.into());
    }
    let mut traces = Traces { chain: Chain::default(), description: None, extra: Map::new() };
    for trace in list {
        let Value::Object(mut trace) = trace else { continue };
        let mut exception = trace.take_object("exception");
        let description = exception.take_text("description");
        if traces.chain.0.is_empty() {
            traces.description.clone_from(&description);
        }
        for (key, value) in trace.take_object("extra") {
            traces.extra.entry(key).or_insert(value);
        }
        let kind = exception.take_text("class");
        let value = exception.take_text("message").or(description);
        let frames = each_object(trace.take_list("frames"), |frame| translate_frame(frame, columns_from_zero));
        let mut rest = trace;
        rest.extend(exception);
        traces.chain.0.push(Link { kind, value, frames, rest });
    }
    traces
}

fn translate_frame(mut frame: Map<String, Value>, columns_from_zero: bool) -> Map<String, Value> {
    let mut out = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            out.insert(key.to_owned(), value);
        }
    };
    put("filename", frame.take_text("filename").map(Value::from));
    put("function", frame.take_text("method").filter(|name| !UNNAMED.contains(&name.as_str())).map(Value::from));
    put("module", frame.take_text("class_name").map(Value::from));
    put("lineno", frame.take_value("lineno"));
    let column = frame.take_value("colno").map(|column| match column.as_u64() {
        Some(column) if columns_from_zero => column.saturating_add(1).into(),
        _ => column,
    });
    put("colno", column);
    let code = frame.take_value("code");
    let mut context = frame.take_object("context");
    put("pre_context", context.take_value("pre"));
    // The browser client repeats the line itself.
    let mut after = context.take_list("post");
    if code.is_some() && after.first() == code.as_ref() {
        after.remove(0);
    }
    put("post_context", Some(after).filter(|after| !after.is_empty()).map(Value::from));
    put("context_line", code);
    put("vars", frame.take_value("locals"));
    // The position in the script that ran; the frame has the same, or that of the source.
    frame.remove("runtimePosition");
    for (key, value) in frame {
        out.entry(key).or_insert(value);
    }
    out
}
