"""Access to the deployed stack, as its users and its operator have it."""

import gzip
import http.client
import json
import os
import subprocess
import time

import boto3

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
PORT = int(ENDPOINT.rsplit(":", 1)[1])
NAME = "faultline"


def aws(service):
    return boto3.client(service)


def wait_until(condition, seconds=30):
    """Asks until the answer is true, or time is up. Returns the last answer."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return answer


class Stack:
    """The stack as CloudFormation describes it."""

    def __init__(self):
        [self.described] = aws("cloudformation").describe_stacks(StackName=NAME)["Stacks"]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in self.described["Outputs"]}
        listed = aws("cloudformation").describe_stack_resources(StackName=NAME)["StackResources"]
        self.resources = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in listed}

    def __getitem__(self, output):
        return self.outputs[output]

    def function(self, name):
        """Returns the physical name of a function."""
        return self.resources[f"{name.capitalize()}Function"]

    def role(self, name):
        return self.resources[f"{name.capitalize()}Role"]

    def log(self, name):
        """Returns everything that a function has logged."""
        group = f"/aws/lambda/{NAME}-{name}"
        pages = aws("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
        return [event["message"] for page in pages for event in page["events"]]


class Api:
    """The HTTP API, under the host name that API Gateway gives it."""

    def __init__(self, stack, key=None):
        self.stack = stack
        self.host, self.key = f"{stack['ApiId']}.execute-api.localhost:{PORT}", key
        self.prefix = f"http://127.0.0.1:{PORT}/_aws/execute-api/{stack['ApiId']}/$default"

    def call(self, method, path, body=None, headers=(), key=None):
        """Sends a request. Returns the status, the headers (in lower case) and the JSON of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
        sent = {"Host": self.host, "content-type": "application/json", **dict(headers)}
        if key or self.key:
            sent["x-api-key"] = key or self.key
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, value

    def post(self, project, message, key, **more):
        """Sends one v1 error, and returns the status of the answer."""
        body = {"errors": [{"type": "Error", "message": message}], **more}
        return self.call("POST", f"/projects/{project}/errors", body, key=key)[0]

    def errors(self, project):
        status, _, answer = self.call("GET", f"/projects/{project}/errors?limit=100")
        assert status == 200, answer
        return answer["data"]["errors"]

    def count(self, project, message):
        """Returns an error's count, or 0 if it does not exist."""
        return sum(error["count"] for error in self.errors(project) if error["message"] == message)


def gzipped(value):
    return gzip.compress(json.dumps(value).encode())


def shell(*command, **environment):
    """Runs a command from the documentation and returns its output, which is shown if the command fails."""
    ran = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    if ran.returncode:
        raise SystemExit(f"{' '.join(command)}\n{ran.stdout[-4000:]}\n{ran.stderr[-4000:]}")
    return ran.stdout
