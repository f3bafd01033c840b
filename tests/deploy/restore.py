"""Restores a backup of the table and puts it to use, as docs/src/operate/backup.md says."""

import json
import subprocess

import notifications
from notifications import NotifiedProject, webhook
from stack import Stack, aws, shell, wait_until

RESTORED, DIRECTORY = "faultline-restored", "faultline-restored-directory"
LOST = {"time to live", "point-in-time recovery", "deletion protection", "stream"}


def mapping_of(stack):
    """The mapping of the table's stream to notify."""
    mappings = aws("lambda").list_event_source_mappings()["EventSourceMappings"]
    function = stack.function("notify")
    [mine] = [one for one in mappings if one["FunctionArn"].rsplit("function:", 1)[1].split(":")[0] == function]
    return mine


def counts(api, project):
    return {error["message"]: error["count"] for error in api.errors(project)}


def restored(table, name):
    aws("dynamodb").restore_table_to_point_in_time(SourceTableName=table, TargetTableName=name, UseLatestRestorableTime=True)


def restore_check(faultline, *options, table=RESTORED):
    """Runs `faultline restore-check`. Returns whether the table is ready, and what was found."""
    ran = subprocess.run([faultline, "restore-check", table, "--json", *options], capture_output=True, text=True)
    assert ran.stdout, ran.stderr
    answer = json.loads(ran.stdout)
    return ran.returncode == 0, answer, {one["setting"]: one["state"] for one in answer["findings"]}


def check(checks, api, standin, deploy, faultline):
    before = Stack()
    shell(*deploy.split(), "SealingKey=create")
    # One message was sent before the backup, another waits in the outbox.
    notified = NotifiedProject(checks, api, [webhook(standin.hook("restored", 200, *[503] * 100))])
    notified.post("sent before the backup")
    checks.that(wait_until(lambda: standin.got("restored")), "a message is sent before the backup")
    notified.post("waits in the backup")
    hook = "/hook/restored"
    checks.that(wait_until(lambda: len(standin.received.get(hook, [])) > 1), "a message is refused before the backup")
    was = {project: counts(api, project) for project in ("shop", notified.name)}

    table = before["TableName"]
    restored(table, RESTORED)
    is_ready, _, states = restore_check(faultline)
    missing = {setting for setting, state in states.items() if state == "missing"}
    checks.that(not is_ready and missing >= LOST | {"waiting notifications"}, "a restored table lacks settings", states)
    is_ready, answer, states = restore_check(faultline, "--fix")
    checks.that(is_ready and all(states[setting] == "fixed" for setting in LOST), "they are set", states)
    is_ready, answer, states = restore_check(faultline)
    checks.that(is_ready and set(states.values()) == {"ok"}, "then the table is ready", states)

    restored(before["DirectoryName"], DIRECTORY)
    is_ready, _, states = restore_check(faultline, "--directory", "--fix", table=DIRECTORY)
    checks.that(is_ready and "stream" not in states and states["time to live"] == "fixed", "the directory is ready", states)

    notified.post("after the backup, in the old table")
    existing = [f"ExistingTable={RESTORED}", f"ExistingTableStreamArn={answer['streamArn']}",
                f"ExistingDirectory={DIRECTORY}", f"ExistingBucket={before['BucketName']}"]
    shell(*deploy.split(), *existing, "Notifications=pause")
    stack = Stack()
    # Until now the stack has sent notifications about the old table.
    sent = len(standin.received[hook])
    names = [stack[name] for name in ("TableName", "DirectoryName", "BucketName")]
    checks.equal(names, [RESTORED, DIRECTORY, before["BucketName"]], "the stack uses the restored tables")
    mapping = mapping_of(stack)
    checks.equal((mapping["EventSourceArn"], mapping["StartingPosition"], mapping["State"]),
                 (answer["streamArn"], "LATEST", "Disabled"), "notify does not read its stream yet")
    checks.equal({project: counts(api, project) for project in was}, was, "it counts as at the time of the backup")
    status, _, found = api.call("GET", "/projects/shop/errors/storm/occurrences")
    checks.that(status == 200 and found["data"]["errors"], "occurrences are read from the bucket", found)
    shell(*deploy.split(), "Notifications=send")
    checks.equal(mapping_of(Stack())["State"], "Enabled", "notify reads its stream")
    checks.that(notifications.sweep(Stack()), "notify looks for what is due")
    checks.equal(len(standin.received[hook]), sent, "nobody is notified of old errors")

    standin.answers[hook] = []
    notified.post("waits in the backup")
    checks.that(wait_until(lambda: counts(api, notified.name)["waits in the backup"] == was[notified.name]["waits in the backup"] + 1),
                "an old error goes on counting")
    notified.post("new in the restored table")
    new = lambda: [one for one in standin.got("restored") if "new in the restored table" in json.dumps(one["json"])]
    checks.that(wait_until(new), "a new error is notified of", standin.received[hook][-2:])
    others = [one for one in standin.got("restored")[1:] if "new in the restored table" not in json.dumps(one["json"])]
    checks.equal(others, [], "and no other")
    left = aws("dynamodb").describe_table(TableName=table)["Table"]["TableStatus"]
    checks.equal(left, "ACTIVE", "the old table is kept")
