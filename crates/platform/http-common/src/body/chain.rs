//! Which encodings a body may have, and the decoders for them, one after the other.

use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use model::outcome::{Reason, Refusal};

use super::codec::{Codec, Damaged, Encoding, Moved};

/// The most encodings on top of each other that are undone.
const MAX_ENCODINGS: usize = 3;
/// How much is unpacked to see whether an encoding is the right one, in bytes.
const TRIED: usize = 64 << 10;
/// How many bytes stand between two decoders.
const BETWEEN: usize = 16 << 10;

/// Decoders, the one that reads the body first. None is a body that is not packed.
pub(super) struct Chain(Vec<Link>);

struct Link {
    codec: Codec,
    /// What the decoder before this one wrote.
    input: Vec<u8>,
    /// From where to where it is not read yet.
    unread: std::ops::Range<usize>,
}

impl Chain {
    fn new(encodings: &[Encoding]) -> Result<Self, Damaged> {
        let links = encodings
            .iter()
            .map(|&encoding| Ok(Link { codec: Codec::new(encoding)?, input: Vec::new(), unread: 0..0 }));
        Ok(Self(links.collect::<Result<_, _>>()?))
    }

    /// The decoders for a body that begins with `prefix`, which is all of it if `is_all`.
    ///
    /// What the header names is tried first, then what the first bytes say, then no encoding at all: a gateway may have
    /// unpacked the body and left the header, and clients name one encoding and use another.
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

    /// Unpacks some of `input` into `output`. Neither is taken whole in general: call it until nothing moves.
    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Moved, Damaged> {
        step(&mut self.0, input, output)
    }

    /// Whether all that was packed came out.
    pub(super) fn finish(&self) -> Result<(), Damaged> {
        self.0.iter().try_for_each(|link| link.codec.finish())
    }

    /// Whether the body is not packed.
    pub(super) fn is_plain(&self) -> bool {
        self.0.is_empty()
    }

    /// The encodings, for a message.
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

/// One guess.
enum Candidate {
    /// The decoders to use, the one that reads the body first.
    Encodings(Vec<Encoding>),
    /// The header names an encoding that is not known.
    Unknown(String),
    /// It is not packed.
    Plain,
}

/// The guesses, the likeliest first.
fn candidates(headers: &HeaderMap, prefix: &[u8]) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    match declared(headers) {
        Ok(names) => {
            candidates.extend(chains(&names).into_iter().map(Candidate::Encodings));
            // Some of several may be undone already.
            if names.len() > 1 {
                let alone = names.iter().rev().flat_map(|&encoding| chains(&[encoding]));
                candidates.extend(alone.map(Candidate::Encodings));
            }
        }
        Err(unknown) => candidates.push(Candidate::Unknown(unknown)),
    }
    candidates.extend(sniffed(prefix).map(|encoding| Candidate::Encodings(vec![encoding])));
    // Without a name and without first bytes that tell it, it is what it is.
    if candidates.is_empty() || is_text(prefix) {
        candidates.push(Candidate::Plain);
    }
    candidates
}

/// What `Content-Encoding` names, in the order in which it was applied; or the name that is not known.
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
        return Err(format!("{} on top of each other", encodings.len()));
    }
    Ok(encodings)
}

/// The decoders that undo `encodings`, in the forms that `deflate` may have.
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

/// What the first bytes say.
fn sniffed(prefix: &[u8]) -> Option<Encoding> {
    match prefix {
        [0x1f, 0x8b, ..] => Some(Encoding::Gzip),
        // A frame, or one to be skipped.
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Encoding::Zstd),
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => Some(Encoding::Zlib),
        _ => None,
    }
}

/// Whether it may be text: JSON, an envelope, a form, base64.
fn is_text(prefix: &[u8]) -> bool {
    let control = |byte: &u8| *byte < b' ' && !matches!(*byte, b'\t' | b'\n' | b'\r');
    !prefix[..prefix.len().min(32)].iter().any(control)
}

/// Unpacks the beginning of a body to see whether `encodings` fit; gives them back.
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

/// The refusal of what cannot be unpacked.
pub(super) fn refuse_damaged(Damaged { encoding, what }: &Damaged) -> Refusal {
    let name = encoding.name();
    Refusal::new(Reason::BodyEncoding, format!("the body cannot be unpacked as {name}: {what}"))
}

fn refuse_unknown(name: &str) -> Refusal {
    let message = format!("the body's Content-Encoding `{name}` is not known: use gzip, deflate, br or zstd");
    Refusal::new(Reason::BodyEncoding, message)
}
