"""Sends what an application with Bugsnag's client sends."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import bugsnag

SECRET = "correct-horse-battery"
DSN = urlsplit(os.environ["SENTRY_DSN"])
BASE = f"http://{DSN.hostname}:{DSN.port}/bugsnag"


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


def send(action, *arguments, **options):
    try:
        action(*arguments)
    except Exception as error:
        bugsnag.notify(error, **options)


def main():
    bugsnag.configure(
        api_key=DSN.username,
        endpoint=f"{BASE}/notify",
        session_endpoint=f"{BASE}/sessions",
        app_version="shop@1.2.3",
        release_stage="live-test",
        project_root=str(Path(__file__).parent),
        params_filters=[],
        asynchronous=False,
    )
    bugsnag.start_session()
    user = {"id": "42", "email": "jo@example.org", "name": "Jo"}
    for number in (17, 18):
        send(load_order, number, user=user)
    send(pay, user=user)
    login = {"login": {"password": SECRET, "theme": "dark"}}
    send(refuse, severity="error", user=user, metadata=login)
    for kind in (TypeError, SyntaxError):
        send(fail, kind, user=user, grouping_hash="by-hand")
    # A wrong key is logged and nothing else.
    send(fail, ValueError, api_key="f" * 32)


main()
