"""Fills a new faultline with test data, and writes ids, names and keys to files in a directory."""

import json
import pathlib
import sys
import time
import urllib.parse
import urllib.request

ready = json.load(open(sys.argv[1], encoding="utf-8"))
URL, ADMIN = ready["url"], ready["adminKey"]


def call(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data, {"x-api-key": ADMIN}, method=method)
    with urllib.request.urlopen(request, timeout=30) as response:
        text = response.read()
    return json.loads(text)["data"] if text else None


def until(condition):
    """Waits until the processor has done something."""
    deadline = time.monotonic() + 60
    while not (found := condition()):
        if time.monotonic() > deadline:
            sys.exit("the processor was not done within 60 s")
        time.sleep(0.05)
    return found


PROJECT = "shop"
made = call("POST", "/projects", {"name": PROJECT})["project"]
keys = {role: call("POST", "/keys", {"role": role, "project": PROJECT})["key"] for role in ("client", "read", "member", "admin")}
spare = call("POST", "/keys", {"role": "read", "project": PROJECT, "name": "spare"})["key"]

call("PUT", f"/projects/{PROJECT}/rules", {
    "rules": [{"id": "team", "on": ["first"], "to": [{"type": "webhook", "endpoint": "https://alerts.example/x"}]}],
    "hooks": {"github": {"secret": "of-github"}},
})
MESSAGES = ["cart is empty", "no such item: 7", "timeout / retry?"]
frames = [{"file": "shop/cart.py", "line": 12, "function": "add"}]
for round in range(3):
    errors = [{"type": "ShopError", "message": message, "backtrace": frames} for message in MESSAGES]
    call("POST", f"/projects/{PROJECT}/errors", {"errors": errors, "context": {"version": f"shop@1.{round}"}})


def all_counted():
    errors = call("GET", f"/projects/{PROJECT}/errors")["errors"]
    return len(errors) == len(MESSAGES) and all(error["count"] == 3 for error in errors) and errors


error = until(all_counted)[0]
named = f"/projects/{PROJECT}/errors/" + urllib.parse.quote(error["message"], safe="")
occurrence = call("GET", named + "/occurrences")["errors"][0]
comment = call("POST", named + "/comments", {"text": "seen on staging, too"})["comment"]

invited = call("POST", "/invitations", {"projects": {PROJECT: "member"}})
user = call("POST", "/invitations/accept", {"token": invited["token"], "name": "Ada"})["user"]

for name, value in {
    "url": URL,
    # The operator's own key, which no API call can revoke.
    "key-admin": ADMIN,
    "key-member": keys["member"]["key"],
    "key-read": keys["read"]["key"],
    "key-client": made["clientKey"],
}.items():
    pathlib.Path(sys.argv[2], name).write_text(value, encoding="utf-8")

# Values for the dictionaries that schemathesis.toml refers to.
dictionaries = {
    "projects": [PROJECT],
    "numbers": [made["id"]],
    "messages": [*MESSAGES, error["fingerprint"]],
    "occurrences": [occurrence["reversedUnixtime"]],
    "events": [occurrence["eventId"]],
    "keys": [spare["id"]],
    "comments": [comment["id"]],
    "users": [user["id"]],
}
text = "".join(f"{name} = {{ values = {json.dumps(values)} }}\n" for name, values in dictionaries.items())
pathlib.Path(sys.argv[2], "dictionaries.toml").write_text("[dictionaries]\n" + text, encoding="utf-8")
