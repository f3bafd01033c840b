"""Every permission of every function is needed, and all of them are enforced. Each permission is removed alone: the call that
needs it must fail, and must work again when the permission is back."""

import json

import notifications
from calls import Ingest, Notify, Query, Redrive, Symbols, noise, segment, unique
from notifications import NotifiedProject, webhook
from browser import Browser
from role import Role
from source_maps import Uploader
from stack import Api, aws, wait_until

FUNCTIONS = ("ingest", "processor", "query", "redrive", "notify", "symbols")

# Actions that the emulator does itself instead of with the function's role, or that a function can do without.
UNSEEN = {
    "logs:CreateLogStream", "logs:PutLogEvents",
    "dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams",
}
# The processor creates a project if ingest cannot. The processor's poller receives and deletes messages, not the processor itself.
UNNEEDED = {
    ("ingest", "dynamodb:PutItem"), ("ingest", "dynamodb:UpdateItem"),
    # If a project is deleted during an upload, what was stored is removed again.
    ("symbols", "directory dynamodb:Query"),
    ("processor", "sqs:GetQueueAttributes"), ("processor", "sqs:ReceiveMessage"), ("processor", "sqs:DeleteMessage"),
}
# Permissions that are needed only in situations that this check cannot cause: a limit that is reached, redelivery of a
# message after its body was removed, deletion of a project while an event, a large message or a chunk waits. Without source maps, events are
# stored and shown minified, without segments a late map does not join errors, and neither the day of a key's use nor what was done is recorded: none is an error. `source_maps` checks what they do.
UNTIMED = {
    "MakeProjectsAndMarkLimits", "TellMissingLargeMessages", "RemoveLargeMessages", "RemoveChunks", "RemoveAttachments",
    "FindSourceMaps", "ReadSourceMaps", "KeepUsedSourceMaps", "KeepUsedMapObjects", "ReadAndKeepSourceMaps", "NoteKeyUses", "RecordInAuditLog", "CompareSegments",
}


class Late:
    """What notify does after reading the stream. If a message lacked a permission, a sweep sends it when the permission is back:
    within a minute and a half, when no other process can have its lease."""

    def __init__(self, checks, api, stack, standin):
        self.checks, self.api, self.stack, self.standin, self.expected = checks, api, stack, standin, []

    def take_away(self, role, index, action):
        name = action.replace(":", "-")
        # A late check needs a second attempt, so the first one fails at the destination, with all permissions.
        answers = {"sqs:SendMessage": [404], "s3:ListBucket": [503]}.get(action, [])
        notified = NotifiedProject(self.checks, self.api, [webhook(self.standin.hook(name, *answers))])
        lines = len(self.stack.log("notify"))
        if action == "s3:ListBucket":
            self.without_its_segment(notified)
        role.without(index, action)
        if action != "s3:ListBucket":
            self.checks.equal(notified.post(unique(), context=segment()), 201, f"an event is accepted while notify lacks {action}")

        def denied():
            notifications.sweep(self.stack)
            return any("AccessDenied" in line for line in self.stack.log("notify")[lines:])
        found = wait_until(denied, 30)
        self.checks.that(found, f"notify without {action} fails and logs it", self.stack.log("notify")[lines:][:2])
        self.checks.equal(self.standin.got(name), [], f"without {action} nothing is sent")
        role.restore()
        self.expected.append(name)

    def without_its_segment(self, notified):
        s3, bucket, prefix = aws("s3"), self.stack["BucketName"], f"segments/v=1/project={notified.id}/"
        notified.post(unique(), context=segment())
        segments = wait_until(lambda: s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents"))
        wait_until(lambda: self.standin.received.get("/hook/s3-ListBucket"))
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": segment["Key"]} for segment in segments]})

    def arrive(self):
        def all_told():
            notifications.sweep(self.stack)
            return all(self.standin.got(name) for name in self.expected)
        wait_until(all_told, 120)
        for name in self.expected:
            self.checks.equal(len(self.standin.got(name)), 1, f"with {name} it is sent once")


def recovered(call, good, *arguments):
    """Waits until a call succeeds. A failure of KMS is cached for five seconds."""
    return wait_until(lambda: call(*arguments) in good, 10)


def taken_away(checks, stack, role, does, late=None):
    """Removes each permission of a role: its call must fail, and must work again when the permission is back."""
    counted = 0
    for index, action in role.permissions():
        statement = role.whole["Statement"][index]
        if action in UNSEEN or statement["Sid"] in UNTIMED:
            continue
        resource = json.dumps(statement["Resource"])
        name = f"index {action}" if "index/" in resource else action
        name = f"directory {name}" if stack["DirectoryName"] in resource else name
        name = f"attachments {name}" if "/attachments/" in resource else name
        name = f"symbols {name}" if "/symbols/" in resource else f"chunks {name}" if "/uploads/" in resource else name
        if (role.policy, name) in UNNEEDED:
            continue
        counted += 1
        if late and name not in does:
            late.take_away(role, index, action)
            continue
        expected, prepare, call = does.pop(name)
        at = prepare()
        role.without(index, action)
        status = call(at)
        checks.that(status >= 500, f"{role.policy} without {name} answers with an error", status)
        if "LeadingKeys" in json.dumps(statement.get("Condition", {})):
            role.with_condition(index, {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["another"]}})
            checks.that(call(at) >= 500, f"{role.policy} is restricted to its leading keys for {name}")
        role.restore()
        # A deletion that was interrupted is continued; its error may already be gone from the table.
        good = {expected, 404} if expected == 204 else {expected}
        checks.that(recovered(call, good, at), f"{role.policy} with {name} works again")
    checks.equal(list(does), [], f"{role.policy} has every expected permission")
    return counted


def signed_in(checks, api, stack, role):
    """The rules page checks who is signed in, which one leading key allows notify to read. Its paths lead to notify."""
    browser = Browser(Api(stack))
    browser.sign_in(api.key, "/")
    page = lambda: browser.open("/projects/shop/rules")[0]
    checks.equal(page(), 200, "notify shows the rules to a person whom query signed in")
    form = browser.submit("/pages/projects/shop/rules", do="add")
    checks.equal(form[0], 403, "notify refuses a form without the page's token")
    [index] = [index for index, statement in enumerate(role.whole["Statement"]) if statement["Sid"] == "LookKeysAndProjectsUp"]
    keys = role.whole["Statement"][index]["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    others = [key for key in keys if key != "SESSION#*"]
    role.with_condition(index, {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": others}})
    checks.that(page() >= 500, "notify without sessions shows no page", page())
    role.restore()
    checks.that(recovered(page, {200}), "notify with sessions works again")


def mapped_with_permission(checks, api, stack, client):
    """The processor maps events. Without a permission for that, they are stored minified."""
    uploader, role = Uploader(api, "shop"), Role(stack, "processor")

    def function_of(build):
        number = api.call("GET", "/projects/shop")[2]["data"]["project"]["id"]
        auth = {"x-sentry-auth": f"Sentry sentry_version=7,sentry_key={client}"}
        api.call("POST", f"/api/{number}/store/", build.event(), headers=auth)
        errors = wait_until(lambda: [error for error in api.errors("shop") if build.id in error["message"]])
        return errors and errors[0]["culprit"]

    checks.equal(function_of(uploader.upload()), "src/cart.ts in total", "an event is mapped")
    for sid in ("FindSourceMaps", "ReadSourceMaps"):
        [(index, action)] = [(index, action) for index, action in role.permissions() if role.whole["Statement"][index]["Sid"] == sid]
        build = uploader.upload()
        role.forget()
        role.without(index, action)
        lines = len(stack.log("processor"))
        checks.equal(function_of(build), "/a.js in a", f"without {sid} an event is stored minified")
        checks.that(any("AccessDenied" in line for line in stack.log("processor")[lines:]), f"without {sid} the log says so")
        role.restore()


def check(checks, api, stack, client, standin, say):
    late = Late(checks, api, stack, standin)
    role = Role(stack, "notify")
    counted = taken_away(checks, stack, role, Notify(checks, api, stack, standin).does, late)
    checks.equal(sorted(late.expected), ["dynamodb-Query", "s3-GetObject", "s3-ListBucket", "sqs-SendMessage"],
                 "behind the stream notify has every permission that was expected")
    signed_in(checks, api, stack, role)

    role = Role(stack, "ingest")
    does = Ingest(checks, api, client, role).does
    for index, action in role.permissions():
        if action in UNSEEN or ("ingest", action) in UNNEEDED:
            continue
        resource = json.dumps(role.whole["Statement"][index]["Resource"])
        expected, call = does.pop(f"attachments {action}" if "/attachments/" in resource else action)
        role.without(index, action)
        status = call()
        checks.that(status >= 500, f"ingest without {action} does not accept", status)
        role.restore()
        checks.that(recovered(call, {expected}), f"ingest with {action} answers as it should")
        counted += 1
        if action == "dynamodb:GetItem":
            role.with_condition(index, {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["E#1"]}})
            status = call()
            checks.that(status >= 500, "ingest's reads are restricted to their leading keys", status)
            role.restore()
    checks.equal(list(does), [], "ingest has every expected permission")

    role = Role(stack, "query")
    counted += taken_away(checks, stack, role, Query(api, client, stack).does)
    statements = json.dumps(role.whole)
    checks.that("sqs:SendMessage" not in statements, "query cannot write into the inbox")

    role = Role(stack, "symbols")
    counted += taken_away(checks, stack, role, Symbols(api).does)
    mapped_with_permission(checks, api, stack, client)

    role, dead = Role(stack, "redrive"), stack["InboxDeadLettersUrl"]
    aws("sqs").purge_queue(QueueUrl=dead)
    for index, statement in enumerate(role.whole["Statement"]):
        if statement["Sid"] == "MoveDeadLetters":
            for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage"):
                role.without(index, action)
                status = api.call("POST", "/dead-letters/redrive", {})[0]
                checks.that(status >= 500, f"a move task needs {action}", status)
                role.restore()
    counted += taken_away(checks, stack, role, Redrive(api, stack).does)
    attributes = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    held = lambda: aws("sqs").get_queue_attributes(QueueUrl=stack["InboxUrl"], AttributeNames=attributes)["Attributes"]
    checks.that(wait_until(lambda: not any(int(count) for count in held().values()), 90), "what was put back in vain returns")
    aws("sqs").purge_queue(QueueUrl=dead)

    role = Role(stack, "processor")
    known, release = unique(), {"version": "permissions"}
    api.post("shop", known, client, context=release)
    wait_until(lambda: api.count("shop", known) == 1)
    times = 1
    for index, action in role.permissions():
        untimed = role.whole["Statement"][index]["Sid"] in UNTIMED
        if action in UNSEEN or ("processor", action) in UNNEEDED or untimed:
            continue
        role.forget()
        role.without(index, action)
        lines = len(stack.log("processor"))
        # A query is made for an error that is in the table and not in the cache.
        message = known if action == "dynamodb:Query" else unique()
        times += message == known
        load = noise() if action in ("s3:GetObject", "s3:DeleteObject") else {}
        load = segment() if role.whole["Statement"][index]["Sid"] == "WriteSegments" else load
        # Its release is in the table and not in the cache, which makes the processor read it.
        checks.equal(api.post("shop", message, client, context={**release, **load}), 201, f"an event is accepted while the processor lacks {action}")
        denied = wait_until(lambda: any("AccessDenied" in line for line in stack.log("processor")[lines:]), 15)
        checks.that(denied, f"the processor without {action} fails and logs it", stack.log("processor")[lines:][:2])
        role.restore()
        expected = times if message == known else 1
        checks.that(wait_until(lambda: api.count("shop", message) == expected), f"with {action} it is counted once",
                    api.count("shop", message))
        counted += 1
    late.arrive()
    aws("sqs").purge_queue(QueueUrl=stack["NotifyDeadLettersUrl"])
    for function in FUNCTIONS:
        policy = Role(stack, function).whole
        actions = [action for _, action in Role(stack, function).permissions()]
        checks.that(not any("*" in action for action in actions), f"{function} has no wildcard in an action", policy)
        named = all(statement["Resource"] != "*" for statement in policy["Statement"])
        checks.that(named, f"{function} has no wildcard for a resource", policy)
    say(f"  {counted} permissions were taken away and given back")
