//! Writes a mapping in the stored form.

use proguard::ProguardRecord;
use source_maps::{ObjectRange, pack};

use crate::read::{BlockStart, MappingDirectory};
use crate::section::{ClassText, Files, MAX_NAME, information};

/// The largest mapping, in bytes.
pub const MAX_MAPPING: usize = 128 << 20;
/// The most classes of a mapping. The largest applications have a third of that.
const MAX_CLASSES: usize = 1_000_000;
/// A block ends when it has this many bytes, before it is compressed.
const BLOCK: usize = 48 << 10;

/// A mapping that was added to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenMapping {
    /// Where its directory is in the object.
    pub range: ObjectRange,
    /// The number of classes.
    pub classes: usize,
    /// The problem of a mapping that can be used: a sentence.
    pub note: Option<String>,
}

/// Appends a mapping to an object. A mapping that cannot be used is refused with the reason.
pub fn write_mapping(object: &mut Vec<u8>, mapping: &[u8]) -> Result<WrittenMapping, String> {
    if mapping.len() > MAX_MAPPING {
        return Err(format!("it has more than {} MiB", MAX_MAPPING >> 20));
    }
    let mut classes = split(mapping)?;
    if classes.is_empty() {
        return Err("it has no classes: upload the `mapping.txt` that R8 or ProGuard wrote".to_owned());
    }
    let known = classes.iter().filter_map(|class| Some((class.original, (class.obfuscated, class.file?))));
    let files: Files<'_> = known.collect();
    classes.sort_by_key(|class| class.obfuscated);

    let failed = |error: std::io::Error| format!("it cannot be compressed: {error}");
    let mut directory = MappingDirectory::default();
    let (mut room, mut has_lines, mut cut) = (mapping.len(), false, None);
    let (mut block, mut first) = (Vec::new(), None);
    for (number, class) in classes.iter().enumerate() {
        let section = class.section(&files, &mut room);
        has_lines |= section.has_lines;
        if section.is_cut {
            cut = cut.or(Some(class.original));
        }
        block.extend_from_slice(class.obfuscated.as_bytes());
        block.push(b'\n');
        block.extend_from_slice(&section.text);
        block.push(0);
        let first_name = *first.get_or_insert(class.obfuscated);
        // A name may be there twice: all its sections are in one block.
        let continues = classes.get(number + 1).is_some_and(|next| next.obfuscated == class.obfuscated);
        if (block.len() >= BLOCK && !continues) || number + 1 == classes.len() {
            let range = append(object, &block).map_err(failed)?;
            directory.blocks.push(BlockStart(first_name.to_owned(), range.offset, range.length));
            block.clear();
            first = None;
        }
    }
    let text = serde_json::to_vec(&directory).map_err(|error| failed(error.into()))?;
    let range = append(object, &text).map_err(failed)?;
    let note = match cut {
        Some(class) => Some(format!("some methods of {class} are not kept: the class is too large")),
        None if !has_lines => Some(
            "it has no line numbers, so frames are shown without lines, and inlined methods are not shown: add \
             `-keepattributes SourceFile,LineNumberTable` to the rules of R8"
                .to_owned(),
        ),
        None => None,
    };
    Ok(WrittenMapping { range, classes: classes.len(), note })
}

fn append(object: &mut Vec<u8>, bytes: &[u8]) -> std::io::Result<ObjectRange> {
    let packed = pack(bytes)?;
    let range = ObjectRange { offset: object.len() as u64, length: packed.len() as u64 };
    object.extend_from_slice(&packed);
    Ok(range)
}

/// Finds the classes of a mapping.
fn split(mapping: &[u8]) -> Result<Vec<ClassText<'_>>, String> {
    let mut classes: Vec<ClassText<'_>> = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for line in mapping.split_inclusive(|byte| *byte == b'\n') {
        let begin = at;
        at += line.len();
        let line = line.trim_ascii_end();
        // Members are indented, and information begins with `#`.
        if line.is_empty() || line[0] == b' ' || line[0] == b'\t' {
            continue;
        }
        if line[0] == b'#' {
            if let Some(class) = classes.last_mut().filter(|class| class.file.is_none() && begin == start) {
                class.file = information(line).and_then(|read| read.source_file());
            }
            if begin == start {
                start = at;
            }
            continue;
        }
        if line.len() > 2 * MAX_NAME + 5 || line.contains(&0) {
            continue;
        }
        let Ok(ProguardRecord::Class { original, obfuscated }) = ProguardRecord::try_parse(line) else { continue };
        if original.is_empty() || obfuscated.is_empty() || original.len().max(obfuscated.len()) > MAX_NAME {
            continue;
        }
        if classes.len() == MAX_CLASSES {
            return Err(format!("it has more than {MAX_CLASSES} classes"));
        }
        if let Some(last) = classes.last_mut() {
            last.text = &mapping[start..begin];
        }
        start = at;
        classes.push(ClassText { obfuscated, original, file: None, text: &[] });
    }
    if let Some(last) = classes.last_mut() {
        last.text = &mapping[start..];
    }
    Ok(classes)
}
