//! Removes secrets from an occurrence before anything of it is stored.
//!
//! A secret is recognised by the name of its key (`password`, `X-Api-Key`), at any depth, or by its form (a private
//! key, a card number, a token of a known service, `password=…` in a text, the user of a URL). It is replaced by
//! [`FILTERED`], and its path is listed in the occurrence's `scrubbed`.
//!
//! Names are compared word by word, so `author` does not match `auth`. A name that only describes a secret
//! (`token_count`, `password_changed_at`) is left alone. The scanners are written by hand and pass over a text once,
//! because this runs for every event.

// Texts are of clients, and scanned by bytes: `text::cut` never panics, whatever the index.
#![warn(clippy::string_slice)]

mod keys;
mod rules;
mod text;
mod url;
mod walk;
mod words;

pub use rules::{Personal, Rules};

use rules::Compiled;
use walk::Walk;

pub use model::text::FILTERED;

use model::occurrence::{Exception, Frame, Occurrence, Stacktrace, Thread};

/// Replaces every secret in `occurrence` by [`FILTERED`], and lists the paths of the replaced values. Scrubbing again
/// changes nothing.
pub fn scrub(occurrence: &mut Occurrence, rules: &Rules) {
    let compiled = Compiled::of(rules);
    let mut walk = Walk::new(&compiled, std::mem::take(&mut occurrence.scrubbed));
    // All fields are named, so that a new field cannot be forgotten.
    let Occurrence {
        v: _,
        event_id: _,
        source: _,
        timestamp: _,
        received_at: _,
        kind,
        message,
        level: _,
        platform: _,
        culprit,
        environment,
        release,
        dist,
        server_name,
        transaction,
        logger,
        trace_id: _,
        tags,
        user,
        request,
        logentry,
        exceptions,
        threads,
        stacktrace,
        breadcrumbs,
        attachments,
        contexts,
        extra,
        modules,
        sdk,
        fingerprint,
        errors,
        scrubbed,
        other,
    } = occurrence;
    walk.text(kind, "type".into());
    walk.text(message, "message".into());
    let lines = [
        ("culprit", culprit),
        ("environment", environment),
        ("release", release),
        ("dist", dist),
        ("serverName", server_name),
        ("transaction", transaction),
        ("logger", logger),
    ];
    for (name, line) in lines {
        if let Some(line) = line {
            walk.text(line, name.into());
        }
    }
    walk.tags(tags, "tags".into());
    for (name, map) in [
        ("user", user),
        ("logentry", logentry),
        ("contexts", contexts),
        ("extra", extra),
        ("sdk", sdk),
        ("other", other),
    ] {
        walk.map(map, name.into());
    }
    // The keys are names of packages, which do not make their versions secret.
    walk.forms_of(modules, "modules".into());
    walk.request(request, "request".into());
    for (index, exception) in exceptions.iter_mut().enumerate() {
        walk_exception(&mut walk, exception, index);
    }
    for (index, thread) in threads.iter_mut().enumerate() {
        walk_thread(&mut walk, thread, index);
    }
    if let Some(stack) = stacktrace {
        walk_stack(&mut walk, stack, "stacktrace".into());
    }
    for (index, breadcrumb) in breadcrumbs.iter_mut().enumerate() {
        walk.map(breadcrumb, json_path("breadcrumbs").index(index));
    }
    for (index, attachment) in attachments.iter_mut().enumerate() {
        walk.text(&mut attachment.name, json_path("attachments").index(index));
    }
    for (index, entry) in fingerprint.iter_mut().enumerate() {
        walk.text(entry, json_path("fingerprint").index(index));
    }
    for (index, problem) in errors.iter_mut().enumerate() {
        let list = json_path("errors");
        let path = list.index(index);
        // The key is the last part of the path that the problem is about, apart from indexes of lists.
        let is_index = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
        let key = problem.name.rsplit('.').find(|part| !is_index(part)).unwrap_or_default().to_owned();
        // Every cookie is a secret, whatever its name and its form.
        if problem.name.split('.').any(|part| part == "cookies") {
            walk.all(&mut problem.value, path.key("value"));
        } else {
            walk.entry(&key, &mut problem.value, path.key("value"));
        }
        walk.text(&mut problem.name, path.key("name"));
        walk.text(&mut problem.reason, path.key("reason"));
    }
    *scrubbed = walk.found();
}

/// Scrubs a single text with the default rules, as a text of an occurrence is scrubbed.
pub fn text(text: &str) -> String {
    let compiled = Compiled::of(&Rules::default());
    let mut scrubbed = text.to_owned();
    Walk::new(&compiled, Vec::new()).text(&mut scrubbed, "message".into());
    scrubbed
}

use model::json::Path;

fn json_path(name: &str) -> Path<'_> {
    name.into()
}

fn walk_exception(walk: &mut Walk<'_>, exception: &mut Exception, index: usize) {
    let list = json_path("exceptions");
    let path = list.index(index);
    let Exception { kind, value, module, thread_id: _, mechanism, stacktrace, other } = exception;
    if let Some(kind) = kind {
        walk.text(kind, path.key("type"));
    }
    if let Some(value) = value {
        walk.text(value, path.key("value"));
    }
    if let Some(module) = module {
        walk.text(module, path.key("module"));
    }
    walk.map(mechanism, path.key("mechanism"));
    if let Some(stack) = stacktrace {
        walk_stack(walk, stack, path.key("stacktrace"));
    }
    walk.map(other, path);
}

fn walk_thread(walk: &mut Walk<'_>, thread: &mut Thread, index: usize) {
    let list = json_path("threads");
    let path = list.index(index);
    let Thread { id: _, name, crashed: _, current: _, main: _, stacktrace, other } = thread;
    if let Some(name) = name {
        walk.text(name, path.key("name"));
    }
    if let Some(stack) = stacktrace {
        walk_stack(walk, stack, path.key("stacktrace"));
    }
    walk.map(other, path);
}

fn walk_stack(walk: &mut Walk<'_>, stack: &mut Stacktrace, path: Path<'_>) {
    let frames = path.key("frames");
    for (index, frame) in stack.frames.iter_mut().enumerate() {
        let path = frames.index(index);
        let Frame {
            filename,
            abs_path,
            function,
            raw_function,
            module,
            package,
            platform: _,
            lineno: _,
            colno: _,
            in_app: _,
            context_line,
            pre_context,
            post_context,
            vars,
            other,
        } = frame;
        let texts = [
            ("filename", filename),
            ("abs_path", abs_path),
            ("function", function),
            ("raw_function", raw_function),
            ("module", module),
            ("package", package),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                walk.text(text, path.key(name));
            }
        }
        if let Some(line) = context_line {
            walk.code(line, path.key("context_line"));
        }
        for (name, lines) in [("pre_context", pre_context), ("post_context", post_context)] {
            let path = path.key(name);
            for (index, line) in lines.iter_mut().enumerate() {
                walk.code(line, path.index(index));
            }
        }
        walk.map(vars, path.key("vars"));
        walk.map(other, path);
    }
    walk.map(&mut stack.other, path);
}

#[cfg(test)]
mod tests;
