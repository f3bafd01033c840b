"""Checks what became of the events of clients of other trackers."""

from fnmatch import fnmatchcase

from api import wait_until
from expected import SECRET

# Each error: type, message, count, level, and the types of the exceptions with their functions, causes first. `None`: not
# looked at.
JAVASCRIPT = [
    ("RangeError", "order * is missing", 2, "error", [("RangeError", "loadOrder")]),
    ("Error", "not allowed to pay", 1, "error", [("Error", "refuse")]),
]
CHAIN = ("PaymentRefused", "no card on file", 1, "error", [("URIError", None), ("PaymentRefused", "pay")])
UNHANDLED = ("EvalError", "nobody caught this", 1, "error", None)
PYTHON = [
    ("LookupError", "order * is missing", 2, "error", [("LookupError", "load_order")]),
    ("PaymentRefused", "no card on file", 1, "error", [("KeyError", "pay"), ("PaymentRefused", "pay")]),
    ("PermissionError", "not allowed to pay", 1, "error", [("PermissionError", "refuse")]),
]
MESSAGE = ("", "user * not found", 2, "warning", None)
BY_HAND = ("*Error", "grouped by hand", 2, None, None)


def warning(errors):
    """Bugsnag's clients report caught exceptions as warnings."""
    return [(*error[:3], "error" if error[1] == "not allowed to pay" else "warning", error[4]) for error in errors]


TRACKERS = {
    # Rollbar's client for Node.js sends an exception that nobody caught with the level `debug`.
    "rollbar-node": ("node", [*JAVASCRIPT, CHAIN, MESSAGE, BY_HAND, (*UNHANDLED[:3], "debug", None)]),
    "rollbar-python": ("python", [*PYTHON, MESSAGE, BY_HAND]),
    "airbrake-node": ("node", [*JAVASCRIPT, ("PaymentRefused", "no card on file", 1, "error", [("PaymentRefused", "pay")])]),
    "airbrake-python": ("python", PYTHON),
    "bugsnag-node": ("node", [*warning([*JAVASCRIPT, CHAIN]), BY_HAND, UNHANDLED]),
    "bugsnag-python": ("python", [*warning(PYTHON), BY_HAND]),
}


def check_tracker(checks, faultline, name, wire, key):
    platform, expected = TRACKERS[name]
    total = sum(error[2] for error in expected)

    def stored():
        return sum(error["count"] for error in faultline.errors(name))

    wait_until(lambda: stored() >= total)
    errors = faultline.errors(name)
    shown = [(error["type"], error["message"], error["count"]) for error in errors]
    checks.that(len(errors) == len(expected), f"{name}: each case is one error, and there are no others", shown)
    for kind, message, count, level, stacks in expected:
        same = lambda error: fnmatchcase(error["type"], kind) and fnmatchcase(error["message"], message)
        found = [error for error in errors if same(error)]
        is_stored = len(found) == 1 and found[0]["count"] == count
        checks.that(is_stored, f"{name}: {kind or 'a message'} is one error, counted {count} times", shown)
        for error in found:
            for entry in faultline.occurrences(name, error["fingerprint"]):
                check_event(checks, f"{name}: {kind or 'a message'}", platform, level, stacks, entry["event"])
    mine = [exchange for exchange in wire if is_of(exchange, key)]
    refused = [(exchange.path, exchange.status, exchange.answer) for exchange in mine if not 200 <= exchange.status < 300]
    checks.that(mine and not refused, f"{name}: every request with the key is answered with success", refused)
    print(f"{name}: {len(mine)} requests, {stored()} events, {len(errors)} errors")


def is_of(exchange, key):
    return any(key in text for text in (exchange.path, *exchange.headers.values()))


def check_event(checks, what, platform, level, stacks, event):
    facts = (event["platform"], event.get("environment"), event.get("release"))
    checks.that(facts == (platform, "live-test", "shop@1.2.3"), f"{what}: platform, environment and release", [facts])
    checks.that(level in (None, event["level"]), f"{what}: the level is {level}", [event["level"]])
    checks.that(not event.get("errors"), f"{what}: every value can be used", event.get("errors", []))
    checks.that(SECRET not in str(event), f"{what}: contains no secret", [event])
    if "not allowed" in event["message"]:
        checks.that(event.get("scrubbed"), f"{what}: the client sent a secret", [event])
        checks.that(event.get("user", {}).get("id") == "42", f"{what}: the user is known", [event.get("user")])
    exceptions = event.get("exceptions", [])
    if stacks is None:
        return
    kinds = [exception.get("type") for exception in exceptions]
    checks.that(kinds == [kind for kind, _ in stacks], f"{what}: the chain begins with the cause", [kinds])
    for exception, (kind, function) in zip(exceptions, stacks):
        frames = exception.get("stacktrace", {}).get("frames", [])
        if function is None:
            continue
        last = frames[-1] if frames else {}
        raised = (last.get("function"), last.get("in_app"))
        checks.that(raised == (function, True), f"{what}: {kind} was raised in {function}, in own code", [frames])
        checks.that("client." in last.get("filename", ""), f"{what}: in the client's file", [last])
