//! Decodes source maps: version 3, with sections, and those of Metro and Hermes.

use std::borrow::Cow;

use serde::Deserialize;
use source_maps::{MAX_SOURCE, Mapping, Scope, Source, Target};
use sourcemap::{DecodedMap, SourceMap};

/// The most mappings of a map. Real ones of 32 MB have 1.6 million.
const MAX_MAPPINGS: usize = 4_000_000;
/// The most sections of a map.
const MAX_SECTIONS: usize = 10_000;
/// The largest line and column at which a section may begin.
const MAX_OFFSET: u32 = 1 << 28;

/// A decoded source map: its positions and, if it has them, its functions.
#[derive(Default)]
pub(super) struct Decoded {
    maps: Vec<Part>,
    places: Vec<RawPlace>,
    /// The functions, if the map itself names them.
    pub(super) scopes: Vec<Scope>,
}

/// A map without sections.
struct Part {
    map: SourceMap,
    /// The number of its first source.
    first: u32,
}

#[derive(Clone, Copy)]
struct RawPlace {
    line: u32,
    column: u32,
    part: u32,
    /// The number of the mapping in its part.
    token: u32,
}

/// The parts of a map that decide how much work it is.
#[derive(Deserialize)]
struct Shape<'a> {
    version: Option<u32>,
    #[serde(borrow, default)]
    mappings: Cow<'a, str>,
    #[serde(borrow, default)]
    sections: Option<Vec<SectionShape<'a>>>,
}

#[derive(Deserialize)]
struct SectionShape<'a> {
    offset: Offset,
    #[serde(borrow, default)]
    map: Option<Box<Shape<'a>>>,
}

#[derive(Deserialize)]
struct Offset {
    line: u32,
    column: u32,
}

/// Decodes a map, after its size was checked.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, String> {
    let invalid = |error: &dyn std::fmt::Display| format!("it is not a source map: {error}");
    let json = sourcemap_json(bytes);
    let shape: Shape<'_> = serde_json::from_slice(json).map_err(|error| invalid(&error))?;
    check(&shape)?;
    let mut decoded = Decoded::default();
    match sourcemap::decode_slice(json).map_err(|error| invalid(&error))? {
        DecodedMap::Regular(map) => decoded.add(map, (0, 0))?,
        DecodedMap::Hermes(map) => {
            let functions = map.tokens().filter(|token| token.get_src_line() != u32::MAX).map(|token| {
                let (line, column) = token.get_dst();
                Scope { line, column, function: map.get_scope_for_token(token).map(str::to_owned) }
            });
            decoded.scopes = functions.collect();
            decoded.add(SourceMap::clone(&map), (0, 0))?;
        }
        DecodedMap::Index(index) => {
            for section in index.sections() {
                match section.get_sourcemap() {
                    Some(DecodedMap::Regular(map)) => decoded.add(map.clone(), section.get_offset())?,
                    Some(DecodedMap::Hermes(map)) => decoded.add(SourceMap::clone(map), section.get_offset())?,
                    Some(DecodedMap::Index(_)) => return Err("its sections have sections".to_owned()),
                    None => {
                        return Err("a section has a `url` instead of a map: write the map into the file".to_owned());
                    }
                }
            }
        }
    }
    decoded.places.sort_by_key(|place| (place.line, place.column));
    decoded.scopes.sort_by_key(|scope| (scope.line, scope.column));
    decoded.scopes.dedup_by(|next, before| next.function == before.function);
    Ok(decoded)
}

/// Maps may begin with a line that keeps browsers from running them.
fn sourcemap_json(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    if !bytes.starts_with(b")]}") {
        return bytes;
    }
    let line = bytes.iter().position(|byte| *byte == b'\n');
    line.map_or(bytes, |end| &bytes[end + 1..])
}

fn check(shape: &Shape<'_>) -> Result<(), String> {
    if shape.version.is_some_and(|version| version != 3) {
        return Err("it is not of version 3 of source maps".to_owned());
    }
    let count = |mappings: &str| mappings.bytes().filter(|byte| matches!(byte, b',' | b';')).count() + 1;
    let mut mappings = count(&shape.mappings);
    let sections = shape.sections.as_deref().unwrap_or_default();
    if sections.len() > MAX_SECTIONS {
        return Err(format!("it has more than {MAX_SECTIONS} sections"));
    }
    for section in sections {
        if section.offset.line > MAX_OFFSET || section.offset.column > MAX_OFFSET {
            return Err("a section begins at an impossible place".to_owned());
        }
        let Some(map) = &section.map else { continue };
        if map.sections.is_some() {
            return Err("its sections have sections".to_owned());
        }
        mappings += count(&map.mappings);
    }
    if mappings > MAX_MAPPINGS {
        return Err(format!("it has more than {MAX_MAPPINGS} mappings"));
    }
    Ok(())
}

impl Decoded {
    fn add(&mut self, map: SourceMap, offset: (u32, u32)) -> Result<(), String> {
        let part = self.maps.len() as u32;
        let first = self.maps.last().map_or(0, |last| last.first + last.map.get_source_count());
        for (number, token) in map.tokens().enumerate() {
            let (line, column) = token.get_dst();
            // The first line of a section continues the line in which it begins.
            let column = if line == 0 { column.checked_add(offset.1) } else { Some(column) };
            let (Some(line), Some(column)) = (line.checked_add(offset.0), column) else {
                return Err("a mapping is at an impossible place".to_owned());
            };
            self.places.push(RawPlace { line, column, part, token: number as u32 });
        }
        self.maps.push(Part { map, first });
        Ok(())
    }

    /// The mappings in the order of their places.
    pub(super) fn mappings(&self) -> Vec<Mapping<'_>> {
        let mapping = |place: &RawPlace| {
            let part = &self.maps[place.part as usize];
            let token = part.map.get_token(place.token as usize)?;
            let has_source = token.get_src_id() < part.map.get_source_count();
            let target = has_source.then(|| Target {
                source: part.first + token.get_src_id(),
                line: token.get_src_line(),
                column: token.get_src_col(),
                name: token.get_name(),
            });
            Some(Mapping { line: place.line, column: place.column, target })
        };
        self.places.iter().filter_map(mapping).collect()
    }

    pub(super) fn sources(&self) -> impl Iterator<Item = Source<'_>> {
        self.maps.iter().flat_map(|part| {
            let ignored: std::collections::BTreeSet<_> = part.map.ignore_list().copied().collect();
            (0..part.map.get_source_count()).map(move |number| Source {
                name: part.map.get_source(number).unwrap_or_default(),
                is_ignored: ignored.contains(&number),
                text: part.map.get_source_contents(number),
            })
        })
    }

    /// The original name of the identifier at a place of the script; `None` if it has no other name there. The mapping must
    /// begin exactly there.
    pub(super) fn name_at(&self, line: u32, column: u32) -> Option<&str> {
        self.token_at(line, column)?.get_name()
    }

    /// The source from a place of the script on, up to the end of the line. The mapping must begin exactly there.
    pub(super) fn source_at(&self, line: u32, column: u32) -> Option<&str> {
        let token = self.token_at(line, column)?;
        let source = token.sourcemap().get_source_view(token.get_src_id())?;
        source.get_line(token.get_src_line())?.get(token.get_src_col() as usize..)
    }

    fn token_at(&self, line: u32, column: u32) -> Option<sourcemap::Token<'_>> {
        let at = self.places.partition_point(|place| (place.line, place.column) < (line, column));
        let place = self.places.get(at).filter(|place| (place.line, place.column) == (line, column))?;
        self.maps[place.part as usize].map.get_token(place.token as usize)
    }

    /// A problem of a map that can be used.
    pub(super) fn note(&self) -> Option<String> {
        if self.places.is_empty() {
            return Some("it has no mappings, so it explains nothing".to_owned());
        }
        let sources = || self.sources().filter(|source| !source_maps::is_third_party(source.name));
        if let Some(large) = sources().find(|source| source.text.is_some_and(|text| text.len() > MAX_SOURCE)) {
            return Some(format!("the text of {} is not kept: it has more than {} MiB", large.name, MAX_SOURCE >> 20));
        }
        let without = sources().filter(|source| source.text.is_none()).count();
        let first = sources().find(|source| source.text.is_none())?;
        Some(format!(
            "it has no text of {without} of its sources, such as {}: let the bundler write `sourcesContent`",
            first.name
        ))
    }
}
