"""Keeps requests of the clients as samples, in files that can be read and compared. See tests/samples/README.md.

Everything that identifies the machine is replaced by a similar value. Nothing else is changed, except that long lists of
modules are cut to five.
"""

import json
import os
import re
from pathlib import Path

from wire import Exchange

ROOM = Path(__file__).parents[2] / "samples" / "captures"
# Headers of the SDK. Others depend on the connection.
HEADERS = ("user-agent", "origin", "content-type", "content-encoding", "authorization", "x-sentry-auth")
# The cases that are kept: two alike events, a chained exception, a message, and an event with everything in it.
CASES = {"twice", "chained", "message", "rich"}
# Different errors with the same type and message.
SAME = {"one function", "another function"}
# Not every SDK has all of these, to keep samples with long stacks small.
CASES_OF = {
    "python": CASES | SAME | {"surrogate"},
    "node": CASES,
    "browser": CASES,
    "rust": {"twice", "caught panic"},
    "ruby": CASES,
    "raven": CASES,
    "go": CASES | SAME | {"caught panic"},
}
# Number of events of a case, if not 1.
COUNTS = {"twice": 2}
MODULES = 5

PLACE = r"(?:/[\w.+-]+)+"


def _rules(dsn):
    """Returns pairs of pattern and replacement. The order matters: longer paths come first."""
    scheme, key, tap, project = re.fullmatch(r"(\w+)://(\w+)@([\w.:]+)/(\d+)", dsn).groups()
    kernel = os.uname()
    return [
        (re.escape(f"{scheme}://{key}@{tap}/{project}"), "https://CLIENT-KEY@errors.example/1"),
        (key, "CLIENT-KEY"),
        (rf"/api/{project}/", "/api/1/"),
        (re.escape(f"{scheme}://{tap}"), "https://errors.example"),
        (r"http://127\.0\.0\.1:\d+", "https://shop.example"),
        (rf"{PLACE}/tests/clients/\w+", "/srv/shop"),
        (rf"{PLACE}/faultline/clients/node-\w+", "/srv/shop"),
        (rf"{PLACE}/faultline/clients/python-\w+", "/srv/shop/.venv"),
        (rf"{PLACE}/faultline/clients/rust", "/srv/shop/target"),
        (rf"{PLACE}/registry/src/[\w.-]+/", "/home/shop/.cargo/registry/src/index/"),
        (rf"{PLACE}/lib/python3", "/usr/lib/python3"),
        (re.escape(kernel.version), "#1 SMP PREEMPT_DYNAMIC Debian"),
        (re.escape(kernel.release), "6.1.0-amd64"),
        (rf'"{re.escape(kernel.nodename)}"', '"till-7"'),
        # Each may be a value, or an attribute with a type.
        (r'(cpu_description":(?:\{"value":)?)"[^"]*"', r'\1"a processor"'),
        (r'(memory(?:_size)?":(?:\{"value":)?)\d+', r"\g<1>4294967296"),
        (r'(boot_time":(?:\{"value":)?)"[^"]*"', r'\1"2026-01-01T00:00:00.000Z"'),
    ]


def _traces():
    """Returns texts that no sample may contain, in case an SDK begins to send them in another way."""
    kernel = os.uname()
    clone = Path(__file__).resolve().parents[3]
    places = [str(Path.home()), str(clone), f"/{clone.parts[1]}/", "/tmp/", "127.0.0.1", kernel.release]
    # A directory of Cargo that is named after its registry.
    return [*map(re.escape, places), rf'"{re.escape(kernel.nodename)}"', "registry/src/(?!index/)"]


def _shortened(match):
    head, modules = match.groups()
    return head + ",".join(modules.split(",")[:MODULES])


def _neutral(data, rules):
    """Replaces in text decoded as Latin-1, which keeps every byte; replacements are ASCII."""
    text = data.decode("latin-1")
    for pattern, replacement in rules:
        text = re.sub(pattern, replacement, text)
    return re.sub(r'("modules":\s?\{)([^{}]+)', _shortened, text).encode("latin-1")


def _body(exchange: Exchange, rules):
    if exchange.path.endswith("/store/"):
        return _neutral(exchange.unpacked(), rules)
    header, parts = exchange.parts()
    lines = [_neutral(header, rules)]
    for item, payload in parts:
        payload = _neutral(payload, rules)
        lines += [re.sub(rb'("length":\s?)\d+', rb"\g<1>%d" % len(payload), item), payload]
    return b"\n".join(lines) + b"\n"


def _text(exchange: Exchange, rules):
    lines = [f"{exchange.method} {exchange.path}"]
    if exchange.encoding == "base64":
        lines.append("# The body was packed as base64(zlib).")
    lines += [f"{name}: {exchange.headers[name]}" for name in HEADERS if name in exchange.headers]
    head = _neutral("\n".join(lines).encode(), rules)
    return head + b"\n\n" + _body(exchange, rules)


def _chosen(name, wire):
    """Yields names and requests: all of some cases, and one of each kind without an event, named after its first item."""
    events, others = {}, {}
    for exchange in wire:
        if exchange.method != "POST":
            continue
        if event := exchange.event():
            case = dict(event["tags"])["case"]
            if case in CASES_OF[name]:
                # Some SDKs send the time in whole seconds only.
                order = str(event["timestamp"]), json.dumps([event.get("exception"), event.get("message")])
                events.setdefault(case, []).append((order, exchange))
        else:
            others.setdefault(exchange.items()[0], exchange)
    for case, exchanges in events.items():
        count = COUNTS.get(case, 1)
        exchanges.sort(key=lambda entry: entry[0])
        for number, (_, exchange) in enumerate(exchanges[:count], 1):
            yield case.replace(" ", "-") + (f"-{number}" if count > 1 else ""), exchange
    yield from others.items()


def capture(name, dsn, wire):
    """Replaces a client's samples. The expected errors are in a file that stays."""
    directory = ROOM / name
    directory.mkdir(parents=True, exist_ok=True)
    for old in directory.glob("*.http"):
        old.unlink()
    size = count = 0
    rules = _rules(dsn)
    for title, exchange in _chosen(name, wire):
        text = _text(exchange, rules)
        for trace in _traces():
            if found := re.search(trace.encode(), text):
                raise SystemExit(f"{name}/{title}: identifies this machine: {text[found.start() - 60 : found.end() + 60]}")
        (directory / f"{title}.http").write_bytes(text)
        size, count = size + len(text), count + 1
    print(f"{name}: {count} requests kept, {size} bytes")
