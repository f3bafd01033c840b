"""Makes a folder like that of a release, with functions that are empty. usage: folder.py ROOT OUT"""

import hashlib
import pathlib
import sys
import zipfile

root, out = map(pathlib.Path, sys.argv[1:])
sys.path.insert(0, str(root / "packaging/aws"))
import package  # noqa: E402

build = out.parent / "build"
for name, _ in package.CODE.findall((root / "template.yaml").read_text()):
    function = build / f"{name}Function"
    function.mkdir(parents=True)
    (function / "bootstrap").write_text("#!/bin/sh\n")
out.mkdir()
package.main(root / "template.yaml", build, out, "0.1.0")
sums = "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(out.iterdir()))
(out / "SHA256SUMS").write_text(sums)
for file in out.glob("*.zip"):
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == ["bootstrap"], file
