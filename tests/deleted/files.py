"""Checks whether the engine's files, once closed, still contain what was deleted from the bucket. See README.md."""

import json
import pathlib
import sys


def main():
    work = pathlib.Path(sys.argv[1])
    frames = [bytes.fromhex(frame) for frame in json.loads((work / "frames.json").read_text())]
    # Shorter runs of bytes may occur anywhere by chance.
    frames = [frame for frame in frames if len(frame) >= 16]
    if not frames:
        sys.exit("no frame was long enough to search for")
    files = [file for file in (work / "data").iterdir() if file.name.startswith("s3.db")]
    for file in files:
        found = sum(frame in file.read_bytes() for frame in frames)
        if found:
            sys.exit(f"WRONG: {found} of {len(frames)} deleted frames are in {file.name}")
    print(f"right: none of {len(frames)} deleted frames is in {', '.join(file.name for file in files)}")


main()
