"""`main.py project NAME` creates a project and prints its DSN; `main.py check NAME…` checks what its client sent;
`main.py capture NAME…` keeps some of its requests as samples.

FAULTLINE_READY is the line that `faultline serve --json` printed, FAULTLINE_RUN the directory of the run, and FAULTLINE_TAP
the port that clients connect to.
"""

import json
import os
import sys
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path

from api import Faultline, wait_until
from capture import capture
from compare import FILTERED, SURROGATE, lost
from expected import CLIENTS, SECRET
from trackers import TRACKERS, check_tracker
from v1 import check_page
from wire import exchanges

RUN = Path(os.environ["FAULTLINE_RUN"])
READY = json.loads(os.environ["FAULTLINE_READY"])


class Checks:
    """Counts checks, and prints those that fail."""

    def __init__(self):
        self.passed = self.failed = 0

    def that(self, holds, text, details=()):
        self.passed, self.failed = self.passed + bool(holds), self.failed + (not holds)
        if not holds:
            print(f"FAILED  {text}")
            for detail in list(details)[:10]:
                print(f"        {str(detail)[:600]}")


def make_project(faultline, name):
    project = faultline.call("POST", "/projects", {"name": name})["project"]
    tap = f"127.0.0.1:{os.environ['FAULTLINE_TAP']}"
    print(project["dsn"].replace(faultline.url.removeprefix("http://"), tap))


def check_client(checks, faultline, name, wire):
    expected = CLIENTS[name]
    sent = [json.loads(file.read_text()) for file in (RUN / "sent" / name).glob("*.json")]
    cases = {event["event_id"].replace("-", ""): dict(event["tags"])["case"] for event in sent}
    counts = {case: count for case, (count, *_) in expected["cases"].items()}
    checks.that(Counter(cases.values()) == counts, f"{name}: the client sends every case", [Counter(cases.values())])

    feedback = sum(list(exchange.items()).count("feedback") for exchange in wire if exchange.method == "POST")

    def stored():
        return sum(error["count"] for error in faultline.errors(name))

    wait_until(lambda: stored() >= len(sent) + feedback)
    total = stored() - feedback
    errors = [error for error in faultline.errors(name) if error["type"] != "User feedback"]
    given = [(error["count"], error["message"]) for error in faultline.errors(name) if error["type"] == "User feedback"]
    checks.that(given == ([(feedback, "I like it")] if feedback else []), f"{name}: feedback is one error", [given, feedback])
    checks.that(total == len(sent), f"{name}: {total} of {len(sent)} events are stored")
    read, homes, places = {}, {}, {}
    for error in errors:
        occurrences = faultline.occurrences(name, error["fingerprint"])
        checks.that(len(occurrences) == error["count"], f"{name}: {error['message']}: as many occurrences as counted")
        for entry in occurrences:
            checks.that(entry["eventId"] not in read, f"{name}: event {entry['eventId']} is stored once")
            read[entry["eventId"]] = entry["event"]
            places[entry["eventId"]] = f"/projects/{name}/errors/{error['fingerprint']}/occurrences/{entry['reversedUnixtime']}"
            homes.setdefault(cases.get(entry["eventId"]), {})[error["fingerprint"]] = error
    checks.that(read.keys() == cases.keys(), f"{name}: exactly the sent events are stored")
    for case, home in homes.items():
        checks.that(len(home) == 1, f"{name}: `{case}` is one error", home)
        found = [(error["count"], error["type"], error["message"]) for error in home.values()]
        count, kind, message = expected["cases"].get(case, (0, "", ""))
        as_expected = found and found[0][:2] == (count, kind) and fnmatchcase(found[0][2], message)
        checks.that(as_expected, f"{name}: `{case}` has the expected type, message and count", found)
        culprits = [error["culprit"] or "" for error in home.values()]
        wanted = expected["culprits"].get(case, "")
        checks.that(culprits[0].endswith(wanted), f"{name}: `{case}` has the culprit {wanted}", culprits)
    checks.that(len(errors) == len(homes), f"{name}: each case has its own error, and there are no others")

    for event in sent:
        if occurrence := read.get(event["event_id"].replace("-", "")):
            check_event(checks, name, event, occurrence, expected["functions"])
            is_attached = dict(event["tags"])["case"] == "rich" and "attachment" in expected["wire"]
            check_files(checks, faultline, name, occurrence, places[occurrence["eventId"]], is_attached)
    check_wire(checks, name, wire, expected)
    requests = len(wire)
    print(f"{name}: {len(sent)} events sent in {requests} requests, {total} stored, {len(errors)} errors")


def check_event(checks, name, event, occurrence, functions):
    case = dict(event["tags"])["case"]
    occurrence["scrubbed_paths"] = []
    faults = lost(event, occurrence)
    checks.that(not faults, f"{name}: `{case}` reads back as it was sent", faults)

    text = json.dumps(occurrence, ensure_ascii=False)
    checks.that(SECRET not in text, f"{name}: `{case}` contains no secret")
    scrubbed = occurrence["scrubbed_paths"]
    if case == "rich":
        checks.that(SECRET in json.dumps(event), f"{name}: the client sent a secret")
        checks.that(occurrence["extra"]["login"] == {"password": FILTERED, "theme": "dark"}, f"{name}: login", [text])
    else:
        checks.that(not scrubbed, f"{name}: `{case}`: only secrets are scrubbed", scrubbed)
    checks.that(not SURROGATE.search(text), f"{name}: `{case}` is valid Unicode")
    checks.that(not occurrence.get("errors"), f"{name}: `{case}` has no processing errors", occurrence.get("errors", []))
    if expected := functions.get(case):
        stacks = [exception.get("stacktrace", {}).get("frames", [{}]) for exception in occurrence["exceptions"]]
        found = [frames[-1].get("function") for frames in stacks]
        checks.that(found == expected, f"{name}: `{case}` was raised in {expected}", [found])


def check_files(checks, faultline, name, occurrence, place, is_attached):
    """Every client that can attach a file attaches the same one to its case `rich`, and to no other."""
    files = [(file["name"], file.get("discarded")) for file in occurrence.get("attachments", [])]
    checks.that(files == ([("log.bin", None)] if is_attached else []), f"{name}: attachments", [files])
    if is_attached and files:
        content = faultline.download(f"{place}/attachments/0")
        checks.that(content in (b"attached\n\x00\xff", b"a\n\x00\xff"), f"{name}: the attachment comes back", [content])


def check_wire(checks, name, wire, expected):
    posts = [exchange for exchange in wire if exchange.method == "POST"]
    refused = [(exchange.path, exchange.status, exchange.answer) for exchange in posts if exchange.status != 200]
    checks.that(not refused, f"{name}: every request is answered 200", refused)
    items = Counter(item for exchange in posts for item in exchange.items())
    checks.that(expected["wire"] <= set(items), f"{name}: sends more than events", [items])
    encodings = {exchange.encoding for exchange in posts}
    checks.that(expected["encodings"] <= encodings, f"{name}: uses every expected encoding", [encodings])
    if name == "browser":
        origins = {exchange.answer_headers.get("access-control-allow-origin") for exchange in wire}
        checks.that(origins == {"*"}, f"{name}: every answer allows any origin", [origins])


def main():
    faultline = Faultline(READY["url"], READY["adminKey"])
    command, *names = sys.argv[1:]
    if command == "project":
        return make_project(faultline, *names)
    projects = {project["name"]: str(project["id"]) for project in faultline.call("GET", "/projects")["projects"]}
    wire = list(exchanges(RUN / "wire"))
    checks = Checks()
    for name in names:
        own = (f"/api/{projects[name]}/", f"/projects/{name}/")
        mine = [exchange for exchange in wire if exchange.path.startswith(own)]
        if name in TRACKERS:
            if command == "check":
                key = (RUN / f"{name}.dsn").read_text().split("//")[1].split("@")[0]
                check_tracker(checks, faultline, name, wire, key)
        elif name == "v1":
            # Samples are kept only of Sentry's clients.
            if command == "check":
                check_page(checks, faultline, RUN, mine)
        elif command == "capture":
            capture(name, (RUN / f"{name}.dsn").read_text().strip(), mine)
        else:
            check_client(checks, faultline, name, mine)
    if command == "capture":
        return 0
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


sys.exit(main())
