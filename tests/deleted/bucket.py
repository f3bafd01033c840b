"""The bucket and the table in a data directory, read as other tools see them."""

import pathlib
import sqlite3
import subprocess

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
            if name != "_stream_records" and not name.startswith("sqlite_"):
                rows += database.execute(f'SELECT * FROM "{name}"').fetchall()
    return [b"\0".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in row) for row in rows]


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
