"""Expectations for each client: its cases, with the number of events, and the type and message of their error.

A case is one error, and shares it with no other case. `*` stands for text that differs between its events. `wire` has the
other item types that the client must have sent, so that "they create nothing" (feedback: one error) is really tested; `encodings` the encodings
that it must have used; `functions` where the exceptions of some cases were raised, cause first; `culprits` the culprits that
some cases must show.
"""

COMMON = {
    "message": (2, "", "user * not found"),
}

PYTHON = {
    "cases": COMMON
    | {
        "twice": (2, "LookupError", "order * is missing"),
        "other type": (1, "ZeroDivisionError", "division by zero"),
        "one function": (1, "ValueError", "cannot read 'x'"),
        "another function": (1, "ValueError", "cannot read 'x'"),
        "chained": (1, "PaymentRefused", "no card on file"),
        "rich": (1, "PermissionError", "not allowed to pay"),
        "large": (2, "BufferError", "a large one"),
        "unicode": (1, "OSError", "échec: файл не найден 🦀"),
        "surrogate": (1, "FileNotFoundError", "no file caf\ufffd"),
        "thread": (1, "RuntimeError", "the worker stopped"),
        "unhandled": (1, "SystemError", "nobody caught this"),
    },
    "wire": {"transaction", "session", "log", "check_in", "attachment"},
    "encodings": {"br", "gzip"},
    "functions": {
        "twice": ["load_order"],
        "chained": ["pay", "pay"],
        "rich": ["rich"],
        "thread": ["work_in_thread"],
        "unhandled": ["main"],
    },
    "culprits": {"twice": "load_order", "chained": "pay", "rich": "rich"},
}

JAVASCRIPT = COMMON | {
    "twice": (2, "RangeError", "order * is missing"),
    "other type": (1, "TypeError", "Cannot read properties of undefined (reading 'total')"),
    "one function": (1, "SyntaxError", "cannot read 'x'"),
    "another function": (1, "SyntaxError", "cannot read 'x'"),
    "chained": (1, "PaymentRefused", "no card on file"),
    "rich": (1, "Error", "not allowed to pay"),
    "large": (1, "Error", "a large one"),
    "unicode": (1, "Error", "échec: файл не найден 🦀"),
    "unhandled": (1, "EvalError", "nobody caught this"),
    "rejection": (1, "URIError", "nobody waited for this"),
}

FUNCTIONS = {"twice": ["loadOrder"], "chained": ["decodeURIComponent", "pay"], "rich": ["rich"]}

NODE = {
    "cases": JAVASCRIPT,
    "wire": {"span", "session", "log", "check_in", "attachment", "feedback", "client_report"},
    "encodings": {"", "gzip"},
    "functions": FUNCTIONS,
    "culprits": {"twice": "loadOrder", "chained": "pay", "rich": "rich"},
}

BROWSER = {
    "cases": JAVASCRIPT,
    "wire": {"span", "session", "log", "feedback"},
    "encodings": {""},
    "functions": FUNCTIONS,
    "culprits": {"twice": "/", "chained": "/", "rich": "/"},
}

RUST = {
    "cases": COMMON
    | {
        "twice": (2, "OrderMissing", "order * is missing"),
        "other type": (1, "ParseIntError", "invalid digit found in string"),
        "one function": (1, "Failed", "cannot read the price"),
        "another function": (1, "Failed", "cannot read the quantity"),
        "chained": (1, "PaymentRefused", "no card on file"),
        "rich": (1, "Failed", "not allowed to pay"),
        "large": (1, "Failed", "a large one"),
        "unicode": (1, "Failed", "échec: файл не найден 🦀"),
        "caught panic": (1, "panic", "no stock to count"),
        "thread": (1, "panic", "the worker stopped"),
        "unhandled": (1, "panic", "nobody caught this"),
    },
    "wire": {"transaction", "session", "log", "attachment"},
    "encodings": {""},
    "functions": {},
    "culprits": {
        "one function": "faultline_live_client::parse_price",
        "caught panic": "faultline_live_client::count_stock",
        "thread": "faultline_live_client::work_in_thread",
        "unhandled": "faultline_live_client::main",
    },
}

RUBY_CASES = COMMON | {
    "twice": (2, "KeyError", "order * is missing"),
    "other type": (1, "ZeroDivisionError", "divided by 0"),
    "one function": (1, "ArgumentError", "cannot read 'x'"),
    "another function": (1, "ArgumentError", "cannot read 'x'"),
    "chained": (1, "PaymentRefused", "no card on file"),
    "rich": (1, "SecurityError", "not allowed to pay"),
    "large": (1, "IOError", "a large one"),
    "unicode": (1, "IOError", "échec: файл не найден 🦀"),
    "thread": (1, "ThreadError", "the worker stopped"),
    "unhandled": (1, "RangeError", "nobody caught this"),
}

RUBY_FUNCTIONS = {"twice": ["load_order"], "chained": ["fetch", "rescue in pay"], "thread": ["work_in_thread"]}

RUBY = {
    "cases": RUBY_CASES,
    "wire": {"transaction", "sessions"},
    "encodings": {"", "gzip"},
    "functions": RUBY_FUNCTIONS,
    "culprits": {"twice": "load_order", "chained": "pay", "rich": "rich"},
}

RAVEN = {
    "cases": RUBY_CASES | {"large": (2, "IOError", "a large one")},
    "wire": set(),
    "encodings": {"", "base64"},
    "functions": RUBY_FUNCTIONS,
    "culprits": {"twice": "load_order", "chained": "pay", "rich": "pay"},
}

GO = {
    "cases": COMMON
    | {
        "twice": (2, "main.orderMissing", "order * is missing"),
        "other type": (1, "*strconv.NumError", 'strconv.Atoi: parsing "ten": invalid syntax'),
        "one function": (1, "*errors.errorString", "cannot read 'x'"),
        "another function": (1, "*errors.errorString", "cannot read 'x'"),
        "chained": (1, "main.paymentRefused", "no card on file"),
        "rich": (1, "*errors.errorString", "not allowed to pay"),
        "large": (1, "*errors.errorString", "a large one"),
        "unicode": (1, "*errors.errorString", "échec: файл не найден 🦀"),
        "caught panic": (1, "", "no stock to count"),
        "thread": (1, "*errors.errorString", "the worker stopped"),
        "unhandled": (1, "*errors.errorString", "nobody caught this"),
    },
    "wire": {"transaction"},
    "encodings": {""},
    "functions": {"twice": ["loadOrder"], "chained": [None, "pay"], "rich": ["rich"]},
    "culprits": {"twice": "loadOrder", "chained": "pay", "rich": "rich", "caught panic": "countStock"},
}

CLIENTS = {
    "python": PYTHON,
    "node": NODE,
    "browser": BROWSER,
    "rust": RUST,
    "ruby": RUBY,
    "raven": RAVEN,
    "go": GO,
}

# The password that clients put into extra data and local variables.
SECRET = "correct-horse-battery"
