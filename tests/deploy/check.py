"""Tests the deployed stack, in the order of a stack's life. See README.md."""

import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
import uuid
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import agents
import flood
import notifications
import pages
import permissions
import restore
import sentry_sdk
from calls import segment
from checks import ALL_NOTES, Checks, note, say
from role import Role
from standin import StandIn
from stack import NAME, Api, Stack, aws, gzipped, shell, wait_until

ROOT = Path(__file__).resolve().parents[2]
ADMIN_KEY = os.environ["FAULTLINE_ADMIN_KEY"]


def architecture(archive):
    """The architecture of a zip's binary, from the header of its ELF file."""
    machine = zipfile.ZipFile(archive).open("bootstrap").read(20)[18:]
    return {b"\x3e\0": "x86_64", b"\xb7\0": "arm64"}[machine]


def resources(checks, stack, package):
    """Checks that everything in the template was created: an emulator or a typo may drop something silently."""
    tables = aws("dynamodb")
    for output, index in (("DirectoryName", "by-project"), ("TableName", "by-last-seen")):
        table = tables.describe_table(TableName=stack[output])["Table"]
        checks.equal(table["GlobalSecondaryIndexes"][0]["IndexName"], index, f"{output} has its GSI")
        ttl = tables.describe_time_to_live(TableName=stack[output])["TimeToLiveDescription"]
        checks.equal((ttl["TimeToLiveStatus"], ttl["AttributeName"]), ("ENABLED", "ttl"), f"items of {output} expire")
        backups = tables.describe_continuous_backups(TableName=stack[output])["ContinuousBackupsDescription"]
        recovery = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
        checks.equal(recovery, "ENABLED", f"{output} can be recovered")
    table = tables.describe_table(TableName=stack["TableName"])["Table"]
    checks.equal(table["StreamSpecification"]["StreamViewType"], "NEW_AND_OLD_IMAGES", "the stream has both images")
    s3, bucket = aws("s3"), stack["BucketName"]
    rules = {rule["ID"]: rule for rule in s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]}
    checks.equal(rules["segments"]["Expiration"]["Days"], 90, "segments expire")
    checks.equal(rules["retention-7"]["Expiration"]["Days"], 7, "segments of projects with a retention of a week expire earlier")
    checks.equal(rules["inbox"]["Expiration"]["Days"], 15, "remaining large messages expire")
    checks.equal(rules["versions"]["NoncurrentVersionExpiration"]["NoncurrentDays"], 7, "old versions expire")
    closed = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    checks.that(all(closed.values()), "the bucket is private", closed)
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"][0]
    checks.equal(policy["Condition"], {"Bool": {"aws:SecureTransport": "false"}}, "the bucket requires TLS")
    for queue in ("Inbox", "InboxDeadLetters", "NotifyDeadLetters"):
        url = stack.resources[queue]
        attributes = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        days = 7 if queue == "Inbox" else 14
        checks.equal(attributes["MessageRetentionPeriod"], str(days * 86_400), f"{queue} keeps messages for {days} days")
        if queue == "Inbox":
            redrive = json.loads(attributes["RedrivePolicy"])
            checks.equal(int(redrive["maxReceiveCount"]), 100, "a message is delivered a hundred times")
    mappings = aws("lambda").list_event_source_mappings()["EventSourceMappings"]
    for name in ("processor", "notify"):
        function = stack.function(name)
        mine = [mapping for mapping in mappings if mapping["FunctionArn"].endswith(f":{function}")]
        checks.equal([mapping["State"] for mapping in mine], ["Enabled"], f"{name} has its event source")
        checks.equal(mine[0]["FunctionResponseTypes"], ["ReportBatchItemFailures"], f"{name} reports batch item failures")
    tried = mine[0]["MaximumRetryAttempts"], mine[0]["MaximumRecordAgeInSeconds"]
    checks.equal(tried, (-1, 86400), "stream records are retried for as long as the stream keeps them")
    for name in permissions.FUNCTIONS:
        function = aws("lambda").get_function_configuration(FunctionName=stack.function(name))
        checks.equal(function["LoggingConfig"]["SystemLogLevel"], "WARN", f"{name} logs no line per invocation")
        archive = package / ("query.zip" if name == "redrive" else f"{name}.zip")
        sha256 = base64.b64encode(hashlib.sha256(archive.read_bytes()).digest()).decode()
        checks.equal(function["CodeSha256"], sha256, f"{name} runs the code of the released zip")
        checks.equal(function["Architectures"], [architecture(archive)], f"{name} is deployed for the zip's architecture")


def contract(checks, api, unknown):
    """A project, errors in both protocols, and refusals."""
    status, _, answer = api.call("POST", "/projects", {"name": "shop"})
    checks.equal(status, 201, "a project is created")
    project = answer["data"]["project"]
    checks.that(project["dsn"].endswith(f"@{api.host}/{project['id']}"), "its DSN has the API's host", project)
    client = project["clientKey"]

    checks.equal(unknown.call("GET", "/health")[0], 200, "/health needs no key")
    status, _, answer = unknown.call("GET", "/health/ingest")
    checks.equal((status, answer["data"]), (200, {"status": "ok"}), "ingest reaches what it needs")
    checks.equal(unknown.call("GET", "/projects", key="nobody")[0], 403, "an unknown key is refused")
    checks.equal(api.call("GET", "/projects", key=client)[0], 403, "a client key cannot read")
    status, headers, answer = api.call("POST", "/projects/shop/errors", b'{"errors":', key=client)
    checks.equal((status, bool(answer["error"])), (400, True), "a malformed event is refused with a reason")
    checks.equal(headers["access-control-allow-origin"], "*", "a refusal can be read by a page")
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key,content-type"}
    status, headers, _ = unknown.call("OPTIONS", "/projects/shop/errors", headers={"Origin": "https://shop.example", **asked})
    checks.that(status in (200, 204) and "x-api-key" in headers["access-control-allow-headers"].lower(),
                "a preflight is answered", (status, headers))

    messages = ["plain", "with a space", "a/b", "100% #1 of 2", "%41", "Größe 😀", "a/../b\\c"]
    for message in messages:
        checks.equal(api.post("shop", message, client), 201, f"`{message}` is accepted")
    body = gzipped({"errors": [{"type": "Zipped", "message": "zipped"}]})
    status = api.call("POST", "/projects/shop/errors", body, {"content-encoding": "gzip"}, client)[0]
    checks.equal(status, 201, "a compressed body is accepted")
    large = "".join(uuid.uuid4().hex for _ in range(24_000))
    checks.equal(api.post("shop", "large", client, context={"noise": large}), 201, "768 kB of noise are accepted")
    for message in [*messages, "zipped", "large"]:
        checks.that(wait_until(lambda: api.count("shop", message) == 1), f"`{message}` is counted once")
    for message in messages:
        status, _, answer = api.call("GET", f"/projects/shop/errors/{quote(message, safe='')}")
        checks.that(status == 200, f"`{message}` is found by its message", answer)
        if status != 200:
            continue
        checks.equal(answer["data"]["error"]["message"], message, f"`{message}` is the error that was found")
        timeline = answer["data"]["timeline"]["errors"]
        checks.equal(sum(minute["count"] for minute in timeline), 1, f"`{message}` is in the timeline")
    status, _, answer = api.call("GET", "/projects/shop/errors/large/occurrences")
    noise = answer["data"]["errors"][0]["context"].get("noise") if status == 200 else ""
    checks.equal(noise, large, "a large event is read back whole")
    agents.find_error(checks, api, unknown)
    return project


def expired(checks, api, stack):
    """The bucket's lifecycle may be faster than the table's: a listed error then says that its occurrence has expired, and
    can be deleted."""
    project = api.call("POST", "/projects", {"name": "old"})[2]["data"]["project"]
    # Few small occurrences are stored in the table.
    api.post("old", "expired", project["clientKey"], context=segment())
    checks.that(wait_until(lambda: api.count("old", "expired") == 1), "an old error is counted")
    s3, bucket = aws("s3"), stack["BucketName"]
    segments = s3.list_objects_v2(Bucket=bucket, Prefix=f"segments/v=1/project={project['id']}/")["Contents"]
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": segment["Key"]} for segment in segments]})
    for path in ("", "/occurrences"):
        status, _, answer = api.call("GET", f"/projects/old/errors/expired{path}")
        checks.equal(status, 200, f"an error whose segment is gone is shown{path}: {answer}")
    checks.equal(api.call("DELETE", "/projects/old/errors/expired")[0], 204, "it can be deleted")
    checks.equal(api.errors("old"), [], "it stays deleted")


def sentry(checks, api, project):
    """A live SDK, through an API address with a path prefix."""
    dsn = api.prefix.replace("://", f"://{project['clientKey']}@") + f"/{project['id']}"
    sentry_sdk.init(dsn=dsn, traces_sample_rate=1.0, release="shop@1.0")
    def fails(number):
        raise ValueError(f"order {number} cannot be paid")

    with sentry_sdk.start_transaction(op="test", name="checkout"):
        for number in (17, 4711):
            try:
                fails(number)
            except ValueError:
                sentry_sdk.capture_exception()
    sentry_sdk.set_extra("long", "0123456789" * 5_000)
    sentry_sdk.capture_message("a body that the SDK compresses")
    sentry_sdk.flush(30)
    found = wait_until(lambda: [error for error in api.errors("shop") if error["type"] == "ValueError"
                                and error["count"] == 2])
    checks.equal(len(found or []), 1, "two exceptions from one place are one error")
    checks.that(wait_until(lambda: api.count("shop", "a body that the SDK compresses") == 1), "a message is stored")
    fingerprint = found[0]["fingerprint"]
    status, _, answer = api.call("GET", f"/projects/shop/errors/{fingerprint}/occurrences")
    frames = answer["data"]["errors"][0]["backtrace"]
    checks.that(any(frame["function"] == "fails" for frame in frames), "its frames are read back", frames)


def many(checks, api, stack, client):
    """1,000 posts of one error, and the number of writes that they take."""
    before = records(stack)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: api.post("shop", "storm", client), range(1000)))
    checks.equal(answers.count(201), 1000, "1,000 posts are accepted")
    checks.that(wait_until(lambda: api.count("shop", "storm") == 1000), "1,000 are counted", api.count("shop", "storm"))
    [storm] = [error for error in api.errors("shop") if error["message"] == "storm"]
    [project] = [one["id"] for one in api.call("GET", "/projects")[2]["data"]["projects"] if one["name"] == "shop"]
    key = {"pk": {"S": f"P#{project}"}, "sk": {"S": f"E#{storm['fingerprint']}"}}
    item = aws("dynamodb").get_item(TableName=stack["TableName"], Key=key)["Item"]
    writes = int(item["version"]["N"])
    checks.that(writes < 1000, "fewer writes than events", writes)
    note(f"1,000 posts of one error: {writes} transactions on its item, "
         f"{records(stack) - before} items written in all")


def records(stack):
    """Returns the number of records in the table's stream."""
    streams, count = aws("dynamodbstreams"), 0
    arn = aws("dynamodb").describe_table(TableName=stack["TableName"])["Table"]["LatestStreamArn"]
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        at = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
        iterator = at["ShardIterator"]
        while iterator:
            page = streams.get_records(ShardIterator=iterator, Limit=1000)
            count += len(page["Records"])
            iterator = page.get("NextShardIterator") if page["Records"] else None
    return count


def waiting(url):
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(attributes[name]) for name in names)


def processes_of(function):
    """Finds a function's process: the emulator runs functions as processes on this machine."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"AWS_LAMBDA_FUNCTION_NAME={function}\0" in (process / "environ").read_text():
                yield int(process.name)
        except OSError:
            pass  # it has ended


def failures(checks, api, stack, client):
    """A message that cannot be processed becomes a dead letter, and is redriven from the page Health."""
    sqs = aws("sqs")
    dead, inbox = stack["InboxDeadLettersUrl"], stack["InboxUrl"]
    # Ten deliveries of a second each; in the template a hundred of seven minutes.
    redrive = {"deadLetterTargetArn": stack["InboxDeadLettersArn"], "maxReceiveCount": 10}
    attributes = {"VisibilityTimeout": "1", "RedrivePolicy": json.dumps(redrive)}
    sqs.set_queue_attributes(QueueUrl=inbox, Attributes=attributes)

    sqs.send_message(QueueUrl=inbox, MessageBody="this is not a message")
    checks.equal(api.post("shop", "neighbour of poison", client), 201, "its neighbour is accepted")
    checks.that(wait_until(lambda: waiting(dead) == 1), "a poison message goes to the dead-letter queue")
    checks.that(wait_until(lambda: api.count("shop", "neighbour of poison") == 1), "its neighbour is processed")
    checks.that(any("processor" in line for line in stack.log("processor")), "the processor logs why", stack.log("processor")[-3:])
    [poison] = sqs.receive_message(QueueUrl=dead, VisibilityTimeout=0)["Messages"]
    checks.equal(poison["Body"], "this is not a message", "the poison message can be received")
    [letter] = api.call("GET", "/dead-letters")[2]["data"]["deadLetters"]
    checks.that("unreadable" in letter, "the API says why it cannot be read", letter)
    sqs.purge_queue(QueueUrl=dead)

    say("  a function that runs out of time")
    functions, processor = aws("lambda"), stack.function("processor")
    as_was = functions.get_function_configuration(FunctionName=processor)
    functions.update_function_configuration(FunctionName=processor, Timeout=4)
    checks.equal(api.post("shop", "wakes the processor", client), 201, "an event is accepted")
    checks.that(wait_until(lambda: api.count("shop", "wakes the processor") == 1), "the event is processed")
    for process in processes_of(processor):
        os.kill(process, signal.SIGSTOP)
    checks.equal(api.post("shop", "timed out", client), 201, "an event is accepted while the processor is stopped")
    checks.that(wait_until(lambda: api.count("shop", "timed out") == 1), "after the time-out it is counted once")

    say("  a processor whose storage refuses everything, and redrive")
    functions.update_function_configuration(FunctionName=processor, Timeout=as_was["Timeout"])
    role = Role(stack, "processor")
    role.put({**role.whole, "Statement": role.whole["Statement"][:2]})
    checks.equal(api.post("shop", "processed late", client), 201, "an event is accepted while the processor can store nothing")
    checks.that(wait_until(lambda: waiting(dead) == 1, 90), "it is in the dead-letter queue after ten deliveries")
    checks.equal(api.count("shop", "processed late"), 0, "it is not counted")
    role.restore()
    browser = pages.Browser(Api(stack))
    browser.sign_in(ADMIN_KEY, "/operations")
    token = pages.text(browser.open("/operations")).split('name="token" value="')[1].split('"')[0]
    checks.equal(browser.submit("/pages/operations/redrive", do="all")[0], 403, "a redrive needs the page's token")
    status, headers, _ = browser.submit("/pages/operations/redrive", token=token, do="all")
    checks.equal((status, headers.get("location")), (303, "/operations?done=redriven"), "the page redrives it")
    checks.that(wait_until(lambda: api.count("shop", "processed late") == 1), "after the redrive it is counted once")
    checks.equal((waiting(dead), waiting(inbox)), (0, 0), "the queues are empty")


def secrets(checks, stack, keys):
    """No key is in the template, the parameters, an environment or a log."""
    text = (ROOT / "template.yaml").read_text() + json.dumps(stack.described, default=str)
    for name in permissions.FUNCTIONS:
        text += json.dumps(aws("lambda").get_function_configuration(FunctionName=stack.function(name)), default=str)
        text += "".join(stack.log(name))
    for kind, key in keys.items():
        checks.that(key not in text, f"the {kind} key is not in the stack's texts")
    for table in (stack["DirectoryName"], stack["TableName"]):
        for row in aws("dynamodb").scan(TableName=table)["Items"]:
            stored = json.dumps(row, default=str)
            if any(key in stored for key in keys.values()):
                checks.that(False, "no key is in a table", stored)


def sealed_by_whom(checks, stack):
    """ingest may create data keys, notify may decrypt, and nobody else may use the sealing key."""
    key = aws("kms").describe_key(KeyId=f"alias/{NAME}")["KeyMetadata"]
    checks.equal(key["Arn"], stack["KeyArn"], "the sealing key exists")
    may = {"ingest": {"kms:GenerateDataKey"}, "processor": set(), "query": set(), "redrive": set(), "symbols": set(),
           "notify": {"kms:GenerateDataKey", "kms:Encrypt", "kms:Decrypt"}}
    for name, expected in may.items():
        actions = {action for _, action in Role(stack, name).permissions() if action.startswith("kms:")}
        checks.equal(actions, expected, f"{name} has the expected permissions for the key")


def redeployed(checks, api, before):
    """Checks the stack after another deployment with other parameters."""
    stack = Stack()
    rules = aws("s3").get_bucket_lifecycle_configuration(Bucket=stack["BucketName"])["Rules"]
    days = {rule["ID"]: rule.get("Expiration", {}).get("Days") for rule in rules}
    checks.equal(days["segments"], 7, "the lifecycle follows the parameter")
    processor = aws("lambda").get_function_configuration(FunctionName=stack.function("processor"))
    checks.equal(processor["Environment"]["Variables"]["RETENTION_DAYS"], "7", "the processor follows the parameter")
    checks.equal(days["retention-365"], 365, "projects with a longer retention are not affected")
    for name in ("ingest", "notify"):
        policy = aws("iam").get_role_policy(RoleName=stack.role(name), PolicyName=name)["PolicyDocument"]
        checks.that("kms" not in json.dumps(policy), f"without a key {name} has no permission for one")
        given = aws("lambda").get_function_configuration(FunctionName=stack.function(name))["Environment"]["Variables"]
        checks.equal(given["KEY_ID"], "", f"without a key {name} has no key id")
    status, _, answer = api.call("GET", "/projects/shop/rules")
    checks.equal((status, answer["error"]), (501, "sealing_key_missing"), "rules are refused with a reason")
    state = aws("kms").describe_key(KeyId=before["KeyArn"])["KeyMetadata"]["KeyState"]
    checks.equal(state, "Enabled", "the key is kept, because it opens what was sealed")
    notify = aws("lambda").get_function_configuration(FunctionName=stack.function("notify"))["Environment"]["Variables"]
    given = [notify[name] for name in ("EMAIL_FROM", "ALLOWED_DESTINATIONS", "PUBLIC_URL")]
    checks.equal(given, ["errors@example.org", "hooks.example.org", "https://errors.example.org"], "notify follows the parameters, too")
    checks.equal((stack["Url"], stack["DsnForm"]), ("https://errors.example.org", "https://CLIENT-KEY@errors.example.org/PROJECT-NUMBER"),
                 "the outputs have the stack's own name")
    dsn = api.call("POST", "/projects", {"name": "named"})[2]["data"]["project"]["dsn"]
    checks.that("@errors.example.org/" in dsn and dsn.startswith("https://"), "a DSN has the stack's own name, whatever was asked", dsn)
    [mapping] = aws("apigatewayv2").get_api_mappings(DomainName="errors.example.org")["Items"]
    checks.equal((mapping["ApiId"], mapping["Stage"]), (stack["ApiId"], "$default"), "the name leads to the API")
    zone = aws("route53").list_hosted_zones()["HostedZones"][0]["Id"]
    records = aws("route53").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    alias = [one["AliasTarget"]["DNSName"].rstrip(".") for one in records if one["Type"] == "A"]
    checks.equal(alias, [stack["DomainTarget"]], "the record leads to the name's target")
    policy = aws("iam").get_role_policy(RoleName=stack.role("notify"), PolicyName="notify")["PolicyDocument"]
    emails = [one["Condition"] for one in policy["Statement"] if one["Action"] == "ses:SendEmail"]
    checks.equal(emails, [{"StringEquals": {"ses:FromAddress": "errors@example.org"}}], "notify sends from that address only")
    checks.equal(api.count("shop", "storm"), 1000, "existing data is still there")


def deleted(checks, stack):
    """Checks what is left after `run` has deleted the stack."""
    stacks = [one["StackName"] for one in aws("cloudformation").list_stacks()["StackSummaries"]
              if one["StackStatus"] != "DELETE_COMPLETE"]
    checks.that(NAME not in stacks, "the stack is gone", stacks)
    functions = [one["FunctionName"] for one in aws("lambda").list_functions()["Functions"]]
    checks.equal([name for name in functions if name.startswith(NAME)], [], "its functions are gone")
    for table in ("DirectoryName", "TableName"):
        left = aws("dynamodb").scan(TableName=stack[table], Select="COUNT")["Count"]
        checks.that(left > 0, f"{table} is kept with its items")
    objects = aws("s3").list_objects_v2(Bucket=stack["BucketName"], Prefix="segments/")["KeyCount"]
    checks.that(objects > 0, "the bucket is kept with its objects")
    for queue in ("InboxUrl", "InboxDeadLettersUrl", "NotifyDeadLettersUrl"):
        checks.equal(waiting(stack[queue]), 0, f"{queue} is kept")


def main(deploy, delete, notify, faultline):
    checks, stack, standin = Checks(), Stack(), StandIn()
    api, unknown = Api(stack, ADMIN_KEY), Api(stack)
    say("the resources")
    resources(checks, stack, Path(deploy.split()[0]).parent)
    sealed_by_whom(checks, stack)
    say("projects, v1's protocol, paths")
    project = contract(checks, api, unknown)
    say("segments that have expired")
    expired(checks, api, stack)
    say("a live Sentry SDK")
    sentry(checks, api, project)
    say("pages")
    pages.check(checks, unknown, ADMIN_KEY)
    say("notifications")
    notifications.check(checks, api, stack, standin, notify)
    say("1,000 posts")
    many(checks, api, stack, project["clientKey"])
    say("poison, time-outs, redrive")
    failures(checks, api, stack, project["clientKey"])
    say("permissions, one by one")
    permissions.check(checks, api, stack, project["clientKey"], standin, say)
    notifications.swept(checks, stack, standin)
    # Last, because unknown keys of this address are refused for a minute afterwards.
    say(f"{flood.REQUESTS} requests with made-up keys")
    flood.check(checks, api, stack, project["clientKey"], note)
    say("secrets")
    secrets(checks, stack, {"admin": ADMIN_KEY, "client": project["clientKey"], **notifications.SECRETS})
    say("another deployment, with other parameters")
    zone = aws("route53").create_hosted_zone(Name="example.org", CallerReference="1")["HostedZone"]["Id"].rsplit("/", 1)[1]
    name = ["DomainName=errors.example.org", f"HostedZoneId={zone}"]
    refused = subprocess.run([*deploy.split(), *name], capture_output=True, text=True)
    checks.that(refused.returncode and "DomainName needs CertificateArn" in refused.stdout + refused.stderr,
                "a name without a certificate is refused with the reason", refused.stdout[-600:] + refused.stderr[-600:])
    shell(*deploy.split(), "RetentionDays=7", "SealingKey=none", "AllowedDestinations=hooks.example.org",
          *name, "CertificateArn=arn:aws:acm:us-east-1:000000000000:certificate/1")
    redeployed(checks, api, before=stack)
    say("a restored table")
    restore.check(checks, api, standin, deploy, faultline)
    say("deletion")
    shell(*delete.split())
    deleted(checks, stack)
    for text in ALL_NOTES:
        print(text)
    print(f"deploy: {checks.passed} passed, {checks.failed} failed")
    sys.exit(checks.failed > 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
