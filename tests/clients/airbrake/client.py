"""Sends what an application with Airbrake's client sends."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import pybrake

SECRET = "correct-horse-battery"
DSN = urlsplit(os.environ["SENTRY_DSN"])


def notifier(key):
    made = pybrake.Notifier(
        host=f"http://{DSN.hostname}:{DSN.port}",
        project_id=1,
        project_key=key,
        environment="live-test",
        root_directory=str(Path(__file__).parent),
        performance_stats=False,
        query_stats=False,
    )

    def describe(notice):
        user = {"id": "42", "email": "jo@example.org"}
        notice["context"].update(version="shop@1.2.3", user=user)
        return notice

    made.add_filter(describe)
    return made


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


def main():
    airbrake = notifier(DSN.username)

    def send(action, *arguments, **params):
        try:
            action(*arguments)
        except Exception as error:
            notice = airbrake.build_notice(error)
            notice["params"].update(params)
            answer = airbrake.send_notice_sync(notice)
            assert answer.get("id"), answer.get("error")

    for number in (17, 18):
        send(load_order, number)
    send(pay)
    send(refuse, card={"number": "x", "auth_password": SECRET})
    # A wrong key is an error of the notice and nothing else.
    answer = notifier("wrong").notify_sync(ValueError("never stored"))
    assert answer.get("error"), answer


main()
