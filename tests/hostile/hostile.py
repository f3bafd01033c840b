"""Posts hostile requests to its own `faultline serve`, and shows what each costs.

Each case has a new process, so its peak memory is that of the case. Everything is bounded: 25 cases, one request each (four
concurrent ones in some of them), 60 seconds for each.
"""

import gzip
import http.client
import json
import os
import subprocess
import sys
import threading
import time

DEADLINE = 60
TICKS = os.sysconf("SC_CLK_TCK")


def zstd_of_zeros(head, unit, count, tail):
    """Builds a zstd frame without a compressor, from raw blocks and one block that repeats a byte.

    `unit` must be one byte. With it, a few hundred bytes decompress to 16 MiB.
    """
    frame = bytes.fromhex("28b52ffd") + bytes([0x00, 0x58])  # no size, a window of 2 MiB

    def block(kind, size, data, last=0):
        return (size << 3 | kind << 1 | last).to_bytes(3, "little") + data

    frame += block(0, len(head), head)
    while count:
        size = min(count, 128 << 10)
        frame += block(1, size, unit)
        count -= size
    return frame + block(0, len(tail), tail, last=1)


def deflated(body):
    return gzip.compress(body, 9)


def many(entry, count):
    return b"[" + (entry + b",") * count + b"0]"


MIB = 1 << 20


def cases():
    """Yields name, path, headers and body of each case; `{key}` stands for the client key."""
    auth = {"x-sentry-auth": "Sentry sentry_key={key}"}
    v1 = {"x-api-key": "{key}"}
    packed = {"content-encoding": "gzip"}
    envelope, errors = "/api/1/envelope/", "/projects/sample/errors"
    first_line = deflated(b'{"a":' + many(b"0", 7 * MIB) + b"}\n")
    lists = deflated(b'{"a":' + many(b"[]", 5 * MIB) + b"}\n")
    item = b'{}\n{"type":"event","x":' + many(b"0", 7 * MIB) + b"}\n{}\n"
    error = b'{"errors":[{"message":"m"}],"%s":%s}'
    name = b"a<" * 90_000
    frame = b'{"exception":{"values":[{"type":"E","stacktrace":{"frames":[{"platform":"native","function":"%s"}]}}]}}' % name
    fingerprint = b'{"message":"m","fingerprint":' + many(b'"a"', 255_000) + b"}"
    attachment = b'{}\n{"type":"event"}\n{"message":"m"}\n{"type":"attachment","length":%d}\n' % (150 * MIB)
    yield "no key: first line, a list of 0", envelope, packed, first_line, 1
    yield "no key: first line, a list of []", envelope, packed, lists, 1
    yield "no key: the same, four at once", envelope, packed, lists, 4
    yield "no key: /tunnel", "/tunnel", packed, lists, 1
    yield "no key: zstd, 16 MiB of one byte", envelope, {"content-encoding": "zstd"}, zstd_of_zeros(b'{"a":"', b"x", 16 * MIB - 64, b'"}\n'), 1
    yield "no key: plain, 30 MB", envelope, {}, b"x" * 30_000_000, 1
    yield "key: zstd, 16 MiB of one byte", envelope, auth | {"content-encoding": "zstd"}, zstd_of_zeros(b'{}\n{"type":"event"}\n"', b"x", 16 * MIB - 64, b'"\n'), 1
    yield "key: item header", envelope, auth | packed, deflated(item), 1
    yield "key: attachment of 150 MiB", envelope, auth | packed, deflated(attachment + bytes(150 * MIB)), 1
    yield "key: v1 context", errors, v1 | packed, deflated(error % (b"context", many(b"0", 7 * MIB))), 1
    yield "key: v1 notifications", errors, v1 | packed, deflated(error % (b"notifications", many(b"0", 7 * MIB))), 1
    yield "key: v1 errors", errors, v1 | packed, deflated(b'{"errors":' + many(b"0", 7 * MIB) + b"}"), 1
    yield "key: security reports", "/api/1/security/", auth | packed, deflated(many(b"{}", 5 * MIB)), 1
    yield "key: event of 130,000 objects", "/api/1/store/", auth | packed, deflated(b'{"extra":{"x":' + many(b'{"a":0}', 130_000) + b"}}"), 1
    yield "key: fingerprint of 255,000", "/api/1/store/", auth | packed, deflated(fingerprint), 1
    rollbar, bugsnag = "/api/1/item/", "/bugsnag/notify"
    airbrake = "/api/v3/projects/1/notices"
    token, bugsnag_key = {"x-rollbar-access-token": "{key}"}, {"bugsnag-api-key": "{key}"}
    late = deflated(b'{"a":"' + b"x" * (15 * MIB) + b'","apiKey":"wrong","access_token":"wrong"}')
    yield "no key: Rollbar, a key behind 15 MiB", rollbar, packed, late, 4
    yield "no key: Bugsnag, a key behind 15 MiB", bugsnag, packed, late, 4
    yield "key: Rollbar, 130,000 objects", rollbar, token | packed, deflated(b'{"data":{"body":{},"x":' + many(b'{"a":0}', 130_000) + b"}}"), 1
    yield "key: Airbrake, errors", airbrake, {"x-airbrake-token": "{key}"} | packed, deflated(b'{"errors":' + many(b'{"a":0}', 130_000) + b"}"), 1
    yield "key: Bugsnag, 5 million events", bugsnag, bugsnag_key | packed, deflated(b'{"events":' + many(b"{}", 5 * MIB) + b"}"), 1
    yield "key: Bugsnag, 90 events of 150 kB", bugsnag, bugsnag_key | packed, deflated(b'{"events":[' + b",".join([b'{"metaData":{"x":' + many(b'{"a":0}', 20_000) + b"}}"] * 90) + b"]}"), 1
    as_json = {"content-type": "application/json"}
    record = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":%s}]}]}'
    yield "key: OTLP, 200,000 errors", "/v1/logs", v1 | packed | as_json, deflated(record % many(b'{"severityNumber":17}', 200_000)), 1
    yield "key: OTLP, empty messages", "/v1/logs", v1 | packed, deflated(b"\x12\x00" * (7 * MIB)), 1
    stack = b'[{"attributes":[{"key":"exception.type","value":{"stringValue":"E"}},{"key":"exception.stacktrace","value":{"stringValue":"%s"}}]}]'
    yield "key: OTLP, a stack of 900 kB", "/v1/logs", v1 | packed | as_json, deflated(record % (stack % (b"\\tat a.B.c(D.java:1)\\n" * 40_000))), 1
    yield "key: function of 180 kB", "/api/1/store/", auth | packed, deflated(frame), 1


class Server:
    """A `faultline serve` in memory."""

    def __init__(self, program):
        command = [program, "serve", "--listen", "127.0.0.1:0", "--memory", "--json"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        ready = json.loads(self.process.stdout.readline())
        self.address, self.key, self.admin = ready["url"].split("//")[1], ready["clientKey"], ready["adminKey"]

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self, name):
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(name)) / 1024

    def call(self, method, path, headers, body=None):
        connection = http.client.HTTPConnection(self.address, timeout=DEADLINE)
        try:
            headers = {name: value.replace("{key}", self.key) for name, value in headers.items()}
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except OSError as error:
            return type(error).__name__, b""
        finally:
            connection.close()

    def settle(self):
        """Waits until the process is idle, judged by its CPU use. Returns the size of the largest answer."""
        end, quiet, before = time.monotonic() + DEADLINE, 0, self.cpu()
        while quiet < 4 and time.monotonic() < end:
            time.sleep(0.25)
            now = self.cpu()
            quiet, before = (quiet + 1 if now - before < 0.02 else 0), now
        largest, admin = 0, {"x-api-key": self.admin}
        _, listed = self.call("GET", "/projects/sample/errors", admin)
        for error in json.loads(listed or b"{}").get("data", {}).get("errors", []):
            path = f"/projects/sample/errors/{error['fingerprint']}/occurrences/last"
            largest = max(largest, len(self.call("GET", path, admin)[1]))
        return largest

    def stop(self):
        # In memory nothing is left of it, so there is no need to wait for a process that is still busy.
        self.process.kill()
        self.process.wait()


def run(program, wanted):
    print("| case | sent | status | CPU, s | memory before, MB | peak, MB | largest answer |\n|---|---|---|---|---|---|---|")
    failed = []
    for name, path, headers, body, at_once in cases():
        if wanted and wanted not in name:
            continue
        server = Server(program)
        try:
            server.call("GET", "/health", {})
            cpu, memory, statuses = server.cpu(), server.memory("VmRSS"), []
            threads = [
                threading.Thread(target=lambda: statuses.append(server.call("POST", path, headers, body)[0]))
                for _ in range(at_once)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            answer = server.settle()
            cpu, peak = server.cpu() - cpu, server.memory("VmHWM")
            status = ", ".join(str(status) for status in sorted(set(map(str, statuses))))
            print(f"| {name} | {len(body):,} | {status} | {cpu:.2f} | {memory:.0f} | {peak:.0f} | {answer:,} |", flush=True)
            if peak - memory > LIMIT_MB or answer > 6_000_000 or any(isinstance(status, str) for status in statuses):
                failed.append(name)
        finally:
            server.stop()
    if failed:
        sys.exit(f"more than {LIMIT_MB} MB of memory, an answer over 6 MB, or no answer: {', '.join(failed)}")


# The Lambda function `ingest` has 256 MB.
LIMIT_MB = 160

if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")
