"""A fake destination for the deployed stack's notifications: webhooks with planned answers, and a GitHub with one repository."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ISSUES = re.compile(r"/api/v3/repos/acme/shop/issues(?:/(\d+)(/comments)?)?$")


class StandIn:
    """Listens on loopback until the end of the run."""

    def __init__(self):
        # The requests to each path, as headers and JSON; planned answers to a path, if not 200; and GitHub's issues and
        # comments.
        self.received, self.answers, self.issues, self.comments = {}, {}, [], []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.host}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def hook(self, name, *answers):
        """Returns the URL of a webhook whose first requests get these statuses."""
        self.answers[f"/hook/{name}"] = list(answers)
        return f"{self.url}/hook/{name}"

    def got(self, name):
        """Returns the messages that a webhook has accepted."""
        return [body for status, _, body in self.received.get(f"/hook/{name}", []) if status == 200]

    def headers(self, name):
        return [headers for _, headers, _ in self.received.get(f"/hook/{name}", [])]

    def total(self):
        """Returns the number of requests of any kind."""
        return sum(len(all_of_path) for all_of_path in self.received.values())

    def _answer(self, method, path, headers, raw):
        with self._lock:
            body = json.loads(raw) if raw else None
            waiting = self.answers.get(path, [])
            status = waiting.pop(0) if waiting else 200
            self.received.setdefault(path, []).append((status, headers, {"raw": raw, "json": body}))
            if path.startswith("/hook/"):
                return status, "ok"
            return self._github(method, path, body)

    def _github(self, method, path, body):
        if path == "/api/v3/search/issues":
            return 200, {"items": []}
        if not (found := ISSUES.match(path)):
            return 404, {"message": "Not Found"}
        number, comments = found.groups()
        if number is None:
            if method == "GET":
                return 200, self.issues
            number = len(self.issues) + 1
            issue = {"number": number, "html_url": f"{self.url}/acme/shop/issues/{number}", "state": "open",
                     "comments": 0, "body": body["body"], "title": body["title"]}
            self.issues.append(issue)
            return 201, issue
        issue = self.issues[int(number) - 1]
        if comments and method == "POST":
            self.comments.append(body)
            issue["comments"] += 1
            return 201, body
        if comments:
            return 200, self.comments
        issue.update(body or {})
        return 200, issue

    def _handler(self):
        standin = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                raw = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, answer = standin._answer(self.command, self.path.split("?")[0], headers, raw)
                text = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_PATCH = do_POST

            def log_message(self, *_):
                pass

        return Handler
