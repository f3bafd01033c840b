//! Reads `multipart/form-data` piece by piece. Texts are kept in memory, and files within the limits of attachments.

use model::occurrence::Attachment;
use model::outcome::{Reason, Refusal};

use crate::sentry::attachment_tally::AttachmentTally;

/// The most bytes in the headers of a part.
const MAX_HEADERS: usize = 16 << 10;
/// The most bytes of all texts together.
const MAX_TEXTS: usize = 2 << 20;
const MAX_FIELDS: usize = 1_000;
/// The longest boundary, in bytes. RFC 2046 allows 70.
const MAX_BOUNDARY: usize = 200;

/// A form that is being read.
#[derive(Debug, Default)]
pub struct CrashForm {
    /// The bytes that end a part: a line end and the boundary. Empty if the body is a bare dump instead of a form.
    delimiter: Vec<u8>,
    pub(super) held: Vec<u8>,
    part: Option<FormPart>,
    fields: Vec<(String, String)>,
    texts: usize,
    files: Vec<(Attachment, Vec<u8>)>,
    tally: AttachmentTally,
    dump: Option<u64>,
    /// The first bytes of a body that is a bare dump.
    magic: Vec<u8>,
    /// The body that is a bare dump, as far as it is kept.
    bare: Vec<u8>,
    is_done: bool,
}

#[derive(Debug)]
struct FormPart {
    name: String,
    /// The name and the content type of a file.
    file: Option<(String, Option<String>)>,
    text: Vec<u8>,
    /// The content of a file, as far as it is kept.
    content: Vec<u8>,
    size: u64,
}

impl CrashForm {
    /// Creates a reader for a body with this `Content-Type`. A body that is not a form is treated as a dump.
    pub fn new(content_type: &str) -> Self {
        let mut form = Self::default();
        let is_form = content_type.trim_start().get(..10).is_some_and(|kind| kind.eq_ignore_ascii_case("multipart/"));
        let boundary = if is_form { parameter(content_type, "boundary") } else { None };
        match boundary.filter(|boundary| !boundary.is_empty() && boundary.len() <= MAX_BOUNDARY) {
            Some(boundary) => {
                form.delimiter = format!("\r\n--{boundary}").into_bytes();
                // The first boundary has no line end before it.
                form.held = b"\r\n".to_vec();
            }
            None => form.dump = Some(0),
        }
        form
    }

    /// Reads the next bytes of the body.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        if self.delimiter.is_empty() {
            self.magic.extend(bytes.iter().take(4 - self.magic.len()));
            let size = self.dump.unwrap_or_default() + bytes.len() as u64;
            keep(&mut self.bare, size, bytes);
            self.dump = Some(size);
            return Ok(());
        }
        self.held.extend_from_slice(bytes);
        while !self.is_done && self.step()? {}
        if self.is_done {
            self.held.clear();
        }
        Ok(())
    }

    /// Returns the texts of the form as pairs of name and value.
    pub fn fields(&self) -> impl Iterator<Item = &(String, String)> {
        self.fields.iter()
    }

    /// Returns the size of the minidump in bytes, if there is one. A body that is not a form must begin with the magic
    /// bytes of a minidump.
    pub fn dump_size(&self) -> Option<u64> {
        let is_dump = !self.delimiter.is_empty() || matches!(self.magic.as_slice(), b"MDMP" | b"PMDM");
        self.dump.filter(|size| *size > 0 && is_dump)
    }

    /// Takes the files of the form out of it. A file over a limit has no content.
    pub fn take_files(&mut self) -> Vec<(Attachment, Vec<u8>)> {
        if self.delimiter.is_empty()
            && let Some(size) = self.dump_size()
        {
            let content = std::mem::take(&mut self.bare);
            self.add_file((DUMP_FILE.to_owned(), None), DUMP_KIND, size, content);
        }
        std::mem::take(&mut self.files)
    }

    fn add_file(&mut self, (name, content_type): (String, Option<String>), kind: &str, size: u64, content: Vec<u8>) {
        if self.files.len() == Attachment::MAX_LISTED {
            return;
        }
        let attachment = Attachment { name, content_type, kind: Some(kind.to_owned()), size, discarded: None };
        let attachment = self.tally.keep(attachment, size);
        let content = if attachment.discarded.is_none() { content } else { Vec::new() };
        self.files.push((attachment, content));
    }

    /// Returns whether the body is a form that ended too early.
    pub fn is_cut(&self) -> bool {
        !self.delimiter.is_empty() && !self.is_done
    }

    /// Reads up to the next delimiter, and the headers after it. Returns `false` if more bytes are needed.
    fn step(&mut self) -> Result<bool, Refusal> {
        let Some(at) = find(&self.held, &self.delimiter) else {
            // The last bytes may be the beginning of a delimiter.
            let certain = self.held.len().saturating_sub(self.delimiter.len());
            self.take_content(certain)?;
            return Ok(false);
        };
        let behind = at + self.delimiter.len();
        if self.held[behind..].starts_with(b"--") {
            self.take_content(at)?;
            self.end_part();
            self.is_done = true;
            return Ok(false);
        }
        let Some(headers) = find(&self.held[behind..], b"\r\n\r\n") else {
            if self.held.len() - behind > MAX_HEADERS {
                return Err(invalid(format!("a part of the form has headers of more than {MAX_HEADERS} bytes")));
            }
            return Ok(false);
        };
        self.take_content(at)?;
        self.end_part();
        let headers: Vec<u8> = self.held.drain(..self.delimiter.len() + headers + 4).collect();
        self.begin_part(&String::from_utf8_lossy(&headers));
        // An empty part has no line end of its own before the delimiter: the one after the headers serves as both.
        if self.held.starts_with(&self.delimiter[2..]) {
            self.held.splice(..0, *b"\r\n");
        }
        Ok(true)
    }

    fn begin_part(&mut self, headers: &str) {
        let disposition = headers.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"));
        let name = disposition.and_then(|line| parameter(line, "name")).unwrap_or_default();
        let file_name = disposition.and_then(|line| parameter(line, "filename")).filter(|name| !name.is_empty());
        let content_type = headers.lines().find_map(|line| {
            let (header, value) = line.split_once(':')?;
            let is_type = header.eq_ignore_ascii_case("content-type") && !value.trim().is_empty();
            is_type.then(|| short(value.trim()))
        });
        let file_name = file_name.map(|name| short(&name)).or((name == DUMP).then(|| DUMP_FILE.to_owned()));
        let file = file_name.map(|name| (name, content_type));
        self.part = Some(FormPart { name, file, text: Vec::new(), content: Vec::new(), size: 0 });
    }

    /// Takes the first `count` held bytes as content of the current part.
    fn take_content(&mut self, count: usize) -> Result<(), Refusal> {
        let content = self.held.drain(..count);
        let Some(part) = &mut self.part else { return Ok(()) };
        part.size += count as u64;
        // The event may be sent as a file.
        if part.file.is_none() || part.name.starts_with("sentry") {
            self.texts += count;
            if self.texts > MAX_TEXTS || self.fields.len() >= MAX_FIELDS {
                let message = format!(
                    "the form may have at most {MAX_FIELDS} text fields with {MAX_TEXTS} bytes in total: send less"
                );
                return Err(Refusal::new(Reason::BodyTooLargeUnpacked, message));
            }
            part.text.extend(content);
        } else {
            keep(&mut part.content, part.size, content.as_slice());
        }
        Ok(())
    }

    fn end_part(&mut self) {
        let Some(part) = self.part.take() else { return };
        if part.name == DUMP {
            self.dump = Some(part.size);
        }
        if let Some(file) = part.file.filter(|_| !part.name.starts_with("sentry") && part.size > 0) {
            let kind = if part.name == DUMP { DUMP_KIND } else { FILE_KIND };
            self.add_file(file, kind, part.size, part.content);
        }
        if !part.text.is_empty() {
            self.fields.push((part.name, String::from_utf8_lossy(&part.text).into_owned()));
        }
    }
}

/// The form field that contains the dump.
const DUMP: &str = "upload_file_minidump";
/// The name of a dump without a name.
const DUMP_FILE: &str = "minidump.dmp";
/// The purpose of a file, as in the headers of envelope items.
const DUMP_KIND: &str = "event.minidump";
const FILE_KIND: &str = "event.attachment";

/// Appends the next bytes of a file, which then has `size` bytes, unless it is larger than an attachment may be.
fn keep(content: &mut Vec<u8>, size: u64, bytes: &[u8]) {
    if size <= Attachment::MAX_SIZE as u64 {
        content.extend_from_slice(bytes);
    } else {
        *content = Vec::new();
    }
}

fn short(text: &str) -> String {
    text[..text.floor_char_boundary(Attachment::MAX_TEXT)].to_owned()
}

/// Returns a parameter of a header value, such as `name` in `Content-Disposition`.
fn parameter(value: &str, name: &str) -> Option<String> {
    value.split(';').skip(1).find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(|&byte| byte == first) {
        at += next;
        if bytes[at..].starts_with(wanted) {
            return Some(at);
        }
        at += 1;
    }
    None
}

fn invalid(message: String) -> Refusal {
    Refusal::new(Reason::BodyInvalid, message)
}
