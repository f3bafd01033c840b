"""Checks the Terraform module. usage: terraform.py FOLDER. See README.md."""

import pathlib
import re
import sys

import hcl2

folder = pathlib.Path(sys.argv[1])
text = (folder / "terraform/main.tf").read_text()
module = hcl2.loads(text)
variables = {name.strip('"') for block in module["variable"] for name in block}
used = set(re.findall(r"\bvar\.(\w+)", text))
assert used == variables, f"variables {variables}, used {used}"
pattern, replacement = re.search(r'"/(CodeUri: .*?)/", "(CodeUri: .*?)"', text).groups()
template = (folder / "template.yaml").read_text()
replaced, count = re.subn(pattern, lambda match: replacement.replace("$1", match[1]), template)
functions = re.findall(r"^ +CodeUri: (.*)$", template, re.M)
assert count == len(functions) >= 6, f"{count} of {functions}"
zips = {file.name for file in folder.glob("*.zip")}
wanted = {uri.rsplit("/", 1)[1] for uri in re.findall(r"CodeUri: (s3://.*)", replaced)}
assert wanted == zips, f"the template needs {wanted}, the folder has {zips}"
print(f"right: the module finds {count} functions in {len(zips)} zips")
