//! Links from frames of stack traces to the source in a repository.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::occurrence::{Frame, Occurrence};

/// Everything except what paths of files often have. A part of a path cannot leave its place in the URL.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'/');

/// Where the source of a project is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Repository {
    /// The URL of a line, with `{path}` and perhaps `{revision}` and `{line}`, such as
    /// `https://github.com/acme/shop/blob/{revision}/{path}#L{line}`.
    #[schemars(length(max = 500), regex(pattern = r"^https?://[A-Za-z0-9._:\[\]-]+/[!-~]*\{path\}[!-~]*$"))]
    url: String,
    /// The revision if the release names none, such as `main`.
    #[schemars(length(max = 200), regex(pattern = r"^[!-~]+$"))]
    branch: String,
    /// How paths of frames become paths of the repository. The first mapping that fits is used.
    #[schemars(length(max = 20))]
    paths: Vec<PathMapping>,
}

/// A beginning of paths, and its replacement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PathMapping {
    /// The beginning of the path in frames, such as `/app/`.
    #[schemars(length(min = 1, max = 200))]
    from: String,
    /// The same place in the repository, such as `services/shop/`.
    #[schemars(length(max = 200))]
    to: String,
}

/// The repository is not valid.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadRepository {
    /// The template is not a URL that a browser opens.
    #[error(
        "`url` must begin with https:// or http:// and a host, and have at most 500 characters, ASCII without spaces"
    )]
    Url,
    /// The template does not name the file.
    #[error(
        "`url` must contain `{{path}}` after the host: write it like https://github.com/acme/shop/blob/{{revision}}/{{path}}#L{{line}}"
    )]
    Path,
    /// The branch is empty or too long.
    #[error("`branch` must have 1 to 200 characters, ASCII without spaces, such as main")]
    Branch,
    /// There are too many mappings, or one is too long.
    #[error(
        "`paths` may have at most 20 mappings, with `from` and `to` of at most 200 characters, and `from` must not be empty"
    )]
    Paths,
}

impl Repository {
    /// Checks the rules of the type.
    pub fn check(self) -> Result<Self, BadRepository> {
        let rest = ["https://", "http://"].into_iter().find_map(|scheme| self.url.strip_prefix(scheme));
        let is_graphic = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        let rest = rest.filter(|_| self.url.len() <= 500 && is_graphic(&self.url));
        let (host, place) = rest.and_then(|rest| rest.split_once('/')).ok_or(BadRepository::Url)?;
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"._:[]-".contains(&byte);
        if host.is_empty() || !host.bytes().all(is_host) {
            return Err(BadRepository::Url);
        }
        if !place.contains("{path}") {
            return Err(BadRepository::Path);
        }
        if self.branch.is_empty() || self.branch.len() > 200 || !is_graphic(&self.branch) {
            return Err(BadRepository::Branch);
        }
        let is_over = |text: &str| text.chars().count() > 200;
        let is_long = |mapping: &PathMapping| mapping.from.is_empty() || is_over(&mapping.from) || is_over(&mapping.to);
        if self.paths.len() > 20 || self.paths.iter().any(is_long) {
            return Err(BadRepository::Paths);
        }
        Ok(self)
    }

    /// The URL of a line of a file, as a frame names it. `None` if the file is outside of the repository.
    pub fn link(&self, file: &str, line: Option<u64>, release: Option<&str>) -> Option<String> {
        let path = self.find_path(file)?;
        let revision = release.and_then(find_revision).unwrap_or(&self.branch);
        let line = line.map(|line| line.to_string()).unwrap_or_default();
        let encode = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
        // What is inserted first has no braces any more.
        let url = self.url.replace("{path}", &encode(&path)).replace("{revision}", &encode(revision));
        Some(url.replace("{line}", &line))
    }

    fn find_path(&self, file: &str) -> Option<String> {
        let file = file.replace('\\', "/");
        let mapped = self.paths.iter().find_map(|PathMapping { from, to }| {
            let rest = file.strip_prefix(&from.replace('\\', "/"))?;
            Some(format!("{to}{rest}"))
        });
        // Without a mapping, only paths that are relative can be of the repository.
        let is_absolute = file.starts_with('/') || file.contains(':') || file.starts_with('<');
        let path = mapped.or_else(|| (!is_absolute).then_some(file))?;
        let path = path.trim_start_matches("./").trim_start_matches('/');
        let is_odd = |part: &str| part.is_empty() || part == ".." || part == ".";
        let is_good = path.len() <= 500 && !path.split('/').any(is_odd) && !path.contains(char::is_control);
        is_good.then(|| path.to_owned())
    }
}

/// Links from the frames of an occurrence.
#[derive(Clone, Copy, Debug, Default)]
pub struct SourceLinks<'a> {
    repository: Option<&'a Repository>,
    release: Option<&'a str>,
}

impl<'a> SourceLinks<'a> {
    /// Links into `repository`, if the project has one.
    pub fn new(repository: Option<&'a Repository>, occurrence: &'a Occurrence) -> Self {
        Self { repository, release: occurrence.release.as_deref() }
    }

    /// The URL of the frame's line.
    pub fn link(&self, frame: &Frame) -> Option<String> {
        let repository = self.repository?;
        let files = [&frame.filename, &frame.abs_path].into_iter().flatten();
        files.into_iter().find_map(|file| repository.link(file, frame.lineno, self.release))
    }
}

/// The revision in the name of a release, such as `3f2a1b9` in `shop@1.4.2+3f2a1b9`: seven to forty hexadecimal digits, among them
/// letters and digits, so that it is not a number or a word.
fn find_revision(release: &str) -> Option<&str> {
    release.rsplit(|character: char| !character.is_ascii_alphanumeric()).find(|part| {
        (7..=40).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_hexdigit())
            && part.bytes().any(|byte| byte.is_ascii_digit())
            && part.bytes().any(|byte| byte.is_ascii_alphabetic())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(paths: &[(&str, &str)]) -> Repository {
        let mapping = |(from, to): &(&str, &str)| PathMapping { from: (*from).to_owned(), to: (*to).to_owned() };
        let url = "https://git.example/acme/shop/blob/{revision}/{path}#L{line}".to_owned();
        Repository { url, branch: "main".to_owned(), paths: paths.iter().map(mapping).collect() }.check().unwrap()
    }

    #[test]
    fn a_file_is_found_by_the_mappings() {
        let own = repository(&[("/app/", "services/shop/"), ("webpack:///./", ""), ("C:\\build\\", "")]);
        for (file, expected) in [
            ("shop/cart.py", Some("shop/cart.py")),
            ("./shop/cart.py", Some("shop/cart.py")),
            ("/app/cart.py", Some("services/shop/cart.py")),
            ("webpack:///./src/a b.js", Some("src/a%20b.js")),
            ("C:\\build\\cart.cs", Some("cart.cs")),
            ("/usr/lib/python3/json.py", None),
            ("https://cdn.example/app.js", None),
            ("node:internal/process", None),
            ("<anonymous>", None),
            ("../secret.py", None),
            ("/app/../../x", None),
            ("", None),
            ("a//b", None),
            ("a#{line}?x={revision}", Some("a%23%7Bline%7D%3Fx%3D%7Brevision%7D")),
        ] {
            let link = own.link(file, Some(7), None);
            let expected = expected.map(|path| format!("https://git.example/acme/shop/blob/main/{path}#L7"));
            assert_eq!(link, expected, "{file}");
        }
        assert_eq!(own.link("a.py", None, None).unwrap(), "https://git.example/acme/shop/blob/main/a.py#L");
    }

    #[test]
    fn the_revision_is_in_the_release_or_the_branch() {
        let sha = "3f2a1b90c4d5e6f708192a3b4c5d6e7f80912a3b";
        for (release, expected) in [
            (sha, sha),
            ("shop@1.4.2+3f2a1b9", "3f2a1b9"),
            ("3f2a1b9-dirty", "3f2a1b9"),
            ("1.4.2", "main"),
            ("20261130", "main"),
            ("deadbeef", "main"),
            ("shop@2026.11.30", "main"),
        ] {
            let link = repository(&[]).link("a.py", Some(1), Some(release)).unwrap();
            assert_eq!(link, format!("https://git.example/acme/shop/blob/{expected}/a.py#L1"), "{release}");
        }
    }

    #[test]
    fn a_template_is_a_url_with_the_path() {
        let check = |url: &str, expected: Result<(), BadRepository>| {
            let repository = Repository { url: url.to_owned(), branch: "main".to_owned(), paths: Vec::new() };
            assert_eq!(repository.check().map(drop), expected, "{url}");
        };
        check("http://git.internal:8080/{path}", Ok(()));
        for bad in [
            "javascript:{path}",
            "{path}",
            "https://{path}",
            "https:///{path}",
            "https://a@b/{path}",
            "https://a/ {path}",
            "ftp://a/{path}",
        ] {
            check(bad, Err(BadRepository::Url));
        }
        check("https://github.com/acme/shop", Err(BadRepository::Path));
        let empty = Repository { branch: String::new(), ..repository(&[]) };
        assert_eq!(empty.check(), Err(BadRepository::Branch));
        let mapping = PathMapping { from: String::new(), to: String::new() };
        assert_eq!(Repository { paths: vec![mapping], ..repository(&[]) }.check(), Err(BadRepository::Paths));
    }
}
