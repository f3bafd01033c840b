"""The part of faultline's API that the check needs."""

import json
import time
import urllib.request


class Faultline:
    def __init__(self, url, key):
        self.url, self.key = url, key

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"x-api-key": self.key}, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["data"]

    def download(self, path):
        request = urllib.request.Request(self.url + path, headers={"x-api-key": self.key})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    def pages(self, path, parameter):
        """Returns all entries of a list."""
        entries, more = [], path
        while more:
            page = self.call("GET", more)
            entries += page["errors"]
            more = page["nextCursor"] and f"{path}&{parameter}={page['nextCursor']}"
        return entries

    def errors(self, project):
        return self.pages(f"/projects/{project}/errors?limit=100", "cursor")

    def occurrences(self, project, fingerprint):
        return self.pages(f"/projects/{project}/errors/{fingerprint}/occurrences?limit=100", "after")


def wait_until(condition, seconds=60):
    """Asks until the answer is true, or time is up. Returns whether it is true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
