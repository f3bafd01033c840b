//! Chains of exceptions and their frames.

use model::json::list_of;
use serde_json::{Map, Value};

use super::Take;

/// One exception, whose frames have the names of the Sentry protocol, callers first.
#[derive(Default)]
pub(crate) struct Link {
    pub(crate) kind: Option<String>,
    pub(crate) value: Option<String>,
    pub(crate) frames: Vec<Value>,
    /// Keys that are kept as they were sent.
    pub(crate) rest: Map<String, Value>,
}

/// The exceptions of an event, the one that was caught first. Clients send them in this order.
#[derive(Default)]
pub(crate) struct Chain(pub(crate) Vec<Link>);

/// Who decides which frames are the application's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// The client marked them.
    Marked,
    /// Files under the application's folder are its own, unless they are installed packages.
    ByFolder,
}

impl Chain {
    /// Shortens the paths of files in the application's folder `root`. Unless the client marked frames itself, this
    /// also decides which ones are its own, if there is any file in the folder.
    pub(crate) fn strip_root(&mut self, root: Option<&str>, ownership: Ownership) {
        let Some(root) = root.map(|root| root.trim_end_matches(['/', '\\'])).filter(|root| is_folder(root)) else {
            return;
        };
        let mut has_own = false;
        for frame in self.frames() {
            has_own |= shorten(frame, root);
        }
        if ownership == Ownership::ByFolder && has_own {
            for frame in self.frames() {
                let path = frame.get("filename").and_then(Value::as_str).unwrap_or_default();
                let is_own = frame.contains_key("abs_path") && !grouping::is_in_package(path);
                frame.entry("in_app").or_insert(is_own.into());
            }
        }
    }

    /// Marks the files in these folders as the application's own.
    pub(crate) fn mark_own(&mut self, folders: &[String]) {
        let is_in = |path: &str| folders.iter().any(|folder| is_folder(folder) && path.starts_with(folder.as_str()));
        for frame in self.frames() {
            let path = frame.get("abs_path").or(frame.get("filename")).and_then(Value::as_str);
            if path.is_some_and(is_in) {
                frame.insert("in_app".to_owned(), true.into());
            }
        }
    }

    fn frames(&mut self) -> impl Iterator<Item = &mut Map<String, Value>> {
        self.0.iter_mut().flat_map(|link| &mut link.frames).filter_map(Value::as_object_mut)
    }

    /// Returns the list for `exception`: causes first. `mechanism` is that of the exception that was caught.
    pub(crate) fn into_values(self, mechanism: Map<String, Value>) -> Value {
        let mut mechanism = Some(mechanism).filter(|mechanism| !mechanism.is_empty());
        let values = self.0.into_iter().map(|link| {
            let Link { kind, value, frames, mut rest } = link;
            rest.extend(kind.map(|kind| ("type".to_owned(), kind.into())));
            rest.extend(value.map(|value| ("value".to_owned(), value.into())));
            rest.extend(mechanism.take().map(|mechanism| ("mechanism".to_owned(), mechanism.into())));
            if !frames.is_empty() {
                rest.insert("stacktrace".to_owned(), serde_json::json!({ "frames": frames }));
            }
            Value::Object(rest)
        });
        let mut values: Vec<_> = values.collect();
        values.reverse();
        values.into()
    }
}

/// The path must be absolute: other roots, such as the address of a web page, are not folders.
fn is_folder(root: &str) -> bool {
    let drive = root.as_bytes();
    (root.len() > 1 && root.starts_with('/'))
        || (drive.len() > 3 && drive[0].is_ascii_alphabetic() && drive[1] == b':' && matches!(drive[2], b'\\' | b'/'))
}

/// Shortens the path of a file in the folder `root`. Returns whether the file is the application's own.
fn shorten(frame: &mut Map<String, Value>, root: &str) -> bool {
    let within = |path: &str| Some(path.strip_prefix(root)?.strip_prefix(['/', '\\'])?.to_owned());
    let Some(Value::String(path)) = frame.get("filename") else { return false };
    let (Some(short), path) = (within(path), path.clone()) else { return false };
    let is_own = !grouping::is_in_package(&short);
    frame.insert("filename".to_owned(), short.into());
    frame.insert("abs_path".to_owned(), path.into());
    is_own
}

/// Translates each object of a list. Other entries stay, and are reported when the event is normalised.
pub(crate) fn each_object(
    list: Vec<Value>,
    translate: impl FnMut(Map<String, Value>) -> Map<String, Value>,
) -> Vec<Value> {
    let mut translate = translate;
    let translate_one = |entry| match entry {
        Value::Object(map) => Value::Object(translate(map)),
        other => other,
    };
    list.into_iter().map(translate_one).collect()
}

/// Takes a list of frames that begins with the one that raised the error, and reverses it.
pub(crate) fn raised_last(map: &mut Map<String, Value>, key: &str) -> Vec<Value> {
    let mut frames =
        map.take_value(key).map_or_else(Vec::new, |frames| list_of(frames).unwrap_or_else(|one| vec![one]));
    frames.reverse();
    frames
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(root: &str, files: &[&str], expected: &[(&str, Option<bool>)]) {
        let frames = files.iter().map(|file| json!({ "filename": file })).collect();
        let mut chain = Chain(vec![Link { frames, ..Link::default() }]);
        chain.strip_root(Some(root), Ownership::ByFolder);
        let found: Vec<_> = chain.0[0]
            .frames
            .iter()
            .map(|frame| (frame["filename"].as_str().unwrap_or_default(), frame["in_app"].as_bool()))
            .collect();
        assert_eq!(found, expected, "{root}");
    }

    #[test]
    fn files_in_the_folder_are_own_unless_they_are_packages() {
        let files = ["/srv/shop/cart.js", "/srv/shop/node_modules/x/i.js", "/usr/lib/y.js", "/srv/shopping/z.js"];
        let own = [("cart.js", Some(true)), ("node_modules/x/i.js", Some(false))];
        let others = [("/usr/lib/y.js", Some(false)), ("/srv/shopping/z.js", Some(false))];
        let all = [own, others].concat();
        check("/srv/shop", &files, &all);
        check("/srv/shop/", &files, &all);
        check(
            r"C:\shop",
            &[r"C:\shop\cart.cs", r"D:\cart.cs"],
            &[("cart.cs", Some(true)), (r"D:\cart.cs", Some(false))],
        );
    }

    /// A root that fits nothing says nothing.
    #[test]
    fn a_root_without_files_marks_nothing() {
        check("/srv/other", &["/srv/shop/cart.js"], &[("/srv/shop/cart.js", None)]);
        check("/srv/shop", &["/srv/shop/vendor/x.php"], &[("vendor/x.php", None)]);
        for root in ["/", "", "https://shop.example", "shop", "C:"] {
            check(root, &["/srv/shop/cart.js"], &[("/srv/shop/cart.js", None)]);
        }
    }

    #[test]
    fn a_chain_begins_with_its_cause() {
        let link = |kind: &str| Link { kind: Some(kind.to_owned()), ..Link::default() };
        let mechanism = Map::from_iter([("handled".to_owned(), false.into())]);
        let values = Chain(vec![link("Caught"), link("Cause")]).into_values(mechanism);
        assert_eq!(values, json!([{ "type": "Cause" }, { "type": "Caught", "mechanism": { "handled": false } }]));
    }
}
