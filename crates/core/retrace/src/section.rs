//! One class of a mapping.

use std::collections::{BTreeSet, HashMap};

use proguard::{LineMapping, ProguardRecord};
use serde::Deserialize;

/// The longest line of a member, and the longest line of additional information, in bytes. Longer ones are left out.
const MAX_MEMBER: usize = 4 << 10;
const MAX_INFORMATION: usize = 64 << 10;
/// The longest name of a class, in bytes.
pub(crate) const MAX_NAME: usize = 512;
/// The largest class, in bytes.
const MAX_CLASS: usize = 2 << 20;
/// A method without lines of its own may stand for this many lines of the source: each is a frame. R8 writes one or two.
const MAX_SPAN: usize = 16;

/// A class of a mapping, and the lines that belong to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClassText<'a> {
    pub(crate) obfuscated: &'a str,
    pub(crate) original: &'a str,
    /// The source file that R8 names.
    pub(crate) file: Option<&'a str>,
    pub(crate) text: &'a [u8],
}

/// Additional information, which R8 writes as JSON into comments.
#[derive(Deserialize)]
pub(crate) struct Information<'a> {
    #[serde(borrow)]
    id: &'a str,
    /// The source file of a class.
    #[serde(borrow, rename = "fileName")]
    file: Option<&'a str>,
}

/// Reads a line of information: `# {…}`.
pub(crate) fn information(line: &[u8]) -> Option<Information<'_>> {
    serde_json::from_slice(line.trim_ascii_start().strip_prefix(b"#")?).ok()
}

impl<'a> Information<'a> {
    pub(crate) fn source_file(&self) -> Option<&'a str> {
        self.file.filter(|file| self.id == "sourceFile" && file.len() <= MAX_NAME)
    }

    /// Whether it changes how frames of a method are shown.
    fn concerns_frames(&self) -> bool {
        let kind = self.id.strip_prefix("com.android.tools.r8.").unwrap_or_default();
        matches!(kind, "synthesized" | "outline" | "outlineCallsite" | "rewriteFrame")
    }
}

/// The obfuscated name and the source file of each class, by its original name: it may be inlined into others.
pub(crate) type Files<'a> = HashMap<&'a str, (&'a str, &'a str)>;

/// The stored text of a class.
#[derive(Debug, Default)]
pub(crate) struct ClassSection {
    pub(crate) text: Vec<u8>,
    /// Whether a method has lines.
    pub(crate) has_lines: bool,
    /// Whether something was left out because the class is too large.
    pub(crate) is_cut: bool,
}

impl ClassText<'_> {
    /// Returns what a look-up needs of a class: its methods, the information about them, and the source files of the
    /// classes that are inlined into it. `room` is how many bytes may be spent on the latter.
    pub(crate) fn section(&self, files: &Files<'_>, room: &mut usize) -> ClassSection {
        let mut section = ClassSection::default();
        section.add(&format!("{} -> {}:", self.original, self.obfuscated));
        if let Some(file) = self.file {
            section.add(&source_file(file));
        }
        let mut inlined = BTreeSet::new();
        // Information belongs to the line before it.
        let mut is_kept = false;
        for line in self.text.split(|byte| *byte == b'\n') {
            let line = line.trim_ascii_end();
            let is_information = line.trim_ascii_start().first() == Some(&b'#');
            if line.is_empty() || line.contains(&0) || (is_information && !is_kept) {
                continue;
            }
            if line.len() > if is_information { MAX_INFORMATION } else { MAX_MEMBER } {
                continue;
            }
            match ProguardRecord::try_parse(line) {
                Ok(method @ ProguardRecord::Method { original_class, line_mapping, .. }) => {
                    is_kept = true;
                    section.has_lines |= line_mapping.is_some();
                    inlined.extend(original_class);
                    match line_mapping.filter(is_wide).and_then(|_| with_one_line(&method)) {
                        Some(short) => section.add(&short),
                        None => section.add_bytes(line),
                    }
                }
                Ok(ProguardRecord::R8Header(_)) if information(line).is_some_and(|read| read.concerns_frames()) => {
                    section.add_bytes(line);
                }
                Ok(ProguardRecord::Field { .. }) => is_kept = false,
                Ok(ProguardRecord::R8Header(_) | ProguardRecord::Header { .. } | ProguardRecord::Class { .. })
                | Err(_) => {}
            }
            if section.is_cut {
                break;
            }
        }
        for class in inlined {
            let Some((obfuscated, file)) = files.get(class).filter(|_| class != self.original) else { continue };
            let known = format!("{class} -> {obfuscated}:\n{}", source_file(file));
            let Some(left) = room.checked_sub(known.len()) else { break };
            *room = left;
            section.add(&known);
        }
        section
    }
}

impl ClassSection {
    fn add(&mut self, line: &str) {
        self.add_bytes(line.as_bytes());
    }

    fn add_bytes(&mut self, line: &[u8]) {
        if self.text.len() + line.len() >= MAX_CLASS {
            self.is_cut = true;
            return;
        }
        self.text.extend_from_slice(line);
        self.text.push(b'\n');
    }
}

fn source_file(file: &str) -> String {
    serde_json::json!({ "id": "sourceFile", "fileName": file }).to_string().replacen('{', "# {", 1)
}

/// Whether a method that has no lines of its own stands for many lines.
fn is_wide(lines: &LineMapping) -> bool {
    let (Some(first), Some(last)) = (lines.original_startline, lines.original_endline) else { return false };
    lines.endline.unwrap_or(0) == 0 && first.abs_diff(last) > MAX_SPAN
}

/// Writes a method such that it stands for the first of its lines only.
fn with_one_line(method: &ProguardRecord<'_>) -> Option<String> {
    let ProguardRecord::Method { ty, original, obfuscated, arguments, original_class, line_mapping } = method else {
        return None;
    };
    let lines = line_mapping.as_ref()?;
    let first = lines.original_startline?.min(lines.original_endline?);
    let prefix = if lines.startline.is_some() { "0:0:" } else { "" };
    let class = original_class.map(|class| format!("{class}.")).unwrap_or_default();
    Some(format!("    {prefix}{ty} {class}{original}({arguments}):{first} -> {obfuscated}"))
}
