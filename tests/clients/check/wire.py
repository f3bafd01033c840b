"""What went over the wire, out of the tap's record."""

import gzip
import io
import json
from dataclasses import dataclass, field

import brotli


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
        return self.headers.get("content-encoding", "")

    def items(self):
        """The types of the items in the envelope."""
        body = {"gzip": gzip.decompress, "br": brotli.decompress, "": bytes}[self.encoding](self.body)
        stream = io.BytesIO(body)
        stream.readline()
        while header := stream.readline().strip():
            header = json.loads(header)
            yield header["type"]
            if "length" in header:
                stream.read(header["length"])
            stream.readline()


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
    """Every request that clients sent, with its answer."""
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
