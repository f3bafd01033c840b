"""Checks whether the engine's files, once closed, still contain what was deleted from the bucket and the queue. See README.md."""

import json
import pathlib
import sys


def check(work, engine, what, patterns):
    # Shorter runs of bytes may occur anywhere by chance.
    patterns = [pattern for pattern in patterns if len(pattern) >= 16]
    if not patterns:
        sys.exit(f"none of the {what} is long enough to search for")
    files = [file for file in (work / "data").iterdir() if file.name.startswith(engine)]
    for file in files:
        content = file.read_bytes()
        found = sum(pattern in content for pattern in patterns)
        if found:
            sys.exit(f"WRONG: {found} of {len(patterns)} {what} are in {file.name}")
    print(f"right: none of {len(patterns)} {what} is in {', '.join(file.name for file in files)}")


def main():
    work = pathlib.Path(sys.argv[1])
    frames = json.loads((work / "frames.json").read_text())
    check(work, "s3.db", "deleted frames", [bytes.fromhex(frame) for frame in frames])
    queued = json.loads((work / "queued.json").read_text())
    check(work, "sqs.db", "processed messages", [body.encode() for body in queued])


main()
