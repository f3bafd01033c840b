"""The servers that are compared: how each is started in a new directory, and its DSN."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import secrets
import socket
import subprocess
import sys
import time

KEY = "0123456789abcdef0123456789abcdef"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(process, port, log):
    """Waits until the server answers HTTP."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit(f"the server ended: see {log}")
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/")
            connection.getresponse().read()
            return
        time.sleep(0.1)
    sys.exit(f"the server does not answer: see {log}")


class Server:
    """A running server: its DSN, and its processes. Leaving the context stops them."""

    def __init__(self, directory):
        self.directory, self.processes, self.dsn = directory, [], None

    def spawn(self, command, **options):
        log = open(self.directory / "server.log", "ab")
        process = subprocess.Popen(command, cwd=self.directory, stderr=log, stdin=subprocess.DEVNULL,
                                   **{"stdout": log, **options})
        self.processes.append(process)
        return process

    def pids(self):
        """Returns the ids of its processes and their children."""
        pids, queue = [], [process.pid for process in self.processes]
        while queue:
            pid = queue.pop()
            pids.append(pid)
            children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            queue.extend(map(int, children))
        return pids

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


class Faultline(Server):
    name = "faultline"

    def __init__(self, directory, binary):
        super().__init__(directory)
        self.binary = binary

    def version(self):
        return subprocess.check_output([self.binary, "--version"], text=True).split()[1]

    def start(self):
        command = [self.binary, "serve", "--json", "--listen", "127.0.0.1:0", "--data", "data"]
        self.dsn = json.loads(self.spawn(command, stdout=subprocess.PIPE).stdout.readline())["dsn"]


class Stackpit(Server):
    """https://github.com/franzos/stackpit with its defaults, but without its rate limit."""

    name = "stackpit"

    def __init__(self, directory, binary):
        super().__init__(directory)
        self.binary = binary

    def version(self):
        """Returns the tag that it was built from: the program does not say."""
        return os.environ.get("STACKPIT_VERSION", "of an unknown version")

    def start(self):
        pages, ingest = free_port(), free_port()
        (self.directory / "stackpit.toml").write_text(
            f'[server]\nbind = "127.0.0.1:{pages}"\ningest_bind = "127.0.0.1:{ingest}"\n'
            f'admin_token = "{secrets.token_hex(16)}"\n[filter]\nmode = "open"\nrate_limit = 0\n')
        process = self.spawn([self.binary, "serve"])
        wait_for(process, ingest, self.directory / "server.log")
        self.dsn = f"http://{KEY}@127.0.0.1:{ingest}/1"


class Bugsink(Server):
    """Bugsink from PyPI as its manual installs it: SQLite, gunicorn, snappea. Without its quotas and its retention."""

    name = "Bugsink"
    MODULES = {
        "from teams.models import Team": "team = Team.objects.create(name='t')",
        "from projects.models import Project":
            "project = Project.objects.create(name='p', slug='p', team=team, retention_max_event_count=10**8)",
    }

    def __init__(self, directory, tools):
        super().__init__(directory)
        self.tools = tools

    def tool(self, name, *arguments):
        return subprocess.check_output([self.tools / name, *arguments], cwd=self.directory, text=True)

    def version(self):
        return re.search(r"\d+\.\d+\.\d+", self.tool("bugsink-show-version"))[0]

    def start(self):
        port = free_port()
        self.tool("bugsink-create-conf", "--template=singleserver", "--host=127.0.0.1", f"--base-dir={self.directory}")
        config = self.directory / "bugsink_conf.py"
        limits = [f"MAX_EVENTS{scope}_PER_{time}" for scope in ("", "_PER_PROJECT")
                  for time in ("5_MINUTES", "HOUR", "MONTH")]
        config.write_text(config.read_text() + "".join(f'\nBUGSINK["{limit}"] = 10**9' for limit in limits) + "\n")
        self.tool("bugsink-manage", "migrate")
        self.tool("bugsink-manage", "migrate", "snappea", "--database=snappea")
        code = "\n".join([*self.MODULES, *self.MODULES.values(), "print('KEY', project.sentry_key.hex, project.id)"])
        key, project = re.search(r"KEY (\w+) (\d+)", self.tool("bugsink-manage", "shell", "-c", code)).groups()
        self.spawn([self.tools / "bugsink-runsnappea"])
        address = f"--bind=127.0.0.1:{port}"
        process = self.spawn([self.tools / "gunicorn", address, "--workers=2", "--access-logfile=/dev/null",
                              "bugsink.wsgi"])
        wait_for(process, port, self.directory / "server.log")
        self.dsn = f"http://{key}@127.0.0.1:{port}/{project}"
