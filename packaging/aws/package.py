#!/usr/bin/env python3
"""Turns the output of `sam build` into a folder that `sam deploy` uploads as it is.

usage: packaging/aws/package.py TEMPLATE BUILD OUT VERSION
TEMPLATE is the template that was built: its comments and its order are kept. OUT gets it with each CodeUri pointing at a zip,
and the zips."""

import pathlib
import re
import subprocess
import sys

PACK = pathlib.Path(__file__).resolve().parent.parent / "pack.py"
# How `sam build` builds a function. In the packaged folder nothing is built.
HOW_TO_BUILD = re.compile(r"^    Metadata:\n      BuildMethod: .*\n      BuildProperties:\n(?:        .*\n)+", re.M)
CODE = re.compile(r"^  (\w+)Function:\n(?:    .*\n)*?      CodeUri: crates/functions/(\w+)\n", re.M)

# For `sam publish` into the Serverless Application Repository.
APPLICATION = """Metadata:
  AWS::ServerlessRepo::Application:
    Name: faultline
    Description: An error tracker in your own AWS account, for every official Sentry SDK
    Author: faultline contributors
    SpdxLicenseId: MIT
    LicenseUrl: LICENSE
    ReadmeUrl: README.md
    Labels: [errors, monitoring, sentry, rust]
    HomePageUrl: https://github.com/faultline/faultline
    SourceCodeUrl: https://github.com/faultline/faultline
    SemanticVersion: {version}
"""


def main(template, build, out, version):
    text = HOW_TO_BUILD.sub("", template.read_text())
    text, count = re.subn(r"^Metadata:\n", APPLICATION.format(version=version), text, flags=re.M)
    if count != 1:
        sys.exit(f"{template}: its layout changed: it has {count} sections Metadata")
    functions = CODE.findall(text)
    # Two functions may have the same code.
    for name, crate in functions:
        archive = out / f"{crate}.zip"
        if not archive.exists():
            subprocess.run([sys.executable, PACK, build / f"{name}Function", archive], check=True)
    text, count = re.subn(r"^(      CodeUri: )crates/functions/(\w+)$", r"\1\2.zip", text, flags=re.M)
    if count != len(functions) or "BuildMethod" in text or "CodeUri: crates/" in text:
        sys.exit(f"{template}: its layout changed: {count} of {len(functions)} functions were found")
    (out / "template.yaml").write_text(text)


if __name__ == "__main__":
    main(*map(pathlib.Path, sys.argv[1:4]), sys.argv[4])
