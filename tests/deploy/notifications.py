"""Notifications of the deployed stack: from sealed rules to a message at a fake destination, and back through a webhook."""

import base64
import hashlib
import hmac
import io
import json
import time
import uuid
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import sentry_sdk
from sentry_sdk.utils import event_from_exception
from stack import Api, aws, wait_until

# Must not be in a log, in an item of the table, or in a text of the stack.
SECRETS = {name: f"{name}-{uuid.uuid4().hex}" for name in ("webhook", "hooks", "token", "slack", "encrypted")}


class NotifiedProject:
    """A project whose rules lead to the fake destination."""

    def __init__(self, checks, api, rules, hooks=None):
        self.api, self.name = api, f"notified-{uuid.uuid4().hex[:8]}"
        made = api.call("POST", "/projects", {"name": self.name})[2]["data"]["project"]
        self.id, self.client = made["id"], made["clientKey"]
        document = {"rules": rules, **({"hooks": hooks} if hooks else {})}
        if rules:
            status, _, self.shown = api.call("PUT", f"/projects/{self.name}/rules", document)
            checks.equal(status, 200, f"rules are set: {self.shown}")

    def post(self, message, **more):
        return self.api.post(self.name, message, self.client, **more)

    def status(self, message):
        """The status of an error, or `None` if no list has it."""
        for status in ("unresolved", "resolved"):
            answer = self.api.call("GET", f"/projects/{self.name}/errors?status={status}")[2]
            if any(error["message"] == message for error in answer["data"]["errors"]):
                return status
        return None


def webhook(endpoint, identity="all", on=("first",), **more):
    """A rule with a webhook as target."""
    return {"id": identity, "on": list(on), "to": [{"type": "webhook", "endpoint": endpoint, **more}]}


def invoke(stack, event):
    """Invokes notify as AWS does. Returns its answer, and whether it failed."""
    payload = json.dumps(event, default=plain)
    answer = aws("lambda").invoke(FunctionName=stack.function("notify"), Payload=payload)
    return json.loads(answer["Payload"].read() or "null"), "FunctionError" in answer


def sweep(stack):
    return not invoke(stack, {"sweep": True})[1]


def plain(value):
    """Converts values that JSON cannot represent, as Lambda does."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else int(value.timestamp())


def stream_of(stack, project):
    """The stream records about errors of a project, in the form that Lambda passes on."""
    streams, found = aws("dynamodbstreams"), []
    arn = aws("dynamodb").describe_table(TableName=stack["TableName"])["Table"]["LatestStreamArn"]
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        at = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
        iterator = at["ShardIterator"]
        while iterator:
            page = streams.get_records(ShardIterator=iterator, Limit=1000)
            found += page["Records"]
            iterator = page.get("NextShardIterator") if page["Records"] else None
    def wanted(keys):
        return keys["pk"]["S"] == f"P#{project}" and keys["sk"]["S"].startswith("E#")
    return [{**record, "eventSourceARN": arn} for record in found if wanted(record["dynamodb"]["Keys"])]


def as_deployed(checks, api, stack, standin):
    """The deployed binary sends to no address of this machine. Messages that it cannot send are kept."""
    notified = NotifiedProject(checks, api, [webhook(standin.hook("dead"))])
    for endpoint in (standin.url, f"https://{standin.host}/", "https://localhost/"):
        body = {"target": {"type": "webhook", "endpoint": endpoint}}
        status, _, answer = api.call("POST", f"/projects/{notified.name}/rules/test", body)
        [result] = answer["data"]["results"]
        checks.equal((status, result["status"]), (200, "failed"), f"{endpoint} is refused")
        checks.that("the destination" in result["said"], "the answer says why", result)
    checks.equal(notified.post("undeliverable"), 201, "an event is accepted")
    letters = wait_until(lambda: api.call("GET", "/dead-notices")[2]["data"]["deadNotices"])
    kept = [(str(letter["project"]), letter["notices"]) for letter in letters]
    checks.equal(kept, [(str(notified.id), 1)], "the message is kept")
    checks.that("is not https" in letters[0]["reason"], "with the reason", letters)
    checks.equal(standin.total(), 0, "nothing arrived at the fake destination")


def replaced(checks, api, stack, standin, binary):
    """Replaces the function's binary by one that may send to loopback. The waiting messages are sent."""
    with io.BytesIO() as packed:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, Path(binary).read_bytes(), zipfile.ZIP_DEFLATED, 1)
        aws("lambda").update_function_code(FunctionName=stack.function("notify"), ZipFile=packed.getvalue())
    status, _, answer = api.call("POST", "/dead-notices/redrive", {})
    checks.equal((status, answer["data"]["redriven"]["letters"]), (200, 1), f"the dead letter is redriven: {answer}")
    checks.that(wait_until(lambda: standin.got("dead")), "the message arrives")
    checks.equal(api.call("GET", "/dead-notices")[2]["data"]["deadNotices"], [], "no dead letter is left")
    api.call("POST", "/dead-notices/redrive", {})
    checks.equal(len(standin.got("dead")), 1, "it arrived once")


def first(checks, api, stack, standin):
    """A Sentry event causes one message, however often its stream record is delivered."""
    endpoint, shown = standin.hook("first"), {"secret": "[sealed]", "endpoint": "[sealed]"}
    notified = NotifiedProject(checks, api, [webhook(endpoint, secret=SECRETS["webhook"])])
    checks.that(not any(secret in json.dumps(notified.shown) for secret in (SECRETS["webhook"], endpoint)),
                "no secret is shown", notified.shown)
    [target] = api.call("GET", f"/projects/{notified.name}/rules")[2]["data"]["rules"][0]["to"]
    checks.equal({key: target[key] for key in shown}, shown, "rules are read back without their secrets")
    status, _, answer = api.call("POST", f"/projects/{notified.name}/rules/test", {"rule": "all", "target": 0})
    checks.equal([result["status"] for result in answer["data"]["results"]], ["sent"], "a rule is tested")
    [sample] = standin.got("first")
    checks.equal(sample["json"]["errors"][0]["why"], "sample", "a test sends a sample")

    dsn = api.prefix.replace("://", f"://{notified.client}@") + f"/{notified.id}"
    client = sentry_sdk.Client(dsn=dsn, release="shop@1.0", environment="production")
    try:
        raise LookupError("no such article")
    except LookupError as error:
        event, hint = event_from_exception(error, client_options=client.options)
        client.capture_event(event, hint)
    client.flush(30)
    client.close()
    wait_until(lambda: len(standin.got("first")) == 2)
    [_, message] = standin.got("first")
    [error] = message["json"]["errors"]
    checks.equal((error["why"], error["type"], error["message"], error["release"]),
                 ("first", "LookupError", "no such article", "shop@1.0"), "a Sentry event causes a message")
    checks.that(any("notifications.py" in frame for frame in error["frames"]), "with its frames", error)
    checks.that(error["link"].startswith(stack["Url"] + "/"), "and a link to this stack", error["link"])
    at, signature = standin.headers("first")[-1]["x-faultline-signature"].removeprefix("t=").split(",v1=")
    signed = hmac.new(SECRETS["webhook"].encode(), at.encode() + b"." + message["raw"], hashlib.sha256).hexdigest()
    checks.equal(signature, signed, "it is signed")

    records = stream_of(stack, notified.id)
    checks.that(records, "the stream has its record")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: invoke(stack, {"Records": records}), range(4)))
    checks.equal(answers, [({"batchItemFailures": []}, False)] * 4, "the batch is accepted again, four times concurrently")
    checks.equal(len(standin.got("first")), 2, "the message arrived exactly once")


def posted(checks, api, standin):
    """v1's configs, in clear and encrypted, posted with a client key."""
    notified = NotifiedProject(checks, api, None)
    config = {"type": "slack", "endpoint": standin.hook(f"posted/{SECRETS['slack']}"), "channel": "#errors"}
    hidden = {**config, "endpoint": standin.hook(f"posted/{SECRETS['encrypted']}")}
    checks.equal(api.call("POST", "/encrypt", hidden, key=notified.client)[0], 403, "a client key encrypts nothing")
    status, _, answer = api.call("POST", "/encrypt", hidden)
    checks.equal(status, 201, f"a config is encrypted: {answer}")
    checks.equal(notified.post("posted", notifications=[config, answer["data"]["encrypted"]]), 201, "configs are posted")
    for secret in ("slack", "encrypted"):
        name = f"posted/{SECRETS[secret]}"
        got = wait_until(lambda: standin.got(name))
        checks.equal([message["json"]["channel"] for message in got], ["#errors"], f"the {secret} config sends one message")


def closed(checks, api, standin):
    """An issue is created, and closing it resolves the error: through a signed webhook only."""
    target = {"type": "github", "endpoint": f"{standin.url}/api/v3", "owner": "acme", "repo": "shop",
              "userToken": SECRETS["token"]}
    rule = {"id": "issues", "on": ["first"], "to": [target]}
    notified = NotifiedProject(checks, api, [rule], {"github": {"secret": SECRETS["hooks"]}})
    before = len(standin.issues)
    checks.equal(notified.post("has an issue"), 201, "an event is accepted")
    checks.that(wait_until(lambda: len(standin.issues) > before), "an issue is created")
    answer = hook(api, notified, standin, SECRETS["hooks"], "opened")
    checks.equal(answer, (200, "nothing to do"), "a webhook about another action changes nothing")
    checks.equal(hook(api, notified, standin, "another secret")[0], 401, "a webhook with a wrong signature is refused")
    checks.equal(notified.status("has an issue"), "unresolved", "a refused webhook changes nothing")
    resolved = lambda: hook(api, notified, standin, SECRETS["hooks"]) == (200, "resolved")
    # The link between error and issue is written after the issue is created.
    checks.that(wait_until(resolved), "a signed webhook is accepted", hook(api, notified, standin, SECRETS["hooks"]))
    checks.equal(notified.status("has an issue"), "resolved", "the error is resolved")
    checks.equal(len(standin.issues), before + 1, "there is one issue")
    return notified


def hook(api, notified, standin, secret, action="closed"):
    """Sends GitHub's webhook about the newest issue, without a key."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 5))
    issue = {key: standin.issues[-1][key] for key in ("number", "html_url", "body")}
    body = json.dumps({"action": action, "issue": {**issue, "updated_at": at}}).encode()
    signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"x-github-event": "issues", "x-hub-signature-256": signature}
    status, _, answer = Api(api.stack).call("POST", f"/hooks/github/{notified.name}", body, headers)
    return status, answer.get("data", {}).get("done", answer)


def mailed(api):
    """Tests a target of type email, and returns the result."""
    body = {"target": {"type": "email", "to": ["someone@example.org"]}}
    return api.call("POST", "/projects/shop/rules/test", body)[2]["data"]["results"][0]


def email(checks, api):
    """A test sends an email, from the address that the stack has."""
    for address in ("errors@example.org", "someone@example.org"):
        aws("sesv2").create_email_identity(EmailIdentity=address)
    result = mailed(api)
    checks.equal(result["status"], "sent", f"an email is sent: {result}")


def limited(checks, api, standin):
    """A project that reaches its limit sends one notification."""
    notified = NotifiedProject(checks, api, [webhook(standin.hook("limited"), on=["limited"])])
    status = api.call("PATCH", f"/projects/{notified.name}", {"limits": {"perMonth": 2}})[0]
    checks.equal(status, 200, "a limit is set")
    for number in range(3):
        notified.post(f"over the limit {number}")
    checks.that(wait_until(lambda: standin.got("limited")), "a project over its limit sends a notification")
    checks.equal([message["json"]["event"] for message in standin.got("limited")], ["limited"], "it is sent once")


def check(checks, api, stack, standin, binary):
    """Runs all checks. `swept` checks later what the schedule must do."""
    as_deployed(checks, api, stack, standin)
    replaced(checks, api, stack, standin, binary)
    late = NotifiedProject(checks, api, [webhook(standin.hook("late", 503))])
    checks.equal(late.post("notified late"), 201, "an event is accepted, whose message fails at first")
    first(checks, api, stack, standin)
    posted(checks, api, standin)
    closed(checks, api, standin)
    email(checks, api)
    limited(checks, api, standin)


def swept(checks, stack, standin):
    """The schedule's sweep sends a message that failed at first."""
    [rule] = [rule for rule in aws("events").list_rules()["Rules"] if "Sweep" in rule["Name"]]
    checks.equal((rule["ScheduleExpression"], rule["State"]), ("rate(1 minute)", "ENABLED"), "sweeps are scheduled")
    [target] = aws("events").list_targets_by_rule(Rule=rule["Name"])["Targets"]
    checks.equal(json.loads(target["Input"]), {"sweep": True}, "the schedule sends the input that notify expects")
    checks.that(wait_until(lambda: standin.got("late"), 90), "the schedule sends a message that failed at first")
    statuses = [status for status, _, _ in standin.received["/hook/late"]]
    checks.equal(statuses, [503, 200], "the second attempt succeeds, and there is no third")
