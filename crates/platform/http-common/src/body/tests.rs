use std::convert::Infallible;
use std::io::Write;

use futures_util::stream;
use http::HeaderValue;
use http::header::CONTENT_ENCODING;
use http_body::Frame;
use http_body_util::StreamBody;

use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn raw_deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(bytes, 3).unwrap()
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 1, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut &*bytes, &mut packed, &parameters).unwrap();
    packed
}

fn plain(bytes: &[u8]) -> Vec<u8> {
    bytes.to_vec()
}

fn encoded(encoding: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_ENCODING, HeaderValue::from_str(encoding).unwrap());
    headers
}

/// A body that arrives in pieces of `size` bytes.
fn request(encoding: &str, body: &[u8], size: usize) -> Request<Body> {
    let pieces: Vec<_> =
        body.chunks(size).map(|piece| Ok::<_, Infallible>(Frame::data(Bytes::copy_from_slice(piece)))).collect();
    let mut request = Request::post("/").body(Body::new(StreamBody::new(stream::iter(pieces)))).unwrap();
    *request.headers_mut() = encoded(encoding);
    request
}

/// JSON of `size` bytes that compresses well.
fn json(size: usize, random: &mut fastrand::Rng) -> Vec<u8> {
    let mut text = b"{\"frames\":[".to_vec();
    while text.len() + 100 < size {
        let (line, name) = (random.u16(..), random.u8(..));
        text.extend_from_slice(
            format!("{{\"lineno\":{line},\"function\":\"step_{name}\",\"in_app\":true}},").as_bytes(),
        );
    }
    text.resize(size - 3, b' ');
    text.extend_from_slice(b"0]}");
    text
}

/// JSON of `size` bytes that hardly compresses.
fn noise(size: usize, random: &mut fastrand::Rng) -> Vec<u8> {
    let mut text = b"{\"noise\":\"".to_vec();
    text.extend(std::iter::repeat_with(|| random.alphanumeric() as u8).take(size - text.len() - 2));
    text.extend_from_slice(b"\"}");
    text
}

const LIMITS: Limits = Limits { sent: MAX_UNPACKED + (1 << 20), unpacked: MAX_UNPACKED };

/// All encodings, with bodies from 1 kB to the limit that compress well or hardly, read at once and in pieces, with and
/// without the right header.
#[tokio::test]
async fn every_encoding_is_undone_at_every_size() {
    const SEED: u64 = 17;
    let mut random = fastrand::Rng::with_seed(SEED);
    type Pack = fn(&[u8]) -> Vec<u8>;
    let encodings: [(&str, Pack, bool); 8] = [
        ("", plain, true),
        ("gzip", gzip, true),
        ("x-gzip", gzip, true),
        ("GZIP", gzip, true),
        ("deflate", zlib, true),
        ("deflate", raw_deflate, false),
        ("br", brotli, false),
        ("zstd", zstd, true),
    ];
    let sizes = [1_000, 4_096, 65_535, 65_536, 65_537, 100_000, 300_000, 1 << 20, MAX_BODY, MAX_UNPACKED];
    for size in sizes {
        for (form, body) in [("json", json(size, &mut random)), ("noise", noise(size, &mut random))] {
            assert_eq!(body.len(), size);
            for (name, pack, is_detectable) in encodings {
                let packed = pack(&body);
                let what = format!("{name} {form} {size} (seed {SEED})");
                assert!(*unpack(&encoded(name), &packed).unwrap() == *body, "{what}");
                let headers = if is_detectable { ["", "identity", "br"] } else { [name, name, name] };
                for header in headers {
                    assert!(*unpack(&encoded(header), &packed).unwrap() == *body, "{what} with {header:?}");
                }
                for piece in [1_023, 70_000, usize::MAX] {
                    if size > 300_000 && piece < 70_000 {
                        continue;
                    }
                    let read = read_within(request(name, &packed, piece), LIMITS).await;
                    assert!(*read.unwrap() == *body, "{what} in pieces of {piece}");
                }
            }
        }
    }
}

const BODY: &[u8] = b"{\"a\":1}";

#[test]
fn a_header_that_is_wrong_does_not_matter() {
    for packed in [gzip(BODY), zlib(BODY), zstd(BODY), BODY.to_vec(), b"[1,2]".to_vec(), b"a=b".to_vec()] {
        let expected = unpack(&HeaderMap::new(), &packed).unwrap();
        for encoding in ["", "gzip", "deflate", "identity", "br", "zstd", "gzip, br", "lz4"] {
            assert_eq!(unpack(&encoded(encoding), &packed).unwrap(), expected, "{encoding}");
        }
    }
}

#[test]
fn several_encodings_are_undone_in_turn() {
    let body = json(200_000, &mut fastrand::Rng::with_seed(1));
    let both = brotli(&gzip(&body));
    for header in ["gzip, br", "GZip,BR", "identity, x-gzip, br"] {
        assert!(*unpack(&encoded(header), &both).unwrap() == *body, "{header}");
    }
    // A gateway undid one of them.
    assert!(*unpack(&encoded("gzip, br"), &gzip(&body)).unwrap() == *body);
    assert!(*unpack(&encoded("br, gzip"), &brotli(&body)).unwrap() == *body);
    let mut twice = HeaderMap::new();
    twice.append(CONTENT_ENCODING, HeaderValue::from_static("deflate"));
    twice.append(CONTENT_ENCODING, HeaderValue::from_static("zstd"));
    assert!(*unpack(&twice, &zstd(&raw_deflate(&body))).unwrap() == *body);
    let refusal = unpack(&encoded("gzip, gzip, gzip, gzip"), &gzip(b"\0")[..12]).unwrap_err();
    assert!(refusal.message.contains("4 encodings at once"), "{refusal}");
}

#[test]
fn members_and_frames_follow_each_other_and_padding_is_left_out() {
    let twice = |pack: fn(&[u8]) -> Vec<u8>| [pack(b"{\"a\":"), pack(b"1}")].concat();
    for packed in
        [twice(gzip), twice(zstd), [gzip(BODY), vec![0; 9]].concat(), [brotli(BODY), b"\r\n".to_vec()].concat()]
    {
        assert_eq!(*unpack(&encoded("br"), &packed).unwrap(), *BODY);
    }
}

#[tokio::test]
async fn a_bomb_is_refused_after_the_limit() {
    let zeros = vec![0; MAX_UNPACKED + 1];
    for (name, packed) in
        [("gzip", gzip(&zeros)), ("deflate", zlib(&zeros)), ("zstd", zstd(&zeros)), ("br", brotli(&zeros))]
    {
        assert!(packed.len() < MAX_BODY);
        let refusal = unpack(&encoded(name), &packed).unwrap_err();
        assert_eq!(refusal.reason, Reason::BodyTooLargeUnpacked, "{name}");
        let refusal = read_unpacked(request(name, &packed, 9_000)).await.unwrap_err();
        assert_eq!(refusal.reason, Reason::BodyTooLargeUnpacked, "{name}");
    }
    assert_eq!(unpack(&HeaderMap::new(), &gzip(&zeros[1..])).unwrap().len(), MAX_UNPACKED);
    let large = vec![b' '; MAX_BODY + 1];
    assert_eq!(read_unpacked(request("", &large, 9_000)).await.unwrap_err().reason, Reason::BodyTooLarge);
}

#[test]
fn a_damaged_body_says_so() {
    let text = [b"some text that packs".as_slice(); 9].concat();
    for (name, packed) in
        [("gzip", gzip(&text)), ("br", brotli(&text)), ("zstd", zstd(&text)), ("deflate", zlib(&text))]
    {
        for packed in [packed[..packed.len() / 2].to_vec(), [&packed, b"junk".as_slice()].concat()] {
            // Skipped because the bytes might be text, which would be accepted as a body without compression.
            if name == "br" && packed.len() < 4 {
                continue;
            }
            match unpack(&encoded(name), &packed) {
                Err(refusal) => {
                    assert_eq!(refusal.reason, Reason::BodyEncoding);
                    assert!(refusal.message.contains(&format!("unpacked as {name}")), "{refusal}");
                }
                Ok(body) => assert_eq!(*body, *packed, "{name}: as it is, if at all"),
            }
        }
    }
    let refusal = unpack(&encoded("lz4"), b"\x04\x22\x4d\x18").unwrap_err();
    assert!(refusal.message.contains("`lz4` is not supported: use gzip"), "{refusal}");
}
