"""A flood of requests with made-up keys, while the table of errors refuses everything."""

import json
import os
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from stack import aws, wait_until

REQUESTS = 10_000
STATE = Path(os.environ["FAULTLINE_EMULATOR_STATE"])


class Calls:
    """Calls of each table since it was made, as (reads, writes)."""

    def __init__(self):
        self.before = self.read()

    @staticmethod
    def read():
        return Counter(json.loads((STATE / "calls.json").read_text()))

    def of(self, table):
        now = self.read()
        return tuple(now[key] - self.before[key] for key in (f"{table} read", f"{table} write"))


def process(stack, enabled):
    """Lets the processor take messages from the inbox, or not: it reads the directory, too."""
    mappings = aws("lambda").list_event_source_mappings()["EventSourceMappings"]
    [mine] = [one for one in mappings if one["FunctionArn"].endswith(f":{stack.function('processor')}")]
    aws("lambda").update_event_source_mapping(UUID=mine["UUID"], Enabled=enabled)


def check(checks, api, stack, client, note):
    """Sends the flood, with a good key in between. Returns when all events of the good key are counted."""
    # Every process that answers knows the key.
    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(lambda _: api.post("shop", "before the flood", client), range(200))) == {201}
    wait_until(lambda: api.count("shop", "before the flood") == 200)
    (STATE / "refused").write_text(stack["TableName"])
    process(stack, False)
    wait_until(lambda: quiet(stack), 30)
    calls = Calls()

    def request(number):
        if number % 50 == 0:
            return "good", api.post("shop", "in the flood", client)
        # Half by faultline's API, half as an SDK with a project that is made up too.
        if number % 2:
            return "made up", api.post("shop", "x", uuid.uuid4().hex)
        path = f"/api/{1_000_000 + number}/store/?sentry_key={uuid.uuid4().hex}"
        return "made up", api.call("POST", path, {"message": "x"})[0]

    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(request, range(REQUESTS)))
    good = {status: count for (kind, status), count in answers.items() if kind == "good"}
    made_up = {status: count for (kind, status), count in answers.items() if kind == "made up"}
    checks.equal(good, {201: REQUESTS // 50}, "a good key is accepted throughout a flood of made-up keys")
    checks.that(set(made_up) <= {403, 429}, "made-up keys are refused", made_up)
    reads, writes = calls.of(stack["DirectoryName"])
    checks.equal(writes, 0, "made-up keys write nothing into the directory")
    # The budget of look-ups is that of a process. Here many share a rate that none of them alone has to limit.
    checks.that(reads <= 1.5 * REQUESTS, "a made-up key costs one look-up, and one more for a made-up project", reads)
    asked = calls.of(stack["TableName"])
    # Notify's calls are refused and repeated: on a slow machine there are dozens. Ingest would need one for each good key.
    checks.that(sum(asked) < REQUESTS // 50, "ingest does not ask the table of errors; only notify looks for what is due", asked)
    process(stack, True)
    refused = Calls()
    checks.that(wait_until(lambda: sum(refused.of(stack["TableName"])) > 20, 60), "the processor asks it, and is refused")
    (STATE / "refused").unlink()
    checks.that(wait_until(lambda: api.count("shop", "in the flood") == REQUESTS // 50, seconds=120),
                "the events wait while the table refuses, and are counted afterwards", api.count("shop", "in the flood"))
    note(f"{REQUESTS} requests, made-up keys: {reads} reads and {writes} writes of the directory; "
         f"answers {dict(sorted(made_up.items()))}")


def quiet(stack):
    """Whether nobody calls the table of errors for a second."""
    calls = Calls()
    time.sleep(1)
    return calls.of(stack["TableName"]) == (0, 0)
