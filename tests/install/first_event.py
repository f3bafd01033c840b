#!/usr/bin/env python3
"""Creates a project on the emulated stack, sends an event, and waits until it is counted: with nothing but an HTTP client.

usage: first_event.py URL KEY EMULATOR [NAME]"""

import http.client
import json
import re
import sys
import time

url, key, emulator = sys.argv[1:4]
name = sys.argv[4] if len(sys.argv) > 4 else "first"
port = int(emulator.rsplit(":", 1)[1])
# The emulator finds the API by its host name, which is not in any DNS.
api = re.match(r"https://([a-z0-9]+)\.", url)[1]
host = f"{api}.execute-api.localhost:{port}"


def call(method, path, key, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, body and json.dumps(body), {"Host": host, "x-api-key": key, "content-type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if answer.status >= 300:
        sys.exit(f"{method} {path}: {answer.status} {text[:500]}")
    return json.loads(text)


client = call("POST", "/projects", key, {"name": name})["data"]["project"]["clientKey"]
call("POST", f"/projects/{name}/errors", client, {"errors": [{"type": "Hello", "message": "first error"}]})
deadline = time.monotonic() + 60
while not [one for one in call("GET", f"/projects/{name}/errors", key)["data"]["errors"] if one["count"] == 1]:
    if time.monotonic() > deadline:
        sys.exit("the event is not counted within a minute")
    time.sleep(0.05)
