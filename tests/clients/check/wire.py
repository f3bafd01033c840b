"""Parses the tap's record of the traffic."""

import base64
import gzip
import io
import json
import zlib
from dataclasses import dataclass, field

import brotli


UNPACK = {
    "": bytes,
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "base64": lambda body: zlib.decompress(base64.b64decode(body)),
}


@dataclass
class Exchange:
    """A request and its answer."""

    method: str
    path: str
    headers: dict
    body: bytes
    status: int = 0
    answer_headers: dict = field(default_factory=dict)
    answer: bytes = b""

    @property
    def encoding(self):
        """How the body is encoded. `base64` means base64 of a zlib stream, which no header says."""
        encoding = self.headers.get("content-encoding", "")
        return encoding or ("base64" if self.path.endswith("/store/") and self.body[:1] != b"{" else "")

    def unpacked(self):
        """Returns the body without its encoding."""
        return UNPACK[self.encoding](self.body)

    def parts(self):
        """Returns the envelope's header, and each item's header and payload, as bytes."""
        stream = io.BytesIO(self.unpacked())
        envelope, items = stream.readline().rstrip(b"\n"), []
        while header := stream.readline().rstrip(b"\n"):
            length = json.loads(header).get("length")
            if length is None:
                payload = stream.readline().rstrip(b"\n")
            else:
                payload = stream.read(length)
                stream.readline()
            items.append((header, payload))
        return envelope, items

    def items(self):
        """Returns the types of the items in the envelope. A body that is not an envelope is an event."""
        if self.path.endswith("/store/"):
            return ["event"]
        return [json.loads(header)["type"] for header, _ in self.parts()[1]]

    def event(self):
        """Returns the event in the request, if there is one."""
        if self.path.endswith("/store/"):
            return json.loads(self.unpacked())
        payloads = (payload for header, payload in self.parts()[1] if json.loads(header)["type"] == "event")
        return next(map(json.loads, payloads), None)


def _head(stream):
    first = stream.readline().decode("latin-1").strip()
    headers = {}
    while line := stream.readline().strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    return first, headers


def _body(stream, headers):
    if headers.get("transfer-encoding") != "chunked":
        return stream.read(int(headers.get("content-length", 0)))
    body = b""
    while size := int(stream.readline().split(b";")[0] or b"0", 16):
        body += stream.read(size)
        stream.readline()
    stream.readline()
    return body


def exchanges(directory):
    """Returns every request that clients sent, with its answer."""
    for file in sorted(directory.glob("*.up")):
        up, down = io.BytesIO(file.read_bytes()), io.BytesIO(file.with_suffix(".down").read_bytes())
        while True:
            first, headers = _head(up)
            if not first:
                break
            method, path, _ = first.split()
            exchange = Exchange(method, path, headers, _body(up, headers))
            line, exchange.answer_headers = _head(down)
            while line.startswith("HTTP/1.1 1"):
                line, exchange.answer_headers = _head(down)
            if line:
                exchange.status = int(line.split()[1])
                exchange.answer = _body(down, exchange.answer_headers)
            yield exchange
