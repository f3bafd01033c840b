//! Reads `multipart/form-data` piece by piece, and holds its texts only.

use model::outcome::{Reason, Refusal};

/// The longest headers of a part, in bytes.
const MAX_HEADERS: usize = 16 << 10;
/// How many bytes all texts may have together.
const MAX_TEXTS: usize = 2 << 20;
/// The most fields.
const MAX_FIELDS: usize = 1_000;
/// The longest boundary, in bytes: RFC 2046 has 70.
const MAX_BOUNDARY: usize = 200;

/// A form that is read. Of files it is known how large they are.
#[derive(Debug, Default)]
pub struct CrashForm {
    /// What ends a part, with the line end before it; empty if the body is a dump and no form.
    delimiter: Vec<u8>,
    pub(super) held: Vec<u8>,
    part: Option<FormPart>,
    fields: Vec<(String, String)>,
    texts: usize,
    dump: Option<u64>,
    /// The first bytes of a body that is a dump and no form.
    magic: Vec<u8>,
    is_done: bool,
}

#[derive(Debug)]
struct FormPart {
    name: String,
    is_file: bool,
    text: Vec<u8>,
    size: u64,
}

impl CrashForm {
    /// Of a body of this `Content-Type`; one that is not a form is a dump.
    pub fn new(content_type: &str) -> Self {
        let mut form = Self::default();
        let is_form = content_type.trim_start().get(..10).is_some_and(|kind| kind.eq_ignore_ascii_case("multipart/"));
        let boundary = if is_form { parameter(content_type, "boundary") } else { None };
        match boundary.filter(|boundary| !boundary.is_empty() && boundary.len() <= MAX_BOUNDARY) {
            Some(boundary) => {
                form.delimiter = format!("\r\n--{boundary}").into_bytes();
                // The first has no line end before it.
                form.held = b"\r\n".to_vec();
            }
            None => form.dump = Some(0),
        }
        form
    }

    /// Takes what comes next.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        if self.delimiter.is_empty() {
            self.magic.extend(bytes.iter().take(4 - self.magic.len()));
            self.dump = self.dump.map(|size| size + bytes.len() as u64);
            return Ok(());
        }
        self.held.extend_from_slice(bytes);
        while !self.is_done && self.step()? {}
        if self.is_done {
            self.held.clear();
        }
        Ok(())
    }

    /// The texts, by their names.
    pub fn fields(&self) -> impl Iterator<Item = &(String, String)> {
        self.fields.iter()
    }

    /// How many bytes the minidump has, if there is one. A body that is no form must begin as dumps do.
    pub fn dump_size(&self) -> Option<u64> {
        let is_dump = !self.delimiter.is_empty() || matches!(self.magic.as_slice(), b"MDMP" | b"PMDM");
        self.dump.filter(|size| *size > 0 && is_dump)
    }

    /// Whether it is a form, and broke off.
    pub fn is_cut(&self) -> bool {
        !self.delimiter.is_empty() && !self.is_done
    }

    /// Takes the next delimiter with what stands before it, or the headers behind it; `false` if more is needed.
    fn step(&mut self) -> Result<bool, Refusal> {
        let Some(at) = find(&self.held, &self.delimiter) else {
            // A delimiter may have begun.
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
        // Content may be empty: then the line end before the delimiter is that behind the headers.
        if self.held.starts_with(&self.delimiter[2..]) {
            self.held.splice(..0, *b"\r\n");
        }
        Ok(true)
    }

    fn begin_part(&mut self, headers: &str) {
        let disposition = headers.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"));
        let name = disposition.and_then(|line| parameter(line, "name")).unwrap_or_default();
        let is_file = disposition.is_some_and(|line| parameter(line, "filename").is_some()) || name == DUMP;
        self.part = Some(FormPart { name, is_file, text: Vec::new(), size: 0 });
    }

    /// Takes `count` bytes of what is held as the content of the part.
    fn take_content(&mut self, count: usize) -> Result<(), Refusal> {
        let content = self.held.drain(..count);
        let Some(part) = &mut self.part else { return Ok(()) };
        part.size += count as u64;
        // The event itself may come as a file.
        if !part.is_file || part.name.starts_with("sentry") {
            self.texts += count;
            if self.texts > MAX_TEXTS || self.fields.len() >= MAX_FIELDS {
                let message =
                    format!("the form has more than {MAX_FIELDS} texts of {MAX_TEXTS} bytes: send less of it");
                return Err(Refusal::new(Reason::BodyTooLargeUnpacked, message));
            }
            part.text.extend(content);
        }
        Ok(())
    }

    fn end_part(&mut self) {
        let Some(part) = self.part.take() else { return };
        if part.name == DUMP {
            self.dump = Some(part.size);
        }
        if !part.text.is_empty() {
            self.fields.push((part.name, String::from_utf8_lossy(&part.text).into_owned()));
        }
    }
}

/// The field that holds the dump.
const DUMP: &str = "upload_file_minidump";

/// A parameter of a header's value, such as the `name` of a part.
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
