"""Every permission of every function is needed, and no more are there than are enforced: each is taken away alone, and
the call that needs it has to fail, and to work again when it is back."""

import copy
import json
import time
import uuid
from urllib.parse import quote

from stack import aws, wait_until

# What the emulator does by itself instead of as the function's role, or what a function can do without.
UNSEEN = {
    "logs:CreateLogStream", "logs:PutLogEvents",
    "dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams",
}
# ingest asks for the inbox's attributes only to be connected before the first event; digest's poller asks, not digest.
UNNEEDED = {
    ("ingest", "sqs:GetQueueAttributes"), ("notify", "sqs:SendMessage"),
    ("digest", "sqs:GetQueueAttributes"), ("digest", "sqs:ReceiveMessage"), ("digest", "sqs:DeleteMessage"),
}


class Role:
    """A function's role, with its one policy."""

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
        """A new environment, which remembers nothing."""
        functions = aws("lambda")
        variables = functions.get_function_configuration(FunctionName=self.physical)["Environment"]["Variables"]
        variables["TESTED_AT"] = str(time.time())
        functions.update_function_configuration(FunctionName=self.physical, Environment={"Variables": variables})


def unique():
    return f"permission {uuid.uuid4()}"


def noise():
    return {"noise": "".join(uuid.uuid4().hex for _ in range(24_000))}


class Ingest:
    """What a client does. An unknown key makes ingest ask the table, whatever it remembers."""

    def __init__(self, api, client):
        self.does = {
            "dynamodb:GetItem": (403, lambda: api.post("shop", "x", uuid.uuid4().hex)),
            "sqs:SendMessage": (201, lambda: api.post("shop", unique(), client)),
            "s3:PutObject": (201, lambda: api.post("shop", unique(), client, context=noise())),
        }


class Query:
    """What an admin does. Each call is prepared while all is allowed."""

    def __init__(self, api, client, stack):
        def kept():
            message = unique()
            api.post("shop", message, client)
            wait_until(lambda: api.count("shop", message) == 1)
            return f"/projects/shop/errors/{quote(message)}"

        def project():
            name = f"p{uuid.uuid4().hex[:12]}"
            key = api.call("POST", "/projects", {"name": name})[2]["data"]["project"]["clientKey"]
            api.post(name, "kept", key)
            wait_until(lambda: api.count(name, "kept") == 1)
            return f"/projects/{name}"

        def call(status, method, prepare, body=None, path=""):
            return status, prepare, lambda at: api.call(method, at + path, body)[0]

        def dead_letter():
            # Never to be digested, and put where ten deliveries would have brought it.
            aws("sqs").send_message(QueueUrl=stack["InboxDeadLettersUrl"], MessageBody="this is no message")
            return "/dead-letters"

        shop = lambda: "/projects/shop"
        new = lambda: f"p{uuid.uuid4().hex[:12]}"
        create = (201, new, lambda name: api.call("POST", "/projects", {"name": name})[0])
        self.does = {
            "dynamodb:GetItem": call(200, "GET", kept),
            "dynamodb:BatchGetItem": call(200, "GET", shop, path="/errors"),
            "dynamodb:Query": call(200, "GET", kept, path="/occurrences"),
            "dynamodb:PutItem": create,
            "dynamodb:UpdateItem": call(200, "PATCH", kept, {"status": "resolved"}),
            "dynamodb:DeleteItem": call(204, "DELETE", kept),
            "dynamodb:BatchWriteItem": call(204, "DELETE", kept),
            "index dynamodb:Query": call(200, "GET", shop, path="/errors"),
            "s3:GetObject": call(200, "GET", kept, path="/occurrences"),
            "s3:PutObject": call(204, "DELETE", kept),
            "s3:DeleteObject": call(204, "DELETE", project),
            "sqs:ReceiveMessage": call(200, "GET", dead_letter),
            "sqs:ChangeMessageVisibility": call(200, "GET", dead_letter),
            "s3:ListBucket": call(204, "DELETE", project),
        }


def check(checks, api, stack, client, say):
    counted = 0
    role = Role(stack, "ingest")
    does = Ingest(api, client).does
    for index, action in role.permissions():
        if action in UNSEEN or ("ingest", action) in UNNEEDED:
            continue
        expected, call = does.pop(action)
        role.without(index, action)
        status = call()
        checks.that(status >= 500, f"ingest without {action} does not accept", status)
        role.restore()
        checks.equal(call(), expected, f"ingest with {action} answers as it should")
        counted += 1
        if action == "dynamodb:GetItem":
            role.with_condition(index, {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["E#1"]}})
            status = call()
            checks.that(status >= 500, "ingest's reads are held to their leading keys", status)
            role.restore()
    checks.equal(list(does), [], "ingest has every permission that was expected")

    role = Role(stack, "query")
    does = Query(api, client, stack).does
    for index, action in role.permissions():
        if action in UNSEEN:
            continue
        on_index = "index/" in json.dumps(role.whole["Statement"][index]["Resource"])
        name = f"index {action}" if on_index else action
        expected, prepare, call = does.pop(name)
        at = prepare()
        role.without(index, action)
        status = call(at)
        checks.that(status >= 500, f"query without {name} says that it cannot", status)
        role.restore()
        status = call(at)
        # A deletion that was cut short goes on where it was; its error may be gone from the table by then.
        checks.that(status == expected or (expected, status) == (204, 404), f"query with {name} can again", status)
        counted += 1
    checks.equal(list(does), [], "query has every permission that was expected")
    statements = json.dumps(role.whole)
    checks.that("sqs:SendMessage" not in statements, "query cannot write into the inbox")
    checks.equal(api.call("POST", "/dead-letters/redrive", {})[0], 501, "query says that it cannot, and who can")

    aws("sqs").purge_queue(QueueUrl=stack["InboxDeadLettersUrl"])

    role = Role(stack, "digest")
    known = unique()
    api.post("shop", known, client)
    wait_until(lambda: api.count("shop", known) == 1)
    times = 1
    for index, action in role.permissions():
        if action in UNSEEN or ("digest", action) in UNNEEDED:
            continue
        role.forget()
        role.without(index, action)
        lines = len(stack.log("digest"))
        # A query is made for an error that is in the table and not remembered.
        message = known if action == "dynamodb:Query" else unique()
        times += message == known
        more = {"context": noise()} if action == "s3:GetObject" else {}
        checks.equal(api.post("shop", message, client, **more), 201, f"an event is accepted while digest lacks {action}")
        denied = wait_until(lambda: any("AccessDenied" in line for line in stack.log("digest")[lines:]), 15)
        checks.that(denied, f"digest without {action} fails, and says so", stack.log("digest")[lines:][:2])
        role.restore()
        expected = times if message == known else 1
        checks.that(wait_until(lambda: api.count("shop", message) == expected), f"with {action} it is counted once",
                    api.count("shop", message))
        counted += 1
    for function in ("ingest", "digest", "query", "notify"):
        policy = Role(stack, function).whole
        actions = [action for _, action in Role(stack, function).permissions()]
        checks.that(not any("*" in action for action in actions), f"{function} has no wildcard in an action", policy)
        named = all(statement["Resource"] != "*" for statement in policy["Statement"])
        checks.that(named, f"{function} has no wildcard for a resource", policy)
    say(f"  {counted} permissions were taken away and given back")
