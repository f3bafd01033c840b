"""Checks what became of the posts of a page that sends like faultline-js, and of the messages that they ask for."""

import json

from api import wait_until

# Part of the fake Slack's URL, which is secret: it allows writing to the channel.
SECRET = "open-sesame-to-slack"


def check_page(checks, faultline, run, wire):
    sent = run / "sent" / "v1"
    settled, received = (json.loads((sent / name).read_text()) for name in ("settled.json", "notified.json"))
    check_settled(checks, settled)
    check_messages(checks, received)
    check_cross_origin(checks, wire, len(settled))

    def counts():
        return {error["message"]: error["count"] for error in faultline.errors("v1")}

    wanted = {"the cart is empty": 2, "the till is shut": 1, "nobody hears of this": 1}
    wait_until(lambda: counts() == wanted)
    checks.that(counts() == wanted, "v1: accepted errors are stored", [counts()])
    files = [file for file in run.rglob("*") if file.is_file()]
    showing = [file.relative_to(run) for file in files if SECRET.encode() in file.read_bytes()]
    checks.that(not showing, "v1: Slack's URL is in no post, answer, message or log", showing)
    print(f"v1: {len(settled)} posts of a page, {len(received)} messages")


def check_settled(checks, settled):
    for name in ("first", "again", "broken", "only broken"):
        answer = settled[name].get("resolved", {})
        as_promised = answer.get("id") and answer["data"]["errors"]["postCount"] == 1
        checks.that(as_promised, f"v1: `{name}` resolves", [settled[name]])
        refused = [refusal["path"] for refusal in answer.get("refused", [])]
        wanted = [["notifications", "0", "endpoint"]] if "broken" in name else []
        checks.that(refused == wanted, f"v1: `{name}` also says what was refused", [settled[name]])
    checks.that(settled["unknown key"].get("rejected"), "v1: a wrong key rejects", [settled["unknown key"]])


def check_messages(checks, received):
    checks.that(not any(request["fault"] for request in received), "v1: Slack accepts every message", received)
    titles = ["[RangeError] the cart is empty"] * 2 + ["[RangeError] the till is shut"]
    messages = [json.loads(request["body"]) for request in received]
    found = [message.get("text") for message in messages]
    each = len(found) == len(titles) and all(title in text for title, text in zip(titles, found))
    checks.that(each, "v1: each post that asks for a message causes one, with its error's title", found)
    shown = [json.dumps(message["blocks"]) for message in messages if "blocks" in message]
    checks.that(all(title in text for title, text in zip(titles, shown)), "v1: the blocks have the title", shown)
    checks.that(all("client.js" in text for text in shown), "v1: the blocks have the frames", shown)
    checks.that(all(message.get("channel") == "#shop" for message in messages), "v1: to the channel of the config")


def check_cross_origin(checks, wire, posts):
    """Chromium caches preflights, so one may be enough for all posts."""
    preflights = [exchange for exchange in wire if exchange.method == "OPTIONS"]
    asked = {exchange.headers.get("access-control-request-headers") for exchange in preflights}
    checks.that(asked == {"content-type,x-api-key"}, "v1: the preflight asks for faultline-js's headers", asked)
    checks.that(all(exchange.status in (200, 204) for exchange in preflights), "v1: preflights are allowed")
    origins = {exchange.answer_headers.get("access-control-allow-origin") for exchange in wire}
    checks.that(origins == {"*"}, "v1: every answer allows any origin", [origins])
    statuses = sorted(exchange.status for exchange in wire if exchange.method == "POST")
    checks.that(statuses == [201] * (posts - 1) + [403], "v1: every post gets the expected status", statuses)
