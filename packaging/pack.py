#!/usr/bin/env python3
"""Packs a folder. The bytes depend on its files and on SOURCE_DATE_EPOCH only, so everybody who builds a release gets the same.

usage: packaging/pack.py FOLDER ARCHIVE.tar.gz
       packaging/pack.py FOLDER ARCHIVE.zip       without the folder's own name, as Lambda wants it"""

import gzip
import os
import pathlib
import sys
import tarfile
import time
import zipfile

TIME = int(os.environ.get("SOURCE_DATE_EPOCH", "1735689600"))


def tar(folder, archive):
    with open(archive, "wb") as file, gzip.GzipFile("", "wb", 9, file, TIME) as compressed:
        with tarfile.open(fileobj=compressed, mode="w", format=tarfile.GNU_FORMAT) as out:
            for path in [folder, *sorted(folder.rglob("*"))]:
                entry = out.gettarinfo(path, str(path.relative_to(folder.parent)))
                entry.uid = entry.gid = 0
                entry.uname = entry.gname = "root"
                entry.mtime = TIME
                entry.mode = 0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644
                with open(path, "rb") if entry.isreg() else open(os.devnull, "rb") as content:
                    out.addfile(entry, content if entry.isreg() else None)


def zip_(folder, archive):
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(str(path.relative_to(folder)), time.gmtime(TIME)[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = (0o755 if os.access(path, os.X_OK) else 0o644) << 16
            out.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, 9)


if __name__ == "__main__":
    source, target = pathlib.Path(sys.argv[1]), sys.argv[2]
    (zip_ if target.endswith(".zip") else tar)(source, target)
