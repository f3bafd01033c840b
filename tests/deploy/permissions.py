"""Every permission of every function is needed, and all of them are enforced. Each permission is removed alone: the call that
needs it must fail, and must work again when the permission is back."""

import copy
import json
import time
import uuid
from urllib.parse import quote

import notifications
from notifications import NotifiedProject, webhook
from pages import Browser
from stack import Api, aws, wait_until

FUNCTIONS = ("ingest", "processor", "query", "redrive", "notify")

# Actions that the emulator does itself instead of with the function's role, or that a function can do without.
UNSEEN = {
    "logs:CreateLogStream", "logs:PutLogEvents",
    "dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams",
}
# The processor creates a project if ingest cannot. The processor's poller receives and deletes messages, not the processor itself.
UNNEEDED = {
    ("ingest", "dynamodb:PutItem"), ("ingest", "dynamodb:UpdateItem"),
    ("processor", "sqs:GetQueueAttributes"), ("processor", "sqs:ReceiveMessage"), ("processor", "sqs:DeleteMessage"),
}
# Permissions that are needed only in situations that this check cannot cause: a limit that is reached, redelivery of a
# message after its body was removed, deletion of a project while a large message waits.
UNTIMED = {"MakeProjectsAndMarkLimits", "TellMissingLargeMessages", "RemoveLargeMessages"}


class Role:
    """A function's role, with its only policy."""

    def __init__(self, stack, function):
        self.name, self.policy = stack.role(function), function
        self.physical = stack.function(function)
        self.whole = aws("iam").get_role_policy(RoleName=self.name, PolicyName=function)["PolicyDocument"]

    def permissions(self):
        for index, statement in enumerate(self.whole["Statement"]):
            actions = statement["Action"]
            for action in [actions] if isinstance(actions, str) else actions:
                yield index, action

    def without(self, index, action):
        policy = copy.deepcopy(self.whole)
        statement = policy["Statement"][index]
        statement["Action"] = [one for one in statement["Action"] if one != action] \
            if isinstance(statement["Action"], list) else []
        if not statement["Action"]:
            del policy["Statement"][index]
        self.put(policy)

    def with_condition(self, index, condition):
        policy = copy.deepcopy(self.whole)
        policy["Statement"][index]["Condition"] = condition
        self.put(policy)

    def put(self, policy):
        document = json.dumps(policy)
        aws("iam").put_role_policy(RoleName=self.name, PolicyName=self.policy, PolicyDocument=document)

    def restore(self):
        self.put(self.whole)

    def forget(self):
        """Starts a new execution environment, with empty caches."""
        functions = aws("lambda")
        variables = functions.get_function_configuration(FunctionName=self.physical)["Environment"]["Variables"]
        variables["TESTED_AT"] = str(time.time())
        functions.update_function_configuration(FunctionName=self.physical, Environment={"Variables": variables})


def unique():
    return f"permission {uuid.uuid4()}"


def noise():
    return {"noise": "".join(uuid.uuid4().hex for _ in range(24_000))}


def segment():
    """Noise that is too large for the table, so that the occurrence is stored in a segment."""
    return {"noise": "".join(uuid.uuid4().hex for _ in range(300))}


class Ingest:
    """Calls of a client. An unknown key makes ingest read the table, whatever it has cached; a new project makes it call KMS."""

    def __init__(self, checks, api, client, role):
        def health():
            # Each environment keeps its result for ten seconds.
            role.forget()
            return api.call("GET", "/health/ingest")[0]

        config = {"type": "slack", "endpoint": "https://hooks.slack.com/services/x", "channel": "#x"}
        fresh = NotifiedProject(checks, api, None)

        def sealed():
            # The event matters more than its notifications: it is accepted, and the answer says what was refused.
            body = {"errors": [{"type": "Error", "message": unique()}], "notifications": [config]}
            status, _, answer = api.call("POST", f"/projects/{fresh.name}/errors", body, key=fresh.client)
            return 500 if "notifications_not_sealed" in json.dumps(answer) else status

        self.does = {
            "dynamodb:GetItem": (403, lambda: api.post("shop", "x", uuid.uuid4().hex)),
            "sqs:SendMessage": (201, lambda: api.post("shop", unique(), client)),
            "sqs:GetQueueAttributes": (200, health),
            "s3:PutObject": (201, lambda: api.post("shop", unique(), client, context=noise())),
            "kms:GenerateDataKey": (201, sealed),
        }


class Query:
    """Calls of an admin. Each is prepared while all permissions are there."""

    def __init__(self, api, client, stack):
        def kept():
            message = unique()
            api.post("shop", message, client, context=segment())
            wait_until(lambda: api.count("shop", message) == 1)
            return f"/projects/shop/errors/{quote(message)}"

        def project():
            name = f"p{uuid.uuid4().hex[:12]}"
            key = api.call("POST", "/projects", {"name": name})[2]["data"]["project"]["clientKey"]
            api.post(name, "kept", key, context=segment())
            wait_until(lambda: api.count(name, "kept") == 1)
            return f"/projects/{name}"

        def call(status, method, prepare, body=None, path=""):
            return status, prepare, lambda at: api.call(method, at + path, body)[0]

        def dead_letter():
            # A message that can never be processed, put where its deliveries would bring it.
            aws("sqs").send_message(QueueUrl=stack["InboxDeadLettersUrl"], MessageBody="this is not a message")
            return "/dead-letters"

        shop = lambda: "/projects/shop"
        new = lambda: f"p{uuid.uuid4().hex[:12]}"
        create = (201, new, lambda name: api.call("POST", "/projects", {"name": name})[0])
        comment = call(201, "POST", kept, {"text": "a comment"}, path="/comments")
        key_of = lambda role: api.call("POST", "/keys", {"role": role})[2]["data"]["key"]
        keys = call(200, "GET", lambda: "/keys?project=shop")
        self.does = {
            "dynamodb:GetItem": call(200, "GET", kept),
            "dynamodb:BatchGetItem": call(200, "GET", shop, path="/errors"),
            "dynamodb:Query": call(200, "GET", kept, path="/occurrences"),
            "dynamodb:PutItem": comment,
            "dynamodb:UpdateItem": call(200, "PATCH", kept, {"status": "resolved"}),
            "dynamodb:DeleteItem": call(204, "DELETE", kept),
            "dynamodb:BatchWriteItem": call(204, "DELETE", kept),
            "dynamodb:ConditionCheckItem": comment,
            "directory dynamodb:GetItem": call(200, "GET", shop),
            "directory dynamodb:BatchGetItem": keys,
            "directory dynamodb:Query": call(200, "GET", lambda: "/projects"),
            "directory dynamodb:PutItem": create,
            "directory dynamodb:UpdateItem": create,
            "directory dynamodb:DeleteItem": call(204, "DELETE", lambda: f"/keys/{key_of('read')['id']}"),
            "directory dynamodb:ConditionCheckItem": (
                201, lambda: key_of("admin")["key"],
                lambda admin: api.call("POST", "/keys", {"role": "read"}, key=admin)[0]),
            "directory index dynamodb:Query": keys,
            "index dynamodb:Query": call(200, "GET", shop, path="/errors"),
            "s3:GetObject": call(200, "GET", kept, path="/occurrences"),
            "s3:PutObject": call(204, "DELETE", kept),
            "s3:DeleteObject": call(204, "DELETE", project),
            "sqs:GetQueueAttributes": call(200, "GET", lambda: "/operations"),
            "sqs:ReceiveMessage": call(200, "GET", dead_letter),
            "sqs:ChangeMessageVisibility": call(200, "GET", dead_letter),
            "s3:ListBucket": call(204, "DELETE", project),
        }


class Redrive:
    """Calls of an admin. Each is prepared while all permissions are there. The messages are put back in vain: they return."""

    def __init__(self, api, stack):
        def dead_letter():
            queue = stack["InboxDeadLettersUrl"]
            return aws("sqs").send_message(QueueUrl=queue, MessageBody="this is not a message")["MessageId"]

        def admin():
            # Keys of the stack are looked up, unlike the admin key of the template.
            return api.call("POST", "/keys", {"role": "admin"})[2]["data"]["key"]["key"]

        def redrive(body, key=None):
            return api.call("POST", "/dead-letters/redrive", body, key=key)[0]

        nothing, everything = {"ids": []}, {}
        chosen = (200, dead_letter, lambda letter: redrive({"ids": [letter]}))
        kept = (200, dead_letter, lambda _: redrive(nothing))
        moved = (200, dead_letter, lambda _: redrive(everything))
        self.does = {
            "directory dynamodb:GetItem": (200, admin, lambda key: redrive(nothing, key)),
            "sqs:StartMessageMoveTask": moved,
            "sqs:ListMessageMoveTasks": moved,
            "sqs:GetQueueAttributes": moved,
            "sqs:ReceiveMessage": kept,
            "sqs:ChangeMessageVisibility": kept,
            "sqs:DeleteMessage": chosen,
            "sqs:SendMessage": chosen,
        }


class Notify:
    """Calls of an admin and of an inbound webhook. Each is prepared while all permissions are there."""

    def __init__(self, checks, api, stack, standin):
        def rules():
            return f"/projects/{NotifiedProject(checks, api, [webhook(standin.hook('unused'))]).name}/rules"

        def call(method, prepare, body=None, status=200):
            return status, prepare, lambda at: api.call(method, at, body)[0]

        def unknown():
            # No environment has its rules in its cache.
            Role(stack, "notify").forget()
            return opened

        def dead_letter():
            message = json.dumps({"v": 1, "reason": "made up"})
            aws("sqs").send_message(QueueUrl=stack["NotifyDeadLettersUrl"], MessageBody=message)
            return "/dead-notices"

        def redriven():
            notified = NotifiedProject(checks, api, [webhook(standin.hook("redriven", 404))])
            notified.post(unique())
            wait_until(lambda: waiting(notified) == 1)
            return "/dead-notices/redrive"

        def waiting(notified):
            letters = api.call("GET", "/dead-notices")[2]["data"]["deadNotices"]
            return sum(str(letter["project"]) == str(notified.id) for letter in letters)

        def email(_):
            return 200 if notifications.mailed(api)["status"] == "sent" else 500

        opened = rules()
        closed = lambda: notifications.closed(checks, api, standin)
        new = lambda: f"/projects/{NotifiedProject(checks, api, None).name}/rules"
        put = call("PUT", new, {"rules": [webhook(standin.hook("unused"))]})
        config = {"type": "slack", "endpoint": "https://hooks.slack.com/services/x", "channel": "#x"}
        hook = lambda notified: notifications.hook(api, notified, standin, notifications.SECRETS["hooks"], "reopened")[0]
        self.does = {
            "dynamodb:GetItem": call("GET", rules),
            "directory dynamodb:GetItem": call("GET", rules),
            "dynamodb:PutItem": put,
            "directory dynamodb:ConditionCheckItem": put,
            "dynamodb:UpdateItem": (200, closed, hook),
            "index dynamodb:Query": (200, lambda: None, lambda _: 200 if notifications.sweep(stack) else 500),
            "sqs:ReceiveMessage": call("GET", dead_letter),
            "sqs:ChangeMessageVisibility": call("GET", dead_letter),
            "sqs:DeleteMessage": call("POST", redriven, {}),
            "kms:GenerateDataKey": put,
            "kms:Encrypt": call("POST", lambda: "/encrypt", config, 201),
            "kms:Decrypt": call("GET", unknown),
            "ses:SendEmail": (200, lambda: None, email),
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
        expected, call = does.pop(action)
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
