"""Sends what an application with Rollbar's client sends."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import rollbar

SECRET = "correct-horse-battery"
DSN = urlsplit(os.environ["SENTRY_DSN"])


class PaymentRefused(Exception):
    pass


def load_order(number):
    raise LookupError(f"order {number} is missing")


def pay():
    try:
        {}["card"]
    except KeyError as cause:
        raise PaymentRefused("no card on file") from cause


def refuse():
    raise PermissionError("not allowed to pay")


def fail(kind):
    raise kind("grouped by hand")


def send(action, *arguments, **report):
    try:
        action(*arguments)
    except Exception:
        rollbar.report_exc_info(**report)


def init(key):
    rollbar.init(
        key,
        "live-test",
        endpoint=f"http://{DSN.hostname}:{DSN.port}/api/1/",
        code_version="shop@1.2.3",
        root=str(Path(__file__).parent),
        handler="blocking",
        # faultline replaces secrets, too.
        scrub_fields=[],
        allow_logging_basic_config=False,
    )


def main():
    init(DSN.username)
    for number in (17, 18):
        send(load_order, number)
    send(pay)
    for user in (123, 456):
        rollbar.report_message(f"user {user} not found", "warning")
    person = {"person": {"id": "42", "email": "jo@example.org", "username": "jo"}}
    extra = {"password": SECRET, "login": {"password": SECRET, "theme": "dark"}}
    send(refuse, extra_data=extra, payload_data=person)
    for kind in (TypeError, SyntaxError):
        send(fail, kind, level="critical", payload_data={"fingerprint": "by-hand"})
    # A wrong key is logged and nothing else.
    rollbar.SETTINGS["access_token"] = "wrong"
    rollbar.report_message("never stored", "error")


main()
