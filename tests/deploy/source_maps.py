"""Uploads source maps by the routes of Sentry's uploaders, and sends an event of a minified script."""

import gzip
import hashlib
import io
import json
import uuid
import zipfile

SCRIPT = "function a(){throw 1}a()"
SOURCE = "function total() {\n  throw new Error();\n}\ntotal();\n"
ASSEMBLE = "/api/0/organizations/faultline/artifactbundle/assemble/"
CHUNKS = "/api/0/organizations/faultline/chunk-upload/"


def sha1(data):
    return hashlib.sha1(data).hexdigest()


class Build:
    """A script with its map, under a debug id of its own, and an event of it."""

    def __init__(self, id=None):
        self.id = id or str(uuid.uuid4())
        # Each build has a source, and so a bundle, of its own.
        source = f"// {uuid.uuid4()}\n{SOURCE}"
        mapping = {"version": 3, "sources": ["src/cart.ts"], "sourcesContent": [source], "names": ["total"],
                   "mappings": "AACA,SAASA,IACP,SAEFA"}
        entry = lambda kind: {"type": kind, "url": "~/a.js", "headers": {"debug-id": self.id}}
        manifest = {"files": {"a.js": entry("minified_source"), "a.js.map": entry("source_map")}}
        packed = io.BytesIO(b"SYSB\x02\0\0\0")
        packed.seek(8)
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.js", SCRIPT)
            archive.writestr("a.js.map", json.dumps(mapping))
            archive.writestr("manifest.json", json.dumps(manifest))
        self.bundle = packed.getvalue()

    def event(self):
        frame = {"filename": "https://shop.example/a.js", "function": "a", "lineno": 1, "colno": 14, "in_app": True}
        image = {"type": "sourcemap", "code_file": frame["filename"], "debug_id": self.id}
        raised = {"type": "Error", "value": self.id, "stacktrace": {"frames": [frame]}}
        return {"platform": "javascript", "exception": {"values": [raised]}, "debug_meta": {"images": [image]}}


class Uploader:
    """An upload key of a project."""

    def __init__(self, api, project):
        self.api, self.project = api, project
        self.key = api.call("POST", "/keys", {"role": "upload", "project": project})[2]["data"]["key"]["key"]

    def send(self, build):
        """Sends the only chunk of a bundle. Returns the status."""
        name, boundary = sha1(build.bundle), "boundary"
        head = (f'--{boundary}\r\nContent-Disposition: form-data; name="file_gzip"; filename="{name}"\r\n'
                "Content-Type: application/octet-stream\r\n\r\n")
        body = head.encode() + gzip.compress(build.bundle) + f"\r\n--{boundary}--\r\n".encode()
        kind = {"content-type": f"multipart/form-data; boundary={boundary}"}
        return self.api.call("POST", CHUNKS, body, key=self.key, headers=kind)[0]

    def assemble(self, build):
        """Returns the status and the state."""
        name = sha1(build.bundle)
        body = {"checksum": name, "chunks": [name], "projects": [self.project], "version": "shop@1"}
        status, _, answer = self.api.call("POST", ASSEMBLE, body, key=self.key)
        return status, answer.get("state") if isinstance(answer, dict) else None

    def upload(self):
        """Uploads a new build, and returns it."""
        build = Build()
        self.send(build)
        self.assemble(build)
        return build
