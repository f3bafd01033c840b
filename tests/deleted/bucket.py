"""The bucket and the table in a data directory, read as other tools see them."""

import base64
import contextlib
import pathlib
import re
import sqlite3
import subprocess
import threading

import zstandard


def opened(data, file):
    return sqlite3.connect(f"file:{data / file}?mode=ro", uri=True)


def objects(data):
    """Returns the objects, by key."""
    with opened(data, "s3.db") as database:
        rows = database.execute("SELECT key, body FROM object").fetchall()
    return {bytes(key).decode(): bytes(body) for key, body in rows}


def items(data):
    """Returns all rows of all tables of the DynamoDB engine, as bytes. The stream is left out: it keeps changes for a day."""
    rows = []
    with opened(data, "dynamo.db") as database:
        names = [name for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            if name != "records" and not name.startswith("sqlite_"):
                rows += database.execute(f'SELECT * FROM "{name}"').fetchall()
    return [b"\0".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in row) for row in rows]


WORDS = pathlib.Path(__file__).parents[2] / "crates/core/formats/src/inline_frame/words-1.txt"
INLINE = re.compile(rb'"frame": ?{"B": ?"([A-Za-z0-9+/=]+)"}')


def inline(data):
    """Returns the texts of the occurrences that are stored in items of the table: zstd frames with a dictionary, after a
    byte for its version."""
    words = zstandard.ZstdCompressionDict(WORDS.read_bytes(), dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    reader = zstandard.ZstdDecompressor(dict_data=words)
    frames = [base64.b64decode(frame) for row in items(data) for frame in INLINE.findall(row)]
    assert all(frame[0] == 1 for frame in frames), "the dictionary has version 1"
    return [reader.decompress(frame[1:], max_output_size=1 << 20) for frame in frames]


class QueueWatch(threading.Thread):
    """Collects bodies of messages while they are in the queue, until it is stopped."""

    def __init__(self, data):
        super().__init__(daemon=True)
        self.data, self.bodies, self.stopped = data, set(), threading.Event()

    def run(self):
        with contextlib.closing(opened(self.data, "sqs.db")) as database:
            while not self.stopped.wait(0.002):
                self.bodies.update(body for body, in database.execute("SELECT body FROM content"))

    def stop(self):
        self.stopped.set()
        self.join()
        return self.bodies


def unpacked(packed):
    """Decompresses an object with `zstd -d`."""
    return subprocess.run(["zstd", "-dc"], input=packed, stdout=subprocess.PIPE, check=True).stdout


def unpacked_by_python(packed):
    """Decompresses an object with the Python package `zstandard`, another reader of concatenated frames."""
    reader = zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True)
    return reader.readall()


def written(data, folder):
    """Writes the segments as files into a folder, as `aws s3 sync` does."""
    for key, body in objects(data).items():
        if key.startswith("segments/"):
            file = pathlib.Path(folder) / key
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)
