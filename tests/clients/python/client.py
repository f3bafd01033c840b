"""Sends what an application sends. Which SDK behaviour a part is for is said by its tag `case`.

`client.py` sends everything and dies of an exception; `client.py gzip` sends one large event packed with gzip.
"""

import json
import os
import sys
import threading
from pathlib import Path

import sentry_sdk
from sentry_sdk.crons import capture_checkin

SECRET = "correct-horse-battery"
SENT = Path(os.environ["FAULTLINE_SENT"])


def record(event, hint):
    """Writes down what the SDK is about to send: not check-ins, which it shows here too, nor what becomes a header."""
    if "type" not in event:
        trace = {key: value for key, value in event["contexts"]["trace"].items() if key != "dynamic_sampling_context"}
        text = json.dumps({**event, "contexts": {**event["contexts"], "trace": trace}})
        (SENT / f"{event['event_id']}.json").write_text(text)
    return event


class PaymentRefused(Exception):
    pass


def load_order(number):
    raise LookupError(f"order {number} is missing")


def parse_price(text):
    raise ValueError(f"cannot read {text!r}")


def parse_quantity(text):
    raise ValueError(f"cannot read {text!r}")


def divide(number):
    return number / 0


def pay():
    try:
        {}["card"]
    except KeyError as cause:
        raise PaymentRefused("no card on file") from cause


def work_in_thread():
    raise RuntimeError("the worker stopped")


def send(case, action, *arguments):
    """Runs `action` with a scope of its own, and captures what it raises as part of `case`."""
    with sentry_sdk.new_scope() as scope:
        scope.set_tag("case", case)
        try:
            action(*arguments)
        except Exception as error:
            sentry_sdk.capture_exception(error)


def rich():
    scope = sentry_sdk.get_current_scope()
    settings = {"password": SECRET, "theme": "dark"}
    scope.set_tags({"customer": "acme", "retries": 3, "beta": True})
    scope.set_user({"id": "42", "email": "jo@example.org", "username": "jo", "plan": "gold"})
    scope.set_context("cart", {"items": 3, "total": 12.5, "coupon": None})
    scope.set_extra("login", settings)
    scope.set_extra("note", ["a", {"b": 1}])
    scope.add_breadcrumb(category="ui", message="opened the cart", level="info", data={"items": 3})
    scope.add_breadcrumb(category="http", type="http", data={"url": "/pay", "status_code": 402})
    scope.add_attachment(bytes=b"attached\n\x00\xff", filename="log.bin")
    raise PermissionError("not allowed to pay")


def large():
    sentry_sdk.get_current_scope().set_extra("rows", {f"row {row}": os.urandom(400).hex() for row in range(100)})
    raise BufferError("a large one")


def messages():
    for user in (123, 456):
        with sentry_sdk.new_scope() as scope:
            scope.set_tag("case", "message")
            sentry_sdk.capture_message(f"user {user} not found", level="warning")


def unicode():
    sentry_sdk.get_current_scope().set_tag("ville", "Zürich – 東京")
    raise OSError("échec: файл не найден 🦀")


def surrogate():
    name = b"caf\xe9".decode("utf-8", "surrogateescape")
    raise FileNotFoundError(f"no file {name}")


def things_that_are_no_errors():
    """What must create nothing: sessions, transactions with spans, check-ins, logs, metrics."""
    scope = sentry_sdk.get_isolation_scope()
    scope.start_session(session_mode="application")
    with sentry_sdk.start_transaction(op="task", name="nightly"):
        with sentry_sdk.start_span(op="db", name="SELECT 1"):
            pass
    check_in = capture_checkin(monitor_slug="nightly", status="in_progress")
    capture_checkin(monitor_slug="nightly", check_in_id=check_in, status="ok", duration=1)
    sentry_sdk.logger.warning("a log line for {user}", user="jo")
    scope.end_session()


def main():
    sentry_sdk.init(
        release="shop@1.2.3",
        environment="live-test",
        server_name="till-7",
        debug=True,
        traces_sample_rate=1.0,
        send_default_pii=True,
        enable_logs=True,
        before_send=record,
        # A machine may be slow; the SDK's two seconds would lose what is left.
        shutdown_timeout=30,
        _experiments={"transport_compression_algo": "gzip"} if "gzip" in sys.argv else {},
    )
    if "gzip" in sys.argv:
        return send("large", large)

    for number in (17, 18):
        send("twice", load_order, number)
    send("other type", divide, 1)
    send("one function", parse_price, "x")
    send("another function", parse_quantity, "x")
    send("chained", pay)
    messages()
    send("rich", rich)
    send("large", large)
    send("unicode", unicode)
    send("surrogate", surrogate)
    things_that_are_no_errors()
    sentry_sdk.set_tag("case", "thread")
    thread = threading.Thread(target=work_in_thread, name="worker")
    thread.start()
    thread.join()
    sentry_sdk.set_tag("case", "unhandled")
    raise SystemError("nobody caught this")


main()
