"""For each permission of the functions that answer requests, a call that needs it."""

import json
import uuid
from urllib.parse import quote

import notifications
from notifications import NotifiedProject, webhook
from role import Role
from source_maps import Build, Uploader
from stack import aws, wait_until


def unique():
    return f"permission {uuid.uuid4()}"


def noise():
    return {"noise": "".join(uuid.uuid4().hex for _ in range(24_000))}


def segment():
    """Noise that is too large for the table, so that the occurrence is stored in a segment."""
    return {"noise": "".join(uuid.uuid4().hex for _ in range(300))}


FILE = "attached"


def attach(api, project, client, message):
    """Sends an event with a file. Returns the id of the event."""
    number = api.call("GET", f"/projects/{project}")[2]["data"]["project"]["id"]
    event = uuid.uuid4().hex
    lines = [{"event_id": event}, {"type": "event"}, {"event_id": event, "message": message},
             {"type": "attachment", "filename": "a.txt", "length": len(FILE)}]
    body = "\n".join(json.dumps(line) for line in lines) + f"\n{FILE}\n"
    auth = {"x-sentry-auth": f"Sentry sentry_version=7,sentry_key={client}"}
    status, _, answer = api.call("POST", f"/api/{number}/envelope/", body, headers=auth)
    assert status == 200, (status, answer)
    return event


def attached(api, project, event):
    """The occurrence of an event: its path, and its first attachment."""
    found = lambda: api.call("GET", f"/projects/{project}/occurrences/{event}")
    status, _, answer = wait_until(lambda: (found() if found()[0] == 200 else None)) or found()
    assert status == 200, (status, answer)
    shown = answer["data"]
    path = f"/projects/{project}/errors/{shown['belongsTo']['fingerprint']}"
    return path, shown["error"]["reversedUnixtime"], shown["error"]["event"]["attachments"][0]


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

        def file():
            # The event matters more than its attachment: it is accepted, and shows what is missing.
            _, _, attachment = attached(api, "shop", attach(api, "shop", client, unique()))
            return 500 if "discarded" in attachment else 200

        self.does = {
            "attachments s3:PutObject": (200, file),
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

        def uploaded():
            Uploader(api, "shop").upload()
            newest = api.call("GET", "/projects/shop/source-maps?limit=1")[2]["data"]["uploads"][0]
            return f"/projects/shop/source-maps/{newest['id']}"

        def with_file(part):
            def prepare():
                path, id, _ = attached(api, "shop", attach(api, "shop", client, unique()))
                return path + part.format(id=id)
            return prepare

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
            "directory dynamodb:BatchWriteItem": call(204, "DELETE", uploaded),
            "symbols s3:DeleteObject": call(204, "DELETE", uploaded),
            "directory dynamodb:ConditionCheckItem": (
                201, lambda: key_of("admin")["key"],
                lambda admin: api.call("POST", "/keys", {"role": "read"}, key=admin)[0]),
            "directory index dynamodb:Query": keys,
            "index dynamodb:Query": call(200, "GET", shop, path="/errors"),
            "s3:GetObject": call(200, "GET", kept, path="/occurrences"),
            "attachments s3:GetObject": call(200, "GET", with_file("/occurrences/{id}/attachments/0")),
            "attachments s3:DeleteObject": call(204, "DELETE", with_file("")),
            "s3:PutObject": call(204, "DELETE", kept),
            "s3:DeleteObject": call(204, "DELETE", project),
            "sqs:GetQueueAttributes": call(200, "GET", lambda: "/operations"),
            "sqs:ReceiveMessage": call(200, "GET", dead_letter),
            "sqs:ChangeMessageVisibility": call(200, "GET", dead_letter),
            "s3:ListBucket": call(204, "DELETE", project),
        }


ORGANIZATION = "/api/0/organizations/any/"


class Symbols:
    """Calls of an uploader. Each is prepared while all permissions are there."""

    def __init__(self, api):
        uploader = Uploader(api, "shop")
        assembled = lambda build: uploader.assemble(build)[0]

        def sent():
            build = Build()
            uploader.send(build)
            return build

        def replaced():
            """A bundle whose map another upload replaced: it is built again, and its first upload is removed."""
            first = uploader.upload()
            second = Build(first.id)
            uploader.send(second)
            uploader.assemble(second)
            return first

        def announce(_):
            body = {"version": f"shop@{uuid.uuid4().hex}", "projects": ["shop"]}
            return api.call("POST", ORGANIZATION + "releases/", body, key=uploader.key)[0]

        def list_releases(_):
            return api.call("GET", ORGANIZATION + "releases/", key=uploader.key)[0]

        def release(_):
            return api.call("GET", "/api/0/organizations/any/releases/nowhere/", key=uploader.key)[0]

        self.does = {
            "directory dynamodb:GetItem": (200, lambda: None, lambda _: api.call("GET", ORGANIZATION, key=uploader.key)[0]),
            "directory dynamodb:BatchGetItem": (200, uploader.upload, assembled),
            "directory dynamodb:BatchWriteItem": (200, sent, assembled),
            "directory dynamodb:PutItem": (201, lambda: None, announce),
            "directory index dynamodb:Query": (200, lambda: None, list_releases),
            "directory dynamodb:DeleteItem": (200, replaced, assembled),
            "dynamodb:GetItem": (404, lambda: None, release),
            "chunks s3:GetObject": (200, sent, assembled),
            "chunks s3:PutObject": (200, Build, uploader.send),
            "symbols s3:PutObject": (200, sent, assembled),
            "symbols s3:DeleteObject": (200, replaced, assembled),
            "s3:ListBucket": (200, Build, assembled),
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
