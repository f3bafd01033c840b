#!/usr/bin/env python3
"""Prints a part of a Containerfile, as the container's engine would use it: COMMAND, HEALTHCHECK, ENV or USER."""

import json
import re
import sys

text = open(sys.argv[1]).read()


def instruction(name):
    [found] = re.findall(rf"^{name} (.*)$", text, re.M)
    return found


if sys.argv[2] == "COMMAND":
    print(*json.loads(instruction("ENTRYPOINT")), *json.loads(instruction("CMD")))
elif sys.argv[2] == "HEALTHCHECK":
    print(*json.loads(instruction("HEALTHCHECK").split(" CMD ")[1]))
else:
    print(instruction(sys.argv[2]))
