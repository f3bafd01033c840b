"""Users of the deployed stack: an invitation, a sign-in, and a token that each function accepts."""

import re

from browser import Browser, text
from stack import Api


def check(checks, api: Api, unknown: Api):
    """Invites an owner, who creates a token. `api` sends the admin key, `unknown` no key."""
    status, _, invited = api.call("POST", "/invitations", {"role": "owner", "note": "for the check"})
    checks.equal(status, 201, "an owner is invited")
    token = invited["data"]["token"]
    checks.equal(text(Browser(unknown).open(f"/join/{token}")).count("You are invited"), 1, "the link leads to a page")
    accepted = unknown.call("POST", "/invitations/accept", {"token": token, "name": "Ada"})
    checks.equal(accepted[0], 201, "the invitation is accepted")
    again = unknown.call("POST", "/invitations/accept", {"token": token, "name": "Eve"})
    checks.equal(again[0], 404, "an invitation works once")
    user, key = accepted[2]["data"]["user"]["id"], accepted[2]["data"]["signInKey"]

    browser = Browser(unknown)
    checks.equal(browser.sign_in(key, "/profile")[0], 303, "the user signs in")
    form = re.search(r'name="token" value="([^"]+)"', text(browser.open("/profile")))
    fields = {"token": form[1], "do": "create", "token-name": "check", "role": "owner", "days": "1"}
    made = re.search(r'id="made-secret">(faultline_pat_[0-9a-f]{32})<', text(browser.submit("/pages/profile", **fields)))
    checks.that(made, "the profile page creates a token")
    mine = Api(api.stack, made[1])
    checks.equal(mine.call("GET", "/users/me")[2]["data"]["user"], user, "query knows the token")
    checks.equal(browser.open("/projects/shop/rules")[0], 200, "notify shows its page to the user")
    rules = mine.call("GET", "/projects/shop/rules")[2]["data"]
    checks.equal(mine.call("PUT", "/projects/shop/rules", rules)[0], 200, "notify knows the token")
    # A list without occurrences is refused, after the token was accepted.
    checks.equal(mine.call("POST", "/projects/shop/occurrences", {"occurrences": []})[0], 400, "ingest knows the token")
    checks.equal(mine.call("POST", "/dead-letters/redrive", {"ids": []})[0], 200, "redrive knows the token")
    # Only upload keys upload. The refusal says what was sent instead.
    refused = mine.call("GET", "/api/0/organizations/faultline/chunk-upload/")
    checks.that(refused[0] == 403 and "personal access token" in text(refused), "symbols knows the token", refused[2])

    done = {entry["what"] for entry in mine.call("GET", f"/audit-log?by={user}")[2]["data"]["entries"]}
    expected = {"user_joined", "signed_in", "token_created", "rules_changed", "dead_letters_redriven"}
    checks.equal(expected - done, set(), "query, notify and redrive write the audit log")

    checks.equal(api.call("PATCH", f"/users/{user}", {"disabled": True})[0], 200, "the user is disabled")
    checks.equal(mine.call("DELETE", "/projects/nothing")[0], 403, "a disabled user changes nothing")
    checks.equal(browser.open("/profile")[0], 303, "a disabled user is signed out")
    checks.equal(api.call("DELETE", f"/users/{user}")[0], 204, "the user is deleted")
