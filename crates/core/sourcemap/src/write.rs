//! Writes a map in the stored form.

use std::collections::HashMap;
use std::io;

use crate::bytes::{put, put_signed, put_text};
use crate::directory::{BlockEntry, Directory, ObjectRange, SourceEntry, pack};
use crate::source::MAX_SOURCE;

/// The most mappings of a block: packed, it has about 12 KB.
const BLOCK: usize = 4_096;

/// A place in the minified file from which on code comes from `target`. Positions count from 0, columns in UTF-16 units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping<'a> {
    pub line: u32,
    pub column: u32,
    /// `None`: the code was generated and has no source.
    pub target: Option<Target<'a>>,
}

/// A place in a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The number of the source, from 0.
    pub source: u32,
    pub line: u32,
    pub column: u32,
    /// The name of the identifier at this place.
    pub name: Option<&'a str>,
}

/// A place in the minified file from which on code belongs to another function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    pub line: u32,
    pub column: u32,
    /// The original name of the function. An empty name is an anonymous function; `None` is code outside functions.
    pub function: Option<String>,
}

/// A source file of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source<'a> {
    pub name: &'a str,
    pub is_ignored: bool,
    /// A text of more than [`MAX_SOURCE`] bytes is not stored.
    pub text: Option<&'a str>,
}

/// Appends a map to an object, and returns where its directory is. Mappings and scopes must be in the order of their
/// positions. Fails only if compression does.
pub fn write_map<'a>(
    object: &mut Vec<u8>,
    mappings: &[Mapping<'a>],
    scopes: &'a [Scope],
    sources: impl Iterator<Item = Source<'a>>,
) -> io::Result<ObjectRange> {
    let mut directory = Directory::default();
    let mut scopes_left = scopes;
    let mut before: Option<&'a Scope> = None;
    for (number, chunk) in mappings.chunks(BLOCK).enumerate() {
        let next = mappings.get((number + 1) * BLOCK).map(|mapping| (mapping.line, mapping.column));
        let here = scopes_left.partition_point(|scope| next.is_none_or(|next| (scope.line, scope.column) < next));
        let (own, rest) = scopes_left.split_at(here);
        let range = append(object, &block(chunk, before, own))?;
        directory.blocks.push(BlockEntry { first: (chunk[0].line, chunk[0].column), range });
        before = own.last().or(before);
        scopes_left = rest;
    }
    for source in sources {
        let text = source.text.filter(|text| text.len() <= MAX_SOURCE);
        let text = text.map(|text| append(object, text.as_bytes())).transpose()?;
        directory.sources.push(SourceEntry { name: source.name.to_owned(), is_ignored: source.is_ignored, text });
    }
    let packed = directory.pack()?;
    let range = ObjectRange { offset: object.len() as u64, length: packed.len() as u64 };
    object.extend_from_slice(&packed);
    Ok(range)
}

fn append(object: &mut Vec<u8>, bytes: &[u8]) -> io::Result<ObjectRange> {
    let packed = pack(bytes)?;
    let range = ObjectRange { offset: object.len() as u64, length: packed.len() as u64 };
    object.extend_from_slice(&packed);
    Ok(range)
}

/// A table of texts, each once.
#[derive(Default)]
struct Texts<'a> {
    numbers: HashMap<&'a str, u64>,
    texts: Vec<&'a str>,
}

impl<'a> Texts<'a> {
    fn number(&mut self, text: &'a str) -> u64 {
        *self.numbers.entry(text).or_insert_with(|| {
            self.texts.push(text);
            self.texts.len() as u64 - 1
        })
    }
}

/// A block: its mappings, the changes of scope from its first mapping on, and the texts of both.
fn block<'a>(mappings: &[Mapping<'a>], before: Option<&'a Scope>, scopes: &'a [Scope]) -> Vec<u8> {
    let mut texts = Texts::default();
    let mut out = Vec::new();
    put(&mut out, mappings.len() as u64);
    let mut at = (0, 0);
    let (mut line, mut column) = (0i64, 0i64);
    for mapping in mappings {
        put_position(&mut out, &mut at, (mapping.line, mapping.column));
        let Some(target) = mapping.target else {
            put(&mut out, 0);
            continue;
        };
        put(&mut out, u64::from(target.source) + 1);
        put_signed(&mut out, i64::from(target.line) - line);
        put_signed(&mut out, i64::from(target.column) - column);
        put(&mut out, target.name.map_or(0, |name| texts.number(name) + 1));
        (line, column) = (i64::from(target.line), i64::from(target.column));
    }
    put(&mut out, (scopes.len() + 1) as u64);
    put(&mut out, scope_number(before, &mut texts));
    let mut at = (0, 0);
    for scope in scopes {
        put_position(&mut out, &mut at, (scope.line, scope.column));
        put(&mut out, scope_number(Some(scope), &mut texts));
    }
    put(&mut out, texts.texts.len() as u64);
    texts.texts.iter().for_each(|text| put_text(&mut out, text));
    out
}

fn scope_number<'a>(scope: Option<&'a Scope>, texts: &mut Texts<'a>) -> u64 {
    scope.and_then(|scope| scope.function.as_deref()).map_or(0, |name| texts.number(name) + 1)
}

/// Columns begin again on each line.
fn put_position(out: &mut Vec<u8>, at: &mut (u32, u32), position: (u32, u32)) {
    let lines = position.0 - at.0;
    put(out, u64::from(lines));
    put(out, u64::from(if lines == 0 { position.1 - at.1 } else { position.1 }));
    *at = position;
}
