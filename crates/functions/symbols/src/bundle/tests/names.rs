//! Functions of scripts, and their original names.

use proptest::prelude::*;

use crate::bundle::scopes::find_functions;

/// The name of the function around a place, `?` if it is anonymous, `-` outside of functions.
fn around(script: &str, at: usize) -> String {
    let changes = find_functions(script);
    let last = changes.iter().rfind(|(start, _)| *start <= at);
    match last.and_then(|(_, function)| *function) {
        None => "-".to_owned(),
        Some(function) => {
            let name = function.name.map_or("?", |name| name.text);
            function.class.map_or(name.to_owned(), |class| format!("{}.{name}", class.text))
        }
    }
}

/// Each `@` of the script is a place; checks the functions around them.
#[track_caller]
fn check(script: &str, expected: &[&str]) {
    let found: Vec<_> = script.match_indices('@').map(|(at, _)| around(script, at)).collect();
    assert_eq!(found, expected, "{script}");
}

#[test]
fn functions_are_found_by_all_their_forms() {
    check("@;function a(b){@}@", &["-", "a", "-"]);
    check("async function a(){@}function*b(){@}", &["a", "b"]);
    check("var a=function(){@},b=function c(){@};", &["a", "c"]);
    check("a.b.pay=function(){@};", &["pay"]);
    check(
        "x={pay:function(){@},get:()=>{@},y(){@},async z(){@},get v(){@},*g(){@}}",
        &["pay", "get", "y", "z", "v", "g"],
    );
    check("const a=(b,c)=>{@};const d=e=>@;@", &["a", "d", "-"]);
    check("f(a=>@,()=>{@},function(){@})", &["?", "?", "?"]);
    check("f(async a=>@,async()=>{@})", &["?", "?"]);
    check("x=async()=>{@};y=async a=>@", &["x", "y"]);
    check("a=b=>c=>@", &["?"]);
    check("a=b=>({c:@})", &["a"]);
    check("a=b=>b?@:@,@", &["a", "a", "-"]);
    check("x?a=>@:@", &["?", "-"]);
    check(
        "class A{constructor(){@}pay(){@}static b(){@}#c(){@}d=()=>@;get(){@}if(){@}}@",
        &["A.constructor", "A.pay", "A.b", "A.#c", "A.d", "A.get", "A.if", "-"],
    );
    check("var B=class{pay(){@}},C=class D extends B{pay(){@}};", &["B.pay", "D.pay"]);
    check("if(a){@}for(;;){@}switch(a){case 1:@}try{@}catch(e){@}", &["-", "-", "-", "-", "-"]);
    check("function a(){if(b){@}while(c){@}return{d(){@}}}@", &["a", "a", "d", "-"]);
    check("function a(){return function(){@}@}", &["?", "a"]);
    check("function a(b=()=>@,c={d(){@}}){@}", &["b", "d", "a"]);
    check("x=(b=()=>@)=>@", &["b", "x"]);
}

#[test]
fn text_in_a_script_is_not_code() {
    check(
        r#"function a(){"}";'}';`}`;/}/;/[/}]/;//}
        @}"#,
        &["a"],
    );
    check("function a(){/* } */@}", &["a"]);
    check("function a(){`${function(){@}}}${b=>{@}}`;@}", &["?", "?", "a"]);
    check("function a(){return a/b/c;@}", &["a"]);
    check("function a(){if(b)/}/.test(c);@}", &["a"]);
    check("a.function;b.class;function c(){@}", &["c"]);
    check("function größe(){@}", &["größe"]);
    check("a?.5:b;a?.b(c);function d(){@}", &["d"]);
}

#[test]
fn code_that_is_not_minified_needs_no_semicolons() {
    check("const a = (b) => b + 1\nconst c = 1\n@\nfunction d() {\n  @\n}\n", &["-", "d"]);
}

#[test]
fn a_script_that_nests_without_end_is_read_in_bounded_time() {
    for part in ["(", "[", "{", "`${", "a=>", "a?", "!", "function a(){", "class A{a(){", "new ", "if(a)", "a=b=>{"] {
        let script = part.repeat((4 << 20) / part.len());
        assert!(find_functions(&script).len() <= 3_000_003, "{part}");
    }
}

proptest! {
    #[test]
    fn no_script_panics(parts in proptest::collection::vec(
        prop_oneof!["function ", "class ", "a", "=>", "[(){}\\[\\];,?:=/`'\"$\\\\.*\n ]", "\\PC", "async "], 0..200)
    ) {
        let script = parts.concat();
        let changes = find_functions(&script);
        prop_assert!(changes.is_sorted_by_key(|(start, _)| *start));
    }
}
