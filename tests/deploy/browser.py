"""A browser without JavaScript."""

from urllib.parse import urlencode

HTML = {"accept": "text/html,application/xhtml+xml"}


class Browser:
    """A browser that sends forms, and the session cookie."""

    def __init__(self, api):
        self.api, self.headers = api, dict(HTML)

    def open(self, path):
        return self.api.call("GET", path, headers=self.headers)

    def submit(self, path, **fields):
        form = {**self.headers, "content-type": "application/x-www-form-urlencoded"}
        return self.api.call("POST", path, urlencode(fields).encode(), form)

    def sign_in(self, key, to):
        """Signs in with a key, and returns the answer."""
        form = self.open("/sign-in")
        self.headers["cookie"] = form[1].get("set-cookie", "").split(";")[0]
        token = text(form).split('name="token" value="')[1].split('"')[0]
        answer = self.submit("/sign-in", token=token, key=key, next=to)
        self.headers["cookie"] = answer[1].get("set-cookie", "").split(";")[0]
        return answer


def text(answer):
    """Returns a page's text, also if the emulator passes it on as bytes."""
    page = answer[2]
    return page.decode() if isinstance(page, bytes) else str(page)
