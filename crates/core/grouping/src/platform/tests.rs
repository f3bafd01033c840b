use super::Family;
use model::occurrence::Frame;

#[track_caller]
fn function(platform: &str, name: &str, expected: &str) {
    let frame = Frame { function: Some(name.to_owned()), ..Frame::default() };
    let found = Family::of(platform).function(&frame);
    assert_eq!(found.as_deref().unwrap_or("-"), expected, "{platform}: {name}");
}

#[track_caller]
fn module(platform: &str, name: &str, expected: &str) {
    let frame = Frame { module: Some(name.to_owned()), ..Frame::default() };
    let found = Family::of(platform).module(&frame);
    assert_eq!(found.as_deref().unwrap_or("-"), expected, "{platform}: {name}");
}

/// Names that browsers give to the same function.
#[test]
fn javascript_functions() {
    function("javascript", "Foo.prototype.render", "render");
    function("javascript", "Object.render", "render");
    function("javascript", "new Cart", "Cart");
    function("javascript", "async load", "load");
    function("javascript", "Object.load [as handler]", "load");
    for caused in ["async*load", "promise callback*load", "setTimeout handler*load", "async*promise callback*load"] {
        function("javascript", caused, "load");
    }
    function("javascript", "loadAsync", "loadAsync");
    function("javascript", "_callee2$", "_callee$");
    function("javascript", "step2", "step2");
    function("node", "render", "render");
    for anonymous in ["?", "", "<anonymous>", "Object.<anonymous>", "Anonymous function", "render/<", "Cart/this.load<"]
    {
        function("javascript", anonymous, "-");
    }
}

#[test]
fn java_names() {
    function("java", "handle", "handle");
    function("java", "lambda$main$0", "lambda$main");
    function("java", "lambda$save$12$com-shop-Orders", "lambda$save");
    function("java", "$anonfun$total$1", "$anonfun$total");
    function("java", "total$lambda$2", "total$lambda");
    function("java", "CGLIB$total$3", "CGLIB$total");
    function("java", "access$100", "access");
    function("java", "total2", "total2");
    function("java", "$", "$");
    module("java", "com.shop.Cart", "com.shop.Cart");
    module("java", "com.shop.Cart$$Lambda$14/0x0008", "com.shop.Cart$$Lambda");
    module("java", "com.shop.Cart$$Lambda/0x00007f8c2c0a1b2c", "com.shop.Cart$$Lambda");
    module("java", "com.shop.Cart$1", "com.shop.Cart$1");
    module("java", "com.shop.Cart$2", "com.shop.Cart$2");
    module("java", "com.shop.CartKt$load$2", "com.shop.CartKt$load");
    module("java", "com.shop.Cart$$ExternalSyntheticLambda12", "com.shop.Cart$$ExternalSyntheticLambda");
    module("java", "sun.reflect.GeneratedMethodAccessor123", "sun.reflect.GeneratedMethodAccessor");
    module(
        "java",
        "jdk.internal.reflect.GeneratedConstructorAccessor7",
        "jdk.internal.reflect.GeneratedConstructorAccessor",
    );
    module("java", "com.shop.Cart$$EnhancerBySpringCGLIB$$ab12cd", "com.shop.Cart$$EnhancerBySpringCGLIB");
    module("java", "com.shop.Cart$$SpringCGLIB$$0", "com.shop.Cart$$SpringCGLIB");
    module("java", "com.shop.Cart$HibernateProxy$xYz", "com.shop.Cart$HibernateProxy");
    module("java", "com.shop.Cart_$$_javassist_74", "com.shop.Cart_$$_javassist");
    module("java", "com.sun.proxy.$Proxy99", "com.sun.proxy.$Proxy");
    module("java", "shop.core$handler__123", "shop.core$handler");
}

#[test]
fn names_of_other_scripts() {
    function("ruby", "block in call", "block in call");
    function("ruby", "block (2 levels) in call", "block in call");
    function("ruby", "block in save", "block in save");
    function("ruby", "_app_views_users_show_html_erb___1234567_70123", "_app_views_users_show_html_erb");
    function("ruby", "call_2", "call_2");
    function("php", "App\\Cart::total", "App\\Cart::total");
    function("php", "class@anonymous\0/srv/a.php:12$0::run", "class@anonymous::run");
    function("php", "class@anonymous\0/srv/a.php:12$0", "class@anonymous");
    function("php", "App\\Total@anonymous\0/srv/b.php:9$1f::run", "App\\Total@anonymous::run");
    function("php", "[Anonymous function]", "-");
    function("php", "App\\Cart::{closure}", "App\\Cart::{closure}");
    function("php", "{closure:App\\Job::save():12}", "{closure:App\\Job::save()}");
    function("php", "{closure:App\\Job::load():12}", "{closure:App\\Job::load()}");
    function("php", "{closure:/srv/releases/7/routes.php:12}", "{closure:routes.php}");
    function("csharp", "Total (System.Int32 id)", "Total");
    function("csharp", "Total(Int32)", "Total");
    function("csharp", "<Total>b__0_1", "<Total>b");
    function("csharp", "<Total>g__Round|3_0", "<Total>g__Round");
    function("csharp", "<Total>g__Sum|3_1", "<Total>g__Sum");
    module("csharp", "Shop.Cart+<TotalAsync>d__4", "Shop.Cart+<TotalAsync>d");
    module("csharp", "Shop.Cart+<LoadAsync>d__4", "Shop.Cart+<LoadAsync>d");
    module("csharp", "Shop.Cart+<>c__DisplayClass3_0", "Shop.Cart+<>c__DisplayClass");
    module("csharp", "Shop.Cart2", "Shop.Cart2");
    function("python", "<lambda>", "<lambda>");
    function("go", "(*Server).handle", "(*Server).handle");
    function("go", "(*Server).handle.func1.2", "(*Server).handle.func");
    function("go", "main.Map[...].Load", "main.Map[...].Load");
    function("elixir", "-total/2-fun-0-", "-total/2-fun");
    function("elixir", "-load/2-fun-1-", "-load/2-fun");
    function("dart", "minified:kP", "-");
}

#[test]
fn native_symbols() {
    function("native", "main", "main");
    function("native", "<redacted>", "-");
    function("native", "<unknown>", "-");
    function("native", "<deduplicated_symbol>", "-");
    function("native", "??", "-");
    function("native", "___lldb_unnamed_symbol12", "-");
    function("cocoa", "Cart.(total in _1A2B3C)()", "Cart.total");
    function("cocoa", "Cart.(tax in _1A2B3C)()", "Cart.tax");
    function("native", "int shop::total(Cart const&, int) const", "shop::total");
    function("native", "std::vector<int, std::allocator<int> >::push_back(int&&)", "std::vector<T>::push_back");
    function("native", "std::map<K, std::vector<V>>::~map()", "std::map<T>::~map");
    function("native", "void (anonymous namespace)::run(char*)", "{anon}::run");
    function("native", "`anonymous namespace'::run", "{anon}::run");
    function("native", "main::{lambda(int)#2}::operator()(int) const", "main::lambda::operator()");
    function("native", "main::<lambda_5db80dab>::operator()", "main::lambda::operator()");
    function("native", "main::'lambda'(int)::operator()(int) const", "main::lambda");
    function("native", "bool operator==(A const&, B const&)", "operator==");
    function("native", "void* operator new(unsigned long)", "operator new");
    function("native", "run [clone .cold.3]", "run");
    function("native", "memcpy@@GLIBC_2.14", "memcpy");
    function("native", "_Run@12", "Run");
    function("rust", "shop::cart::total::h0123456789abcdef", "shop::cart::total");
    function("rust", "shop[732db11e2f5fb19e]::cart::total", "shop::cart::total");
    function("rust", "<shop[732db11e2f5fb19e]::Cart>::total", "shop::Cart::total");
    function("rust", "_ZN4shop4cart5total17h0123456789abcdefE", "shop::cart::total");
    function("rust", "_RNvNtCs1234_4shop4cart5total", "shop::cart::total");
    function("native", "_ZN4shop4Cart5totalEv", "_ZN4shop4Cart5totalEv");
    function("native", "sub_401010", "-");
    function("cocoa", "__21-[Cart total:]_block_invoke_2", "block in -[Cart total:]");
    function("rust", "<shop::Cart as core::fmt::Display>::fmt", "core::fmt::Display::fmt");
    function("rust", "<shop::Cart<T>>::total", "shop::Cart<T>::total");
    function("rust", "shop::run::{{closure}}", "shop::run::{{closure}}");
    function("rust", "<F as alloc::boxed::FnBox<fn(A) -> B>>::call", "alloc::boxed::FnBox<T>::call");
    function("cocoa", "-[Cart total:]", "-[Cart total:]");
    function("cocoa", "closure #1 in closure #2 in Cart.total()", "closure in Cart.total");
}

/// Cleaning any symbol neither panics nor returns an empty name for a non-empty one.
#[test]
fn odd_symbols() {
    for name in [
        "<",
        ">",
        "(",
        ")",
        "<<",
        "a<b",
        "a>b",
        "->",
        "operator<",
        "operator<<(A, B)",
        "::",
        "<>::",
        "'",
        "{lambda(",
        "$_",
        "é(ü) ",
    ] {
        for platform in ["native", "rust", "csharp", "php", "ruby", "java", "javascript"] {
            let frame = Frame { function: Some(name.to_owned()), module: Some(name.to_owned()), ..Frame::default() };
            let _ = (Family::of(platform).function(&frame), Family::of(platform).module(&frame));
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_symbol_is_cleaned(name in "[a-z<>(){}:' ,@$_&*\\[\\]é-]{0,40}") {
        for platform in ["native", "csharp", "php", "ruby", "java", "javascript"] {
            let frame = Frame { function: Some(name.clone()), module: Some(name.clone()), ..Frame::default() };
            let _ = (Family::of(platform).function(&frame), Family::of(platform).module(&frame));
        }
    }
}

#[track_caller]
fn exception_type(platform: &str, kind: &str, expected: &str) {
    assert_eq!(Family::of(platform).exception_type(kind).as_deref().unwrap_or("-"), expected, "{platform}: {kind}");
}

/// Types can be generated, just as other names.
#[test]
fn types_of_exceptions() {
    exception_type("php", "class@anonymous\0/srv/a.php:12$0", "class@anonymous");
    exception_type("php", "App\\NoTotal", "App\\NoTotal");
    exception_type("java", "com.shop.NoTotal$$EnhancerBySpringCGLIB$$1a2b", "com.shop.NoTotal$$EnhancerBySpringCGLIB");
    exception_type("java", "com.shop.NoTotal$1", "com.shop.NoTotal$1");
    exception_type("rust", "shop[732db11e2f5fb19e]::NoTotal", "shop::NoTotal");
    exception_type("native", "boost::wrapexcept<std::out_of_range>", "boost::wrapexcept<std::out_of_range>");
    exception_type("csharp", "Shop.Cart+<Total>d__4", "Shop.Cart+<Total>d");
    exception_type("ruby", "#<Class:0x00007f8b1c0a1b2c>", "#<Class:0x>");
    exception_type("dart", "minified:kP", "-");
    exception_type("javascript", "minified:kP", "-");
    exception_type("python", "KeyError", "KeyError");
}
