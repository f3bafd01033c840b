//! A bundle as an archive of files. Names of files are only keys of a map: nothing is written anywhere.

use std::collections::HashMap;
use std::io::Read;

use flate2::read::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive, ZipArchiveEntryWayfinder, ZipSliceArchive};

/// The most files of a bundle.
const MAX_ENTRIES: usize = 10_000;
/// The largest file, in bytes.
const MAX_FILE: u64 = 64 << 20;
/// The most bytes of all files of a bundle that are read.
const MAX_ALL: u64 = 384 << 20;

/// An archive in memory.
pub(crate) struct Archive<'a> {
    archive: ZipSliceArchive<&'a [u8]>,
    entries: HashMap<String, (CompressionMethod, ZipArchiveEntryWayfinder)>,
    /// How many bytes may still be read.
    left: u64,
}

impl<'a> Archive<'a> {
    /// Reads the list of files. The bytes that bundles begin with are a part of the archive: its offsets count them.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, String> {
        let damaged = |error: rawzip::Error| format!("the bundle is not a ZIP archive: {error}");
        let archive = ZipArchive::from_slice(bytes).map_err(damaged)?;
        let mut entries = HashMap::new();
        let mut records = archive.entries();
        while let Some(entry) = records.next_entry().map_err(damaged)? {
            if entries.len() == MAX_ENTRIES {
                return Err(format!("the bundle has more than {MAX_ENTRIES} files: upload fewer files at once"));
            }
            let path = entry.file_path();
            let Ok(name) = std::str::from_utf8(path.as_bytes()) else { continue };
            entries.insert(name.to_owned(), (entry.compression_method(), entry.wayfinder()));
        }
        Ok(Self { archive, entries, left: MAX_ALL })
    }

    /// The names of the files.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.entries.keys().cloned().collect();
        names.sort_unstable();
        names
    }

    /// Reads a file, and checks its size and its checksum.
    pub(crate) fn read(&mut self, name: &str) -> Result<Vec<u8>, String> {
        let (method, wayfinder) = *self.entries.get(name).ok_or("the bundle does not contain it")?;
        let damaged = |error: &dyn std::fmt::Display| format!("it cannot be read from the bundle: {error}");
        let entry = self.archive.get_entry(wayfinder).map_err(|error| damaged(&error))?;
        let most = MAX_FILE.min(self.left);
        let data = entry.data();
        let mut content = Vec::new();
        let read = match method {
            CompressionMethod::STORE => entry.verifying_reader(data).take(most + 1).read_to_end(&mut content),
            CompressionMethod::DEFLATE => {
                entry.verifying_reader(DeflateDecoder::new(data)).take(most + 1).read_to_end(&mut content)
            }
            _ => return Err("it is compressed by another method than deflate".to_owned()),
        };
        let length = content.len() as u64;
        if length > MAX_FILE {
            return Err(format!("it has more than {} MiB", MAX_FILE >> 20));
        }
        if length > most {
            self.left = 0;
            return Err(format!("the files of the bundle have more than {} MiB together", MAX_ALL >> 20));
        }
        self.left -= length;
        read.map_err(|error| damaged(&error))?;
        Ok(content)
    }
}
