//! Decoders that work piece by piece, so that no whole body has to be in memory.

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::{Decompress, FlushDecompress, Status};
use zstd::stream::raw::{DParameter, Decoder as ZstdDecoder, Operation};

/// A content encoding that a body may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// RFC 1952, with any number of members.
    Gzip,
    /// RFC 1950: the meaning of `deflate` in HTTP.
    Zlib,
    /// RFC 1951: what some clients send as `deflate`.
    RawDeflate,
    /// RFC 8878, with any number of frames.
    Zstd,
    /// RFC 7932.
    Brotli,
}

impl Encoding {
    /// The name in `Content-Encoding`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zlib | Self::RawDeflate => "deflate",
            Self::Zstd => "zstd",
            Self::Brotli => "br",
        }
    }
}

/// The window of the largest gzip and zlib streams, as a power of 2.
const WINDOW_BITS: u8 = 15;
/// The largest window of a zstd frame, as a power of 2: 16 MiB. Levels up to 19 need half of it. A frame may ask for
/// 128 MiB and more, which would be allocated before the first byte of output.
const ZSTD_WINDOW_BITS: u32 = 24;

/// The data cannot be decoded.
#[derive(Debug)]
pub(super) struct Damaged {
    /// The encoding that was tried.
    pub(super) encoding: Encoding,
    /// The decoder's description of the problem.
    pub(super) what: String,
}

/// How many bytes a step read and wrote.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moved {
    pub(super) read: usize,
    pub(super) written: usize,
}

impl Moved {
    /// Whether nothing was read or written: the decoder needs more input.
    pub(super) fn is_none(self) -> bool {
        self.read == 0 && self.written == 0
    }
}

/// A decoder of one encoding.
pub(super) struct Codec {
    encoding: Encoding,
    engine: Engine,
    /// Whether the input may end here.
    is_whole: bool,
}

type Brotli = BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>;

enum Engine {
    Flate(Decompress),
    Zstd(ZstdDecoder<'static>),
    Brotli(Box<Brotli>),
}

impl Codec {
    pub(super) fn new(encoding: Encoding) -> Result<Self, Damaged> {
        Ok(Self { encoding, engine: Engine::new(encoding)?, is_whole: false })
    }

    /// The encoding's name in `Content-Encoding`.
    pub(super) fn name(&self) -> &'static str {
        self.encoding.name()
    }

    /// Fails if the input ended before the encoded data did.
    pub(super) fn finish(&self) -> Result<(), Damaged> {
        if self.is_whole { Ok(()) } else { Err(self.damaged("the data ends too early")) }
    }

    /// Decodes a part of `input` into `output`. It may read or write less than there is: repeat until nothing moves.
    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Moved, Damaged> {
        if self.is_whole {
            let Some(&next) = input.first() else { return Ok(Moved::default()) };
            // Ignore padding, and the line end that a shell adds.
            if matches!(next, 0 | b'\n' | b'\r') {
                return Ok(Moved { read: 1, written: 0 });
            }
            match self.encoding {
                Encoding::Gzip | Encoding::Zstd => *self = Self::new(self.encoding)?,
                Encoding::Zlib | Encoding::RawDeflate | Encoding::Brotli => {
                    return Err(self.damaged("more bytes follow the end of the data"));
                }
            }
        }
        let (moved, is_whole) = self.engine.step(input, output).map_err(|what| self.damaged(what))?;
        self.is_whole = is_whole;
        Ok(moved)
    }

    fn damaged(&self, what: impl Into<String>) -> Damaged {
        Damaged { encoding: self.encoding, what: what.into() }
    }
}

impl Engine {
    fn new(encoding: Encoding) -> Result<Self, Damaged> {
        let alloc = StandardAlloc::default;
        Ok(match encoding {
            Encoding::Gzip => Self::Flate(Decompress::new_gzip(WINDOW_BITS)),
            Encoding::Zlib => Self::Flate(Decompress::new(true)),
            Encoding::RawDeflate => Self::Flate(Decompress::new(false)),
            // The strict decoder does not support the extension for windows of up to 1 GiB.
            Encoding::Brotli => Self::Brotli(Box::new(BrotliState::new_strict(alloc(), alloc(), alloc()))),
            Encoding::Zstd => {
                let damaged = |error: std::io::Error| Damaged { encoding, what: error.to_string() };
                let mut decoder = ZstdDecoder::new().map_err(damaged)?;
                decoder.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_BITS)).map_err(damaged)?;
                Self::Zstd(decoder)
            }
        })
    }

    /// Returns how many bytes moved, and whether the end was reached.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<(Moved, bool), String> {
        match self {
            Self::Flate(decoder) => {
                let (read, written) = (decoder.total_in(), decoder.total_out());
                let status = decoder.decompress(input, output, FlushDecompress::None);
                let moved = |before, after| usize::try_from(after - before).unwrap_or_default();
                let moved =
                    Moved { read: moved(read, decoder.total_in()), written: moved(written, decoder.total_out()) };
                let status = status.map_err(|error| error.to_string())?;
                Ok((moved, status == Status::StreamEnd))
            }
            Self::Zstd(decoder) => {
                let status = decoder.run_on_buffers(input, output).map_err(|error| error.to_string())?;
                let moved = Moved { read: status.bytes_read, written: status.bytes_written };
                Ok((moved, status.remaining == 0))
            }
            Self::Brotli(state) => {
                let (mut input_left, mut output_left) = (input.len(), output.len());
                let (mut read, mut written, mut total) = (0, 0, 0);
                let result = BrotliDecompressStream(
                    &mut input_left,
                    &mut read,
                    input,
                    &mut output_left,
                    &mut written,
                    output,
                    &mut total,
                    state,
                );
                match result {
                    BrotliResult::ResultFailure => Err("the data is damaged".to_owned()),
                    result => Ok((Moved { read, written }, matches!(result, BrotliResult::ResultSuccess))),
                }
            }
        }
    }
}
