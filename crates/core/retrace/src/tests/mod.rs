mod events;
mod hostile;

use crate::{MappingDirectory, WrittenMapping, class_in, write_mapping};

pub(super) const ID: &str = "4226bed7-ce47-5c49-9ce5-3af113009c2e";

/// A mapping as R8 writes it: an inlined call, a class of Kotlin, an outline, an exception, and a class that keeps its name.
pub(super) const MAPPING: &str = "\
# compiler: R8
# compiler_version: 8.5.35
# {\"id\":\"com.android.tools.r8.mapping\",\"version\":\"2.2\"}
com.shop.Cart -> a.b:
# {\"id\":\"sourceFile\",\"fileName\":\"Cart.kt\"}
    java.util.List items -> a
    1:1:void com.shop.Prices.check(com.shop.Item):20:20 -> a
    1:1:double total():11 -> a
    # {\"id\":\"com.android.tools.r8.residualsignature\",\"signature\":\"()V\"}
    2:3:double total():12:13 -> a
    7:9:void pay():30:32 -> b
    # {\"id\":\"com.android.tools.r8.outlineCallsite\",\"positions\":{\"1\":8,\"2\":9},\"outline\":\"La/o;->a()V\"}
com.shop.Prices -> a.c:
# {\"id\":\"sourceFile\",\"fileName\":\"PriceList.kt\"}
    1:4:void load():5:8 -> a
com.shop.NoPrice -> a.d:
    1:1:void <init>():3:3 -> <init>
com.shop.Outline -> a.o:
# {\"id\":\"com.android.tools.r8.synthesized\"}
    1:2:void outline():0:0 -> a
      # {\"id\":\"com.android.tools.r8.outline\"}
com.shop.MainActivity -> com.shop.MainActivity:
    1:1:void onCreate(android.os.Bundle):9:9 -> onCreate
";

pub(super) fn written(mapping: &[u8]) -> (Vec<u8>, WrittenMapping) {
    let mut object = b"before".to_vec();
    let written = write_mapping(&mut object, mapping).unwrap();
    (object, written)
}

/// Looks a class up as a reader of the object does.
pub(super) fn look_up(object: &[u8], written: &WrittenMapping, class: &str) -> Option<String> {
    let part = |range: source_maps::ObjectRange| &object[range.offset as usize..(range.offset + range.length) as usize];
    let directory = MappingDirectory::parse(part(written.range)).unwrap();
    class_in(part(directory.block(class)?), class).unwrap()
}

#[test]
fn each_class_is_found_by_its_obfuscated_name() {
    let (object, written) = written(MAPPING.as_bytes());
    assert_eq!((written.classes, written.note.as_deref()), (5, None));
    let cart = look_up(&object, &written, "a.b").unwrap();
    assert!(cart.starts_with("com.shop.Cart -> a.b:\n# {"), "{cart}");
    assert!(cart.contains("com.shop.Prices -> a.c:\n# {"), "the file of an inlined class is known: {cart}");
    assert!(!cart.contains("items") && !cart.contains("residual"), "what no look-up needs is left out: {cart}");
    assert!(look_up(&object, &written, "com.shop.MainActivity").is_some());
    for other in ["", "a", "a.bb", "com.shop.Cart", "zzz"] {
        assert_eq!(look_up(&object, &written, other), None, "{other}");
    }
}

#[test]
fn many_classes_are_found_in_their_blocks() {
    let classes = (0..5_000).map(|number| {
        format!("com.shop.Class{number} -> x{number}:\n    1:9:void method{number}(int,java.lang.String):1:9 -> a\n")
    });
    let (object, written) = written(classes.collect::<String>().as_bytes());
    for number in (0..5_000).step_by(37) {
        let class = look_up(&object, &written, &format!("x{number}")).unwrap();
        assert!(class.starts_with(&format!("com.shop.Class{number} -> ")), "{class}");
    }
}

#[test]
fn a_mapping_without_lines_says_what_to_do() {
    let (_, written) = written(b"com.shop.Cart -> a.b:\n    void pay() -> a\n");
    assert!(written.note.unwrap().contains("-keepattributes SourceFile,LineNumberTable"));
}

#[test]
fn what_is_not_a_mapping_is_refused() {
    for other in ["", "\n\n", "<html>", "{\"version\":3}", "# compiler: R8\n", "    1:1:void a():1 -> b\n"] {
        let refused = write_mapping(&mut Vec::new(), other.as_bytes()).unwrap_err();
        assert!(refused.contains("it has no classes"), "{other}: {refused}");
    }
}
