//! Texts as runtimes print them.

use super::{ParsedTrace, parse};

/// A line for each exception, the one that was caught first, and for each of its frames, callers first.
fn shown(trace: &ParsedTrace) -> String {
    let mut out = trace.platform.unwrap_or("unknown").to_owned();
    for one in &trace.exceptions {
        let part = |part: &Option<String>| part.clone().unwrap_or_else(|| "-".to_owned());
        out += &format!("\n{}|{}|{}", part(&one.module), part(&one.kind), part(&one.value).replace('\n', "/"));
        for frame in &one.frames {
            let number = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
            out += &format!(
                "\n  {} {} {}:{}:{}",
                part(&frame.module),
                part(&frame.function),
                part(&frame.filename),
                number(frame.lineno),
                number(frame.colno)
            );
        }
    }
    out
}

/// Checks what a text becomes, and that its platform is recognised.
#[track_caller]
fn check(text: &str, expected: &str) {
    let found = shown(&parse(text, None));
    assert_eq!(found, expected.trim(), "found:\n{found}\n");
    let platform = expected.trim().lines().next();
    assert_eq!(shown(&parse(text, platform)), expected.trim(), "the platform is known");
    assert_eq!(shown(&parse(&text.replace('\n', "\r\n"), None)), expected.trim(), "lines of Windows");
}

#[test]
fn java() {
    check(
        "Exception in thread \"main\" shop.Crash$CartException: no total for cart 4711\n\
         second line: at foo.Bar(Baz)\n\
         \tat shop.Crash.total(Crash.java:6)\n\
         \tat java.base/java.lang.reflect.Method.invoke(Method.java:569)\n\
         \tat app//shop.Crash.main(Native Method)\n\
         \tSuppressed: java.lang.IllegalStateException: close failed\n\
         \t\tat shop.Crash.close(Crash.java:3)\n\
         \t\t... 10 more\n\
         \tCaused by: java.io.IOException: hidden\n\
         \t\tat shop.Crash.read(Crash.java:2)\n\
         Caused by: java.lang.NumberFormatException: For input string: \"x\"\n\
         \tat shop.Crash.inner(Crash.java:5)\n\
         \t... 2 more\n",
        "
java
shop|Crash$CartException|no total for cart 4711/second line: at foo.Bar(Baz)
  shop.Crash main -:-:-
  java.lang.reflect.Method invoke Method.java:569:-
  shop.Crash total Crash.java:6:-
java.lang|NumberFormatException|For input string: \"x\"
  shop.Crash main -:-:-
  java.lang.reflect.Method invoke Method.java:569:-
  shop.Crash inner Crash.java:5:-",
    );
    check(
        "java.lang.IllegalArgumentException\n\tat Crash.main(Crash.kt:9)",
        "java\njava.lang|IllegalArgumentException|-\n  Crash main Crash.kt:9:-",
    );
}

#[test]
fn python() {
    check(
        r#"Traceback (most recent call last):
  File "/srv/cart.py", line 4, in total
    try: return items[3]
                ~~~~~^^^
IndexError: list index out of range

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/srv/cart.py", line 11, in <module>
    total([])
  File "/srv/cart.py", line 6, in total
    raise CartError('no total') from e
shop.CartError: no total for cart 4711
second line
a note
"#,
        "
python
shop|CartError|no total for cart 4711/second line/a note
  - <module> /srv/cart.py:11:-
  - total /srv/cart.py:6:-
-|IndexError|list index out of range
  - total /srv/cart.py:4:-",
    );
    check(
        "  + Exception Group Traceback (most recent call last):\n  |   File \"/srv/cart.py\", line 11, in show\n  |     f()\n  | ExceptionGroup: many (2 sub-exceptions)\n  +-+---------------- 1 ----------------\n    | ValueError: a\n    +---------------- 2 ----------------\n    | KeyError: b\n    +------------------------------------\n",
        "python\n-|ExceptionGroup|many (2 sub-exceptions)\n  - show /srv/cart.py:11:-",
    );
    check(
        "Traceback (most recent call last):\n\u{a0} File \"/var/task/app.py\", line 3, in handler\n\u{a0} \u{a0} raise KeyError()\nKeyError\n",
        "python\n-|KeyError|-\n  - handler /var/task/app.py:3:-",
    );
    check(
        "  File \"/srv/cart.py\", line 1\n    def (\n        ^\nSyntaxError: invalid syntax\n",
        "python\n-|SyntaxError|invalid syntax\n  - - /srv/cart.py:1:-",
    );
    let trace =
        parse("Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    g()\n    ^^^\nE: m", None);
    assert_eq!(trace.exceptions[0].frames[0].context_line.as_deref(), Some("g()"));
}

#[test]
fn javascript() {
    check(
        "CartError: no total\nsecond line\n    at total (/srv/cart.js:14:74)\n    at async /srv/cart.js:18:11\n    at Array.forEach (<anonymous>)\n    at Function.run [as main] (node:internal/run:164:12)\n    at new Promise (<anonymous>)\n    at eval (eval at f (/srv/a.js:1:2), <anonymous>:1:20) {\n  code: 'E_X',\n  [cause]: TypeError: inner\n      at named (/srv/cart.js:4:103)\n}\n",
        "
node
-|CartError|no total/second line
  - eval <anonymous>:1:20
  - new Promise <anonymous>:-:-
  - Function.run node:internal/run:164:12
  - Array.forEach <anonymous>:-:-
  - - /srv/cart.js:18:11
  - total /srv/cart.js:14:74
-|TypeError|inner
  - named /srv/cart.js:4:103",
    );
    check(
        "/srv/cart.js:1\nthrow new Error(\"top\")\n^\n\nError: top\n    at run (/srv/cart.js:1:21)\n\nNode.js v20.20.2\n",
        "node\n-|Error|top\n  - run /srv/cart.js:1:21",
    );
    check(
        "TypeError: x is undefined\n    at total (https://shop.example/app.js:7:74)\n",
        "javascript\n-|TypeError|x is undefined\n  - total https://shop.example/app.js:7:74",
    );
    check(
        "total@https://shop.example/app.js:7:74\n@https://shop.example/app.js:10:9\n",
        "javascript\n-|-|-\n  - - https://shop.example/app.js:10:9\n  - total https://shop.example/app.js:7:74",
    );
}

#[test]
fn go() {
    check(
        "panic: no total [recovered]\n\tpanic: no total\n\ngoroutine 1 [running]:\nmain.guarded.func1()\n\t/srv/main.go:19 +0xbf\npanic({0x4935e0, 0xc00001a090})\n\t/usr/lib/go/src/runtime/panic.go:884 +0x212\nexample.org/shop/cart.(*Cart).Total(...)\n\t/srv/cart.go:12\nmain.main()\n\t/srv/main.go:27 +0x19\n\ngoroutine 7 [select]:\nmain.other()\n\t/srv/main.go:1\n",
        "
go
-|-|no total
  main main /srv/main.go:27:-
  example.org/shop/cart (*Cart).Total /srv/cart.go:12:-",
    );
    check(
        "goroutine 18 [running]:\nruntime/debug.Stack()\n\t/usr/lib/go/src/runtime/debug/stack.go:24 +0x65\nmain.total()\n\t/srv/main.go:17 +0x39\ncreated by main.main in goroutine 1\n\t/srv/main.go:28 +0x25\n",
        "go\n-|-|-\n  main main /srv/main.go:28:-\n  main total /srv/main.go:17:-",
    );
}

#[test]
fn ruby() {
    let expected = "
ruby
Shop|CartError|no total for cart 4711/second line
  - <main> cart.rb:11:-
  - total cart.rb:3:-
  - rescue in total cart.rb:6:-
-|IndexError|index 3 outside
  - total cart.rb:4:-
  - fetch cart.rb:4:-";
    check(
        "cart.rb:6:in `rescue in total': no total for cart 4711 (Shop::CartError)\nsecond line\n\tfrom cart.rb:3:in `total'\n\tfrom cart.rb:11:in `<main>'\ncart.rb:4:in `fetch': index 3 outside (IndexError)\n\tfrom cart.rb:4:in `total'\n",
        expected,
    );
    check(
        "cart.rb:6:in 'rescue in total': \u{1b}[1mno total for cart 4711 (\u{1b}[1;4mShop::CartError\u{1b}[m\u{1b}[1m)\u{1b}[m\nsecond line\n\tfrom cart.rb:3:in 'total'\n\tfrom cart.rb:11:in '<main>'\ncart.rb:4:in 'fetch': index 3 outside (IndexError)\n\tfrom cart.rb:4:in 'total'\n",
        expected,
    );
    check(
        "Traceback (most recent call last):\n\t1: from cart.rb:4:in `total'\ncart.rb:4:in `fetch': index 3 outside (IndexError)\n\t2: from cart.rb:11:in `<main>'\n\t1: from cart.rb:3:in `total'\ncart.rb:6:in `rescue in total': no total for cart 4711 (Shop::CartError)\nsecond line\n",
        expected,
    );
    check(
        "cart.rb:6:in `total'\ncart.rb:11:in `<main>'\n",
        "ruby\n-|-|-\n  - <main> cart.rb:11:-\n  - total cart.rb:6:-",
    );
}

#[test]
fn dotnet() {
    check(
        "Unhandled exception. Shop.CartException: no total\n ---> System.FormatException: bad digit\n   at System.Int32.Parse(String s)\n   at Shop.Cart.Read(String text) in /srv/Cart.cs:line 3\n   --- End of inner exception stack trace ---\n   at Shop.Cart.Total() in /srv/Cart.cs:line 12\n--- End of stack trace from previous location ---\n   at Shop.Program.<Main>d__3.MoveNext() in C:\\srv\\Program.cs:line 7\n",
        "
csharp
Shop|CartException|no total
  Shop.Program.<Main>d__3 MoveNext C:\\srv\\Program.cs:7:-
  Shop.Cart Total /srv/Cart.cs:12:-
System|FormatException|bad digit
  Shop.Cart Read /srv/Cart.cs:3:-
  System.Int32 Parse -:-:-",
    );
}

#[test]
fn php() {
    check(
        "PHP Fatal error:  Uncaught DivisionByZeroError: Division by zero in /srv/cart.php:5\nStack trace:\n#0 /srv/cart.php(5): intdiv(1, 0)\n#1 /srv/cart.php(8): Shop\\Cart->total(Array)\n#2 {main}\n\nNext Shop\\CartError: no total\nsecond line in /srv/cart.php:6\nStack trace:\n#0 [internal function]: Shop\\Cart->total(Array)\n#1 /srv/cart.php(9): array_map(Object(Closure), Array)\n#2 {main}\n  thrown in /srv/cart.php on line 6\n",
        "
php
Shop|CartError|no total/second line
  - {main} /srv/cart.php:9:-
  - array_map -:-:-
  - Shop\\Cart->total /srv/cart.php:6:-
-|DivisionByZeroError|Division by zero
  - {main} /srv/cart.php:8:-
  - Shop\\Cart->total /srv/cart.php:5:-
  - intdiv /srv/cart.php:5:-",
    );
    check(
        "#0 /srv/cart.php(6): Shop\\Cart->total(Array)\n#1 {main}\n",
        "php\n-|-|-\n  - {main} /srv/cart.php:6:-\n  - Shop\\Cart->total -:-:-",
    );
}

#[test]
fn rust() {
    check(
        "\nthread 'worker' (9192) panicked at src/cart.rs:2:53:\nindex out of bounds\nsecond line\nstack backtrace:\n   0: __rustc::rust_begin_unwind\n             at /rustc/5980/library/std/src/panicking.rs:689:5\n   1: cart::Cart::total\n             at ./src/cart.rs:2:53\n   2:     0x55d0c0ffee - cart::main\nnote: Some details are omitted\n",
        "
rust
-|panic|index out of bounds/second line
  - cart::main -:-:-
  - cart::Cart::total ./src/cart.rs:2:53
  - __rustc::rust_begin_unwind /rustc/5980/library/std/src/panicking.rs:689:5",
    );
    check(
        "thread 'main' panicked at src/main.rs:3:220:\nno total\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n",
        "rust\n-|panic|no total\n  - - src/main.rs:3:220",
    );
    check("thread 'main' panicked at 'no total', src/main.rs:3:5\n", "rust\n-|panic|no total\n  - - src/main.rs:3:5");
}

#[test]
fn a_text_without_a_trace_is_nothing() {
    for text in ["", "no total for cart 4711", "at noon", "see #12", "user@example.org", "{}\n[]"] {
        assert_eq!(shown(&parse(text, None)), "unknown", "{text}");
    }
}

proptest::proptest! {
    /// Any text is parsed without a panic, and becomes bounded.
    #[test]
    fn any_text_is_parsed(text in r#"((Traceback \(most recent call last\):|  File "a", line 1, in f|    at f \(a:1:2\)|\tat a\.B\.c\(D\.java:1\)|Caused by: |goroutine 1 \[running\]:|\t/a\.go:1|#0 a\(1\): f\(\)|Next |a:1:in `b'|\tfrom a:1:in `b'| ---> |   --- End of inner exception|   1: f| at a:1| panicked at |\.\.\. 2 more|\PC{0,12})\n){0,12}"#) {
        for platform in [None, Some("java"), Some("python"), Some("node"), Some("go"), Some("ruby"), Some("csharp"), Some("php"), Some("rust")] {
            let trace = parse(&text, platform);
            proptest::prop_assert!(trace.exceptions.len() <= 20);
        }
    }
}
