"""The web UI of the deployed stack, as a browser without JavaScript sees it."""

import re

import users
from browser import Browser, text
from stack import Api


def check(checks, api, key):
    """Checks the pages, and users. `api` sends no key; `key` is an admin key."""
    browser = Browser(api)
    status, headers, _ = browser.open("/projects/shop/errors")
    checks.equal((status, headers.get("location")), (303, "/sign-in?next=%2Fprojects%2Fshop%2Ferrors"),
                 "who is not signed in is asked to")
    refused = browser.sign_in("no-key", "/")
    checks.equal(refused[0], 403, "an unknown key does not sign in")
    status, headers, _ = browser.sign_in(key, "/projects/shop/errors")
    checks.equal((status, headers.get("location")), (303, "/projects/shop/errors"), "signing in leads to the page")
    checks.that("HttpOnly" in headers.get("set-cookie", ""), "scripts cannot read the session cookie", headers)

    for path, title in (("/", "Projects"), ("/projects/shop/errors", "Errors of shop"), ("/projects/shop/connect", "Connect shop"),
                        ("/projects/shop/settings", "Settings of shop"), ("/projects/shop/rules", "Rules of shop"),
                        ("/operations", "Health")):
        answer = browser.open(path)
        checks.that(answer[0] == 200 and f"<title>{title} " in text(answer), f"{path} is a page", text(answer)[:300])
    page = text(browser.open("/projects/shop/errors"))
    for asset in set(re.findall(r'"(/assets/[^"]+)"', page)):
        status, headers, _ = browser.open(asset)
        checks.that(status == 200 and "immutable" in headers.get("cache-control", ""), f"{asset} is cached by browsers", headers)
    fingerprint = re.search(r'href="/projects/shop/errors/([0-9a-f]{32})"', page)
    checks.that(fingerprint, "the list leads to its errors", page[:300])
    error = f"/projects/shop/errors/{fingerprint[1]}"
    shown = text(browser.open(error))
    checks.that("Occurrence" in shown and "Timeline" in shown, "an error is shown with an occurrence", shown[:300])

    token = re.search(r'name="token" value="([^"]+)"', shown)[1]
    status, headers, _ = browser.submit(f"/pages{error}", token=token, do="comment", comment="seen in the browser")
    checks.equal((status, headers.get("location")), (303, f"{error}?done=commented"), "a comment is sent with a form")
    checks.that("seen in the browser" in text(browser.open(error)), "the comment is in the history")
    checks.equal(browser.submit(f"/pages{error}", do="resolve")[0], 403, "a form without its token changes nothing")
    checks.equal(browser.submit("/sign-out", token=token)[0], 303, "signing out works")
    checks.equal(browser.open("/")[0], 303, "after signing out the pages are closed")
    users.check(checks, Api(api.stack, key), api)
