//! Mappings that try to use up memory or time.

use model::id::{DebugId, EventId};
use model::occurrence::{Exception, Frame, Occurrence, Source, Stacktrace};
use model::time::Timestamp;
use proptest::prelude::*;
use source_maps::pack;

use super::{look_up, written};
use crate::{FoundClass, FoundClasses, MAX_MAPPING, MappingDirectory, apply, class_in, write_mapping};

/// Retraces one frame of the class `a`, method `a`, line 5, and returns the number of frames that it becomes.
fn frames_of(text: String) -> usize {
    let at = Timestamp::from_seconds(1);
    let mut event = Occurrence::new(EventId::from_bytes([1; 16]), Source::Sentry, at, at);
    event.platform = "java".to_owned();
    let frame =
        Frame { module: Some("a".to_owned()), function: Some("a".to_owned()), lineno: Some(5), ..Frame::default() };
    let stacktrace = Some(Stacktrace { frames: vec![frame], ..Stacktrace::default() });
    event.exceptions.push(Exception { stacktrace, ..Exception::default() });
    let found = FoundClass { id: DebugId::from_bytes([1; 16]), text };
    let found = FoundClasses { classes: [("a".to_owned(), found)].into(), ..FoundClasses::default() };
    apply(&mut event, &found, true);
    event.exceptions[0].stacktrace.as_ref().unwrap().frames.len()
}

/// A method without lines of its own may stand for a range of lines, and each line is a frame.
#[test]
fn a_range_does_not_become_millions_of_frames() {
    for line in [
        "    void b():1:65535 -> a\n",
        "    0:0:void b():1:65535 -> a\n",
        "    0:0:void b():65535:1 -> a\n",
        "    00:0:void b():01:065535 -> a\n",
    ] {
        let mapping = format!("com.shop.Cart -> a:\n{}", line.repeat(50_000));
        let (object, written) = written(mapping.as_bytes());
        let class = look_up(&object, &written, "a").unwrap();
        assert!(!class.contains("65535"), "{}", &class[..200]);
        assert!(class.contains("void b():1 -> a"), "{}", &class[..200]);
        // Millions of frames would take minutes and all memory.
        assert_eq!(frames_of(class), 32);
    }
}

#[test]
fn a_class_is_cut_and_a_mapping_is_refused_if_it_is_too_large() {
    let large = format!("com.shop.Cart -> a:\n{}", "    1:1:void b():1:1 -> a\n".repeat(100_000));
    let (object, written) = written(large.as_bytes());
    assert!(look_up(&object, &written, "a").unwrap().len() <= 2 << 20);
    assert!(written.note.unwrap().contains("com.shop.Cart are not kept"));
    let refused = write_mapping(&mut Vec::new(), &vec![b'x'; MAX_MAPPING + 1]).unwrap_err();
    assert!(refused.contains("more than 128 MiB"), "{refused}");
    let classes = "a -> a:\n".repeat(1_000_001);
    let refused = write_mapping(&mut Vec::new(), classes.as_bytes()).unwrap_err();
    assert!(refused.contains("more than 1000000 classes"), "{refused}");
}

/// The files of inlined classes are repeated in each class that uses them, but not without end.
#[test]
fn repeated_files_do_not_multiply_a_mapping() {
    let name = "x".repeat(500);
    let mut mapping = format!("b.C -> {name}:\n# {{\"id\":\"sourceFile\",\"fileName\":\"{name}\"}}\n");
    for number in 0..20_000 {
        mapping += &format!("c{number} -> d{number}:\n    1:1:void b.C.e():1:1 -> f\n");
    }
    let mut object = Vec::new();
    let written = write_mapping(&mut object, mapping.as_bytes()).unwrap();
    let unpacked = |range: source_maps::ObjectRange| {
        source_maps::unpack(&object[range.offset as usize..(range.offset + range.length) as usize], 64 << 20).unwrap()
    };
    let directory = MappingDirectory::parse(
        &object[written.range.offset as usize..(written.range.offset + written.range.length) as usize],
    );
    let blocks = directory.unwrap().blocks;
    let all: usize =
        blocks.iter().map(|block| unpacked(source_maps::ObjectRange { offset: block.1, length: block.2 }).len()).sum();
    assert!(all < 3 * mapping.len(), "{all} of {}", mapping.len());
}

#[test]
fn a_bomb_is_refused() {
    let bomb = pack(&vec![b' '; 64 << 20]).unwrap();
    assert!(MappingDirectory::parse(&bomb).is_err() && class_in(&bomb, "a").is_err());
}

/// A part of a mapping, or of something like it.
fn part() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c.$]{1,3} -> [a-c]{1,2}:\n",
        "    ([0-9]{1,20}:){0,2}[a-c]{1,2} [a-c.]{0,4}(\\([a-c,]{0,3}\\))?(:[0-9]{1,20}){0,2} -> [a-c]\n",
        " *# \\{\"id\":\"(sourceFile|com.android.tools.r8.(outline|outlineCallsite|rewriteFrame|synthesized))\",\"(fileName|positions|actions|conditions)\":(\"a\"|\\{\"1\":2\\}|\\[\"removeInnerFrames\\(9\\)\"\\])\\}\n",
        "\\PC{0,9}",
        "[\0\r\n \t:#>-]{0,5}",
    ]
}

proptest! {
    /// Whatever was uploaded, each of its classes can be read, and retracing a frame neither panics nor grows.
    #[test]
    fn no_mapping_does_harm(parts in proptest::collection::vec(part(), 0..60)) {
        let mapping = parts.concat();
        let mut object = Vec::new();
        let Ok(written) = write_mapping(&mut object, mapping.as_bytes()) else { return Ok(()) };
        for class in ["a", "b", "aa", "c", "abc"] {
            if let Some(text) = look_up(&object, &written, class) {
                let text = if class == "a" { text } else { format!("x -> a:\n{text}") };
                prop_assert!(frames_of(text) <= 32);
            }
        }
    }

    /// Damage is an error, and neither a panic nor a large allocation.
    #[test]
    fn damaged_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let packed = pack(&bytes).unwrap();
        for bytes in [&bytes, &packed] {
            let _ = MappingDirectory::parse(bytes);
            let _ = class_in(bytes, "a");
        }
    }
}
