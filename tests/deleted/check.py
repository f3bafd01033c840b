"""Checks that deleted data is gone. See README.md."""

import base64
import collections
import json
import pathlib
import secrets
import sys
import time
import urllib.request

import duckdb

from bucket import QueueWatch, inline, items, objects, unpacked, unpacked_by_python, written

ROUNDS = 40
ERRORS = ("pomegranate", "quince", "rowan")
# Events of these errors are too large for the table. The others come alone, and are stored in it.
LARGE = ERRORS[:2]


class Api:
    def __init__(self, ready):
        self.url, self.admin = ready["url"], ready["adminKey"]

    def call(self, method, path, body=None, key=None):
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"x-api-key": key or self.admin}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
            return json.loads(text) if text else None

    def counts(self, project):
        entries = self.call("GET", f"/projects/{project}/errors")["data"]["errors"]
        return {entry["message"]: (entry["fingerprint"], entry["count"]) for entry in entries}


def event(error, mark, number):
    """An event that has the mark of its error wherever an application can put something."""
    frame = {"function": f"ripen_{mark}", "module": "orchard", "lineno": 3, "in_app": True, "vars": {"fruit": mark}}
    return {
        "exception": {"values": [{"type": "FruitError", "value": f"{error} {mark}", "stacktrace": {"frames": [frame]}}]},
        "fingerprint": [error],
        "tags": {"fruit": mark},
        "user": {"id": str(number), "username": mark},
        "extra": {"note": f"about {mark}", "load": secrets.token_hex(12_000) if error in LARGE else ""},
        "breadcrumbs": {"values": [{"category": "orchard", "message": mark}]},
        "request": {"url": f"https://orchard.example/{mark}"},
    }


def mark(project, error):
    return f"{project}{error}mark"


def fill(api, projects):
    def post(project, error, number):
        path = f"/api/{project['id']}/envelope/?sentry_key={project['clientKey']}"
        own = mark(project["name"], error)
        file = f"a file of {own}"
        lines = [{}, {"type": "event"}, event(error, own, number), {"type": "attachment", "filename": "a", "length": len(file)}]
        envelope = "\n".join(json.dumps(line) for line in lines) + f"\n{file}\n"
        api.call("POST", path, envelope.encode(), project["clientKey"])

    for errors in (LARGE, ERRORS[len(LARGE):]):
        for number in range(ROUNDS):
            for project in projects:
                for error in errors:
                    post(project, error, number)
        counted(api, projects, errors)


def counted(api, projects, errors):
    """Waits until all events of these errors are counted."""
    for project in projects:
        deadline = time.monotonic() + 120
        wanted = {mark(project["name"], error): ROUNDS for error in errors}
        counts = lambda: {message.split()[-1]: count for message, (_, count) in api.counts(project["name"]).items()}
        while not wanted.items() <= counts().items():
            if time.monotonic() > deadline:
                sys.exit(f"not everything was counted: {api.counts(project['name'])}")
            time.sleep(0.1)


def under(data, prefix):
    return {key: body for key, body in objects(data).items() if key.startswith(prefix)}


class Checks:
    def __init__(self, api, data, work):
        self.api, self.data, self.work, self.step = api, data, work, 0

    def that(self, right, what, found=""):
        print(f"{'right' if right else 'WRONG'}: {what}", flush=True)
        if not right:
            sys.exit(f"found {found}")

    def left(self, gone, kept):
        """Checks that no tool finds any of the marks `gone`, and that each finds all events of the marks `kept`."""
        self.step += 1
        folder = self.work / f"bucket-{self.step}"
        written(self.data, folder)
        segments, files = under(self.data, "segments/"), under(self.data, "attachments/")
        texts = {key: unpacked(body) for key, body in segments.items()}
        same = all(unpacked_by_python(body) == texts[key] for key, body in segments.items())
        self.that(same, "Python's zstandard reads the same as zstd")
        skippable = sum(bytes.fromhex("502a4d18") in body for body in segments.values())
        self.that(skippable == 0, "no segment has a skippable frame, which Trino's reader refuses", skippable)
        rows, frames = items(self.data), inline(self.data)
        for name, found in (("raw", segments.values()), ("attached", files.values()), ("unpacked by zstd", texts.values()), ("in the table", rows),
                            ("in frames of the table", frames)):
            for one in gone:
                hits = sum(one.encode() in text for text in found)
                self.that(hits == 0, f"{one} is nowhere {name}", hits)
        attached = collections.Counter(one for one in kept for body in files.values() if one.encode() in body)
        self.that(attached == {one: ROUNDS for one in kept}, "every event of the others has its attachment", attached)
        lines = [line for text in texts.values() for line in text.splitlines()]
        by_zstd = collections.Counter(one for one in kept for line in lines if one.encode() in line)
        table = f"read_json_auto('{folder}/**/*.ndjson.zst', union_by_name = true)"
        by_sql = collections.Counter()
        if lines:
            query = f"SELECT to_json(event)::VARCHAR FROM {table} AS event"
            shown = [text for text, in duckdb.sql(query).fetchall()]
            self.that(len(shown) == len(lines), "DuckDB reads as many events as zstd", (len(shown), len(lines)))
            self.that(not any(one in text for one in gone for text in shown), "DuckDB finds no deleted event")
            by_sql.update(one for one in kept for text in shown if one in text)
        wanted = {one: ROUNDS for one in kept}
        in_table = collections.Counter(
            one for one in kept for text in frames for line in text.splitlines() if one.encode() in line)
        self.that(by_zstd + in_table == wanted, f"segments and table have every event of {len(kept)} errors",
                  (by_zstd, in_table))
        self.that(by_sql == by_zstd, "DuckDB reads every event of the segments", by_sql)
        self.that(not kept or (by_zstd and in_table), "some events are in segments, some in the table")


def large(checks, api, data, project):
    """After processing, the secret of a body that is too large for the queue is not stored anywhere."""
    secret = f"unscrubbed{secrets.token_hex(8)}"
    body = {
        "message": "a large one",
        "extra": {"password": secret, "noise": base64.b64encode(secrets.token_bytes(500_000)).decode()},
    }
    path = f"/api/{project['id']}/store/?sentry_key={project['clientKey']}"
    api.call("POST", path, body, project["clientKey"])
    deadline = time.monotonic() + 60
    found = lambda: [mine for message, mine in api.counts(project["name"]).items() if "a large one" in message]
    while not found() or any(key.startswith("inbox/") for key in objects(data)):
        if time.monotonic() > deadline:
            sys.exit(f"the large event was not processed, or is in the inbox: {[*objects(data)]}")
        time.sleep(0.1)
    texts = [unpacked(body) for body in under(data, "segments/").values()]
    hits = sum(secret.encode() in text for text in texts + items(data))
    checks.that(hits == 0, "the secret of a large event is not stored anywhere", hits)
    api.call("DELETE", f"/projects/{project['name']}/errors/{found()[0][0]}")


def main():
    work, ready = pathlib.Path(sys.argv[1]), json.loads(sys.argv[2])
    api, data = Api(ready), work / "data"
    projects = [api.call("POST", "/projects", {"name": name})["data"]["project"] for name in ("shop", "till")]
    watch = QueueWatch(data)
    watch.start()
    fill(api, projects)
    # The middle of a body differs from message to message; its beginning may not.
    middles = [body[len(body) // 2:][:64] for body in watch.stop()]
    (work / "queued.json").write_text(json.dumps(middles))
    marks = {name: [mark(name, error) for error in ERRORS] for name in ("shop", "till")}
    checks = Checks(api, data, work)
    large(checks, api, data, projects[0])
    checks.left([], marks["shop"] + marks["till"])
    in_table = [one for one in marks["shop"] if any(one.encode() in row for row in items(data))]
    checks.that(in_table == marks["shop"], "the table has the marks of existing errors", in_table)

    gone, *others = marks["shop"]
    shared = [text for text in map(unpacked, under(data, "segments/").values()) if gone.encode() in text]
    shared = sum(any(other.encode() in text for other in others) for text in shared)
    checks.that(shared > 0, "errors share segments", shared)
    packed = {key: body for key, body in under(data, "segments/").items() if gone.encode() in unpacked(body)}

    fingerprint = next(print for message, (print, _) in api.counts("shop").items() if gone in message)
    api.call("DELETE", f"/projects/shop/errors/{fingerprint}")
    checks.left([gone], others + marks["till"])
    # The bytes of these objects that changed are those that were deleted.
    after = objects(data)
    frames = [differences(body, after[key]) for key, body in packed.items() if key in after]
    (work / "frames.json").write_text(json.dumps([frame.hex() for frame in frames]))

    api.call("DELETE", "/projects/till")
    checks.left([gone] + marks["till"], others)
    rest = [key for key in objects(data) if f"project={projects[1]['id']}/" in key]
    checks.that(rest == [], "a deleted project has no objects", rest)
    listed = {message.split()[-1] for message in api.counts("shop")}
    checks.that(listed == set(others), "the API lists the others", listed)


def differences(before, after):
    """Returns the longest run of bytes in which two objects of the same length differ: a part of a frame, still compressed."""
    longest, start = b"", None
    for at in range(len(before) + 1):
        differs = at < len(before) and before[at] != after[at]
        if differs and start is None:
            start = at
        if not differs and start is not None:
            longest, start = max(longest, before[start:at], key=len), None
    return longest


main()
