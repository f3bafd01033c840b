//! The encodings that a body may have, and chains of decoders for them.

use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use model::outcome::{Reason, Refusal};

use super::codec::{Codec, Damaged, Encoding, Moved};

/// The most nested encodings that are decoded.
const MAX_ENCODINGS: usize = 3;
/// How many bytes are decoded to check whether an encoding fits.
const TRIED: usize = 64 << 10;
/// The size of the buffer between two decoders, in bytes.
const BETWEEN: usize = 16 << 10;

/// Decoders; the first one reads the body. Empty for a body that is not encoded.
pub(super) struct Chain(Vec<Link>);

struct Link {
    codec: Codec,
    /// Output of the decoder before this one.
    input: Vec<u8>,
    /// The range of `input` that is not read yet.
    unread: std::ops::Range<usize>,
}

impl Chain {
    fn new(encodings: &[Encoding]) -> Result<Self, Damaged> {
        let links = encodings
            .iter()
            .map(|&encoding| Ok(Link { codec: Codec::new(encoding)?, input: Vec::new(), unread: 0..0 }));
        Ok(Self(links.collect::<Result<_, _>>()?))
    }

    /// Creates the decoders for a body that begins with `prefix`. If `is_all`, that is the whole body.
    ///
    /// Tries the encodings that the header names first, then the one that the first bytes show, then no encoding at
    /// all: a gateway may have decoded the body and left the header, and some clients name one encoding and use
    /// another.
    pub(super) fn for_body(headers: &HeaderMap, prefix: &[u8], is_all: bool) -> Result<Self, Refusal> {
        let mut first_failure = None;
        for candidate in candidates(headers, prefix) {
            let tried = match candidate {
                Candidate::Encodings(encodings) => {
                    try_chain(&encodings, prefix, is_all).map_err(|error| refuse_damaged(&error))
                }
                Candidate::Unknown(name) => Err(refuse_unknown(&name)),
                Candidate::Plain => Ok(Vec::new()),
            };
            match tried {
                Ok(encodings) => return Self::new(&encodings).map_err(|error| refuse_damaged(&error)),
                Err(refusal) => drop(first_failure.get_or_insert(refusal)),
            }
        }
        first_failure.map_or(Ok(Self(Vec::new())), Err)
    }

    /// Decodes a part of `input` into `output`. It may read or write less than there is: repeat until nothing moves.
    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Moved, Damaged> {
        step(&mut self.0, input, output)
    }

    /// Fails if the input ended before the encoded data did.
    pub(super) fn finish(&self) -> Result<(), Damaged> {
        self.0.iter().try_for_each(|link| link.codec.finish())
    }

    /// Whether the body is not encoded.
    pub(super) fn is_plain(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of the encodings, for a message.
    pub(super) fn name(&self) -> String {
        self.0.iter().rev().map(|link| link.codec.name()).collect::<Vec<_>>().join(", ")
    }
}

fn step(links: &mut [Link], input: &[u8], output: &mut [u8]) -> Result<Moved, Damaged> {
    let Some((last, before)) = links.split_last_mut() else {
        let length = input.len().min(output.len());
        output[..length].copy_from_slice(&input[..length]);
        return Ok(Moved { read: length, written: length });
    };
    if before.is_empty() {
        return last.codec.step(input, output);
    }
    let mut read = 0;
    loop {
        if last.unread.is_empty() {
            last.input.resize(BETWEEN, 0);
            let moved = step(before, &input[read..], &mut last.input)?;
            (read, last.unread) = (read + moved.read, 0..moved.written);
            if moved.written == 0 && moved.read > 0 {
                continue;
            }
        }
        let moved = last.codec.step(&last.input[last.unread.clone()], output)?;
        last.unread.start += moved.read;
        if moved.written > 0 || moved.read == 0 {
            return Ok(Moved { read, written: moved.written });
        }
    }
}

/// A guess at the encodings of a body.
enum Candidate {
    /// The decoders to use; the first one reads the body.
    Encodings(Vec<Encoding>),
    /// The header names an unknown encoding.
    Unknown(String),
    /// The body is not encoded.
    Plain,
}

/// The guesses, most likely first.
fn candidates(headers: &HeaderMap, prefix: &[u8]) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    match declared(headers) {
        Ok(names) => {
            candidates.extend(chains(&names).into_iter().map(Candidate::Encodings));
            // Some of several encodings may have been decoded already.
            if names.len() > 1 {
                let alone = names.iter().rev().flat_map(|&encoding| chains(&[encoding]));
                candidates.extend(alone.map(Candidate::Encodings));
            }
        }
        Err(unknown) => candidates.push(Candidate::Unknown(unknown)),
    }
    candidates.extend(sniffed(prefix).map(|encoding| Candidate::Encodings(vec![encoding])));
    // If neither the header nor the first bytes name an encoding, the body is not encoded.
    if candidates.is_empty() || is_text(prefix) {
        candidates.push(Candidate::Plain);
    }
    candidates
}

/// The encodings in `Content-Encoding`, in the order in which they were applied; or the name that is not known.
fn declared(headers: &HeaderMap) -> Result<Vec<Encoding>, String> {
    let mut encodings = Vec::new();
    for value in headers.get_all(CONTENT_ENCODING) {
        let value = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
        for name in value.split(',').map(str::trim) {
            let encoding = match name.strip_prefix("x-").unwrap_or(name) {
                "" | "identity" | "none" | "utf-8" | "utf8" | "aws-chunked" => continue,
                "gzip" => Encoding::Gzip,
                "deflate" | "zlib" => Encoding::Zlib,
                "zstd" => Encoding::Zstd,
                "br" | "brotli" => Encoding::Brotli,
                _ => return Err(name.chars().take(20).collect()),
            };
            encodings.push(encoding);
        }
    }
    if encodings.len() > MAX_ENCODINGS {
        return Err(format!("{} encodings at once", encodings.len()));
    }
    Ok(encodings)
}

/// The decoders that undo `encodings`, for both meanings of `deflate`.
fn chains(encodings: &[Encoding]) -> Vec<Vec<Encoding>> {
    if encodings.is_empty() {
        return Vec::new();
    }
    let undone = |raw: bool| {
        let each = encodings.iter().rev();
        each.map(|&encoding| if raw && encoding == Encoding::Zlib { Encoding::RawDeflate } else { encoding }).collect()
    };
    let mut chains = vec![undone(false)];
    if encodings.contains(&Encoding::Zlib) {
        chains.push(undone(true));
    }
    chains
}

/// The encoding that the first bytes show.
fn sniffed(prefix: &[u8]) -> Option<Encoding> {
    match prefix {
        [0x1f, 0x8b, ..] => Some(Encoding::Gzip),
        // A frame, or a skippable frame.
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Encoding::Zstd),
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => Some(Encoding::Zlib),
        _ => None,
    }
}

/// Whether the body may be text: JSON, an envelope, a form, or base64.
fn is_text(prefix: &[u8]) -> bool {
    let control = |byte: &u8| *byte < b' ' && !matches!(*byte, b'\t' | b'\n' | b'\r');
    !prefix[..prefix.len().min(32)].iter().any(control)
}

/// Decodes the beginning of a body to check whether `encodings` fit, and returns them.
fn try_chain(encodings: &[Encoding], prefix: &[u8], is_all: bool) -> Result<Vec<Encoding>, Damaged> {
    let (mut chain, mut output) = (Chain::new(encodings)?, vec![0; 8 << 10]);
    let (mut rest, mut unpacked) = (prefix, 0);
    while unpacked < TRIED {
        let moved = chain.step(rest, &mut output)?;
        rest = &rest[moved.read..];
        unpacked += moved.written;
        if moved.is_none() {
            if is_all {
                chain.finish()?;
            }
            break;
        }
    }
    Ok(encodings.to_vec())
}

/// The refusal of a body that cannot be decoded.
pub(super) fn refuse_damaged(Damaged { encoding, what }: &Damaged) -> Refusal {
    let name = encoding.name();
    Refusal::new(Reason::BodyEncoding, format!("the body cannot be unpacked as {name}: {what}"))
}

fn refuse_unknown(name: &str) -> Refusal {
    let message = format!("the body's Content-Encoding `{name}` is not supported: use gzip, deflate, br or zstd");
    Refusal::new(Reason::BodyEncoding, message)
}
