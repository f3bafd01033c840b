#!/usr/bin/env python3
"""MiniStack, with additions for what it does not support in this template.

MiniStack 1.5.33 accepts all of template.yaml, but silently does less than AWS would. Each section below names such a gap and
closes it with AWS's behaviour. Nothing here changes what the functions see of the services themselves.
"""

import contextvars
import functools
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import samtranslator.translator.transform as sam
from emulator_iam import sources_of
from ministack import app
from ministack.core import lambda_runtime
from ministack.services import apigateway, dynamodb, lambda_svc, s3, sqs
from ministack.services.cloudformation import engine, provisioners

RESOURCES = provisioners._RESOURCE_HANDLERS


def extended(kind, after_create, after_update):
    """Wraps the handler of a resource type: the emulator's runs first, then ours."""
    theirs = RESOURCES[kind]

    def create(logical_id, properties, stack):
        made = theirs["create"](logical_id, properties, stack)
        after_create(made[0], properties)
        return made

    # With the same signature, because the engine decides by it which arguments to pass.
    @functools.wraps(theirs["update"])
    def update(physical_id, old, new, *rest, **named):
        made = theirs["update"](physical_id, old, new, *rest, **named)
        after_update(physical_id, old, new)
        return made

    RESOURCES[kind] = {**theirs, "create": create, "update": update}


# The SAM transform gets no parameters, so what it resolves itself has the default instead of the given value.

given = contextvars.ContextVar("given", default={})
apply_transforms, transform = engine._apply_transforms, sam.transform


def apply_transforms_with_parameters(template, provided=None, previous=None):
    given.set(engine._transform_parameters(template, provided, previous))
    return apply_transforms(template, provided, previous)


sam.transform = lambda template, _, *rest, **named: transform(template, dict(given.get()), *rest, **named)
for module in list(sys.modules.values()):
    if getattr(module, "_apply_transforms", None) is apply_transforms:
        module._apply_transforms = apply_transforms_with_parameters


# An HTTP API defined by an OpenAPI body, which SAM generates, gets no routes and no CORS.

def lower_first(names):
    return {name[:1].lower() + name[1:]: value for name, value in names.items()}


def import_body(api, properties):
    body = properties["Body"]
    cors = body.get("x-amazon-apigateway-cors") or properties.get("CorsConfiguration")
    if cors:
        apigateway._apis[api]["corsConfiguration"] = lower_first(cors)
    apigateway._routes[api], apigateway._integrations[api] = {}, {}
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            if "x-amazon-apigateway-integration" not in operation:
                continue
            described = operation["x-amazon-apigateway-integration"]
            integration, _ = provisioners._apigw_v2_integration_create("", {
                "ApiId": api,
                "IntegrationType": described["type"].upper(),
                "IntegrationUri": described["uri"],
                "PayloadFormatVersion": described["payloadFormatVersion"],
            }, "")
            any_method = method == "x-amazon-apigateway-any-method"
            route = "$default" if operation.get("isDefaultRoute") else f"{'ANY' if any_method else method.upper()} {path}"
            target = {"ApiId": api, "RouteKey": route, "Target": f"integrations/{integration}"}
            provisioners._apigw_v2_route_create("", target, "")


extended("AWS::ApiGatewayV2::Api", import_body, lambda api, _, new: import_body(api, new))


# Bodies of a JSON or text type are read as UTF-8, which destroys compressed ones. An HTTP API passes those on as
# Base64.

invoke = apigateway._invoke_lambda_proxy


class Compressed(dict):
    """Headers that return `application/octet-stream` for the content type, and the real one when copied."""

    def get(self, name, default=None):
        return "application/octet-stream" if name == "content-type" else super().get(name, default)


async def invoke_with_bytes(integration, api, stage, path, method, headers, body, *rest, **named):
    if body and headers.get("content-encoding", "identity") != "identity":
        headers = Compressed(headers)
    return await invoke(integration, api, stage, path, method, headers, body, *rest, **named)


apigateway._invoke_lambda_proxy = invoke_with_bytes

# The emulator answers `/health` itself, also on the API's host.
app._HEALTH_PATHS = tuple(path for path in app._HEALTH_PATHS if path != "/health")


# The time to live and the backups of a table are dropped.

def complete_table(table, properties):
    if "PointInTimeRecoverySpecification" in properties:
        dynamodb._update_continuous_backups({
            "TableName": table,
            "PointInTimeRecoverySpecification": properties["PointInTimeRecoverySpecification"],
        })
    if "TimeToLiveSpecification" in properties:
        dynamodb._update_ttl({
            "TableName": table,
            "TimeToLiveSpecification": properties["TimeToLiveSpecification"],
        })


extended("AWS::DynamoDB::Table", complete_table, lambda table, _, new: complete_table(table, new))


# Nothing is throttled here. A table whose name is in the file `refused` is, and `calls.json` says how often each is called.

STATE, CALLS = Path(os.environ["FAULTLINE_EMULATOR_STATE"]), Counter()
WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}
READS = {"GetItem", "Query", "BatchGetItem"}
handle_table_request = dynamodb.handle_request


def tables_of(request):
    named = [request.get("TableName"), *request.get("RequestItems", {})]
    named += [detail["TableName"] for item in request.get("TransactItems", []) for detail in item.values()]
    return {name.rsplit("/", 1)[-1] for name in named if name}


async def handle_unless_refused(method, path, headers, body, *rest):
    action = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
    if action not in WRITES | READS:
        return await handle_table_request(method, path, headers, body, *rest)
    tables = tables_of(json.loads(body))
    CALLS.update(f"{table} {'write' if action in WRITES else 'read'}" for table in tables)
    # Renamed, so that nobody reads a part of it.
    (STATE / "calls.new").write_text(json.dumps(CALLS))
    os.replace(STATE / "calls.new", STATE / "calls.json")
    refused = STATE / "refused"
    if refused.exists() and refused.read_text() in tables:
        return dynamodb.error_response_json("ProvisionedThroughputExceededException", "refused by the test", 400)
    return await handle_table_request(method, path, headers, body, *rest)


dynamodb.handle_request = handle_unless_refused


# The lifecycle rules of a bucket are dropped.

def set_lifecycle(bucket, properties):
    root = ElementTree.Element("LifecycleConfiguration", xmlns="http://s3.amazonaws.com/doc/2006-03-01/")
    for rule in properties.get("LifecycleConfiguration", {}).get("Rules", []):
        element = ElementTree.SubElement(root, "Rule")
        ElementTree.SubElement(element, "ID").text = rule["Id"]
        ElementTree.SubElement(element, "Status").text = rule["Status"]
        ElementTree.SubElement(ElementTree.SubElement(element, "Filter"), "Prefix").text = rule.get("Prefix", "")
        if "ExpirationInDays" in rule:
            expiration = ElementTree.SubElement(element, "Expiration")
            ElementTree.SubElement(expiration, "Days").text = str(rule["ExpirationInDays"])
        if "NoncurrentVersionExpiration" in rule:
            versions = ElementTree.SubElement(element, "NoncurrentVersionExpiration")
            ElementTree.SubElement(versions, "NoncurrentDays").text = str(rule["NoncurrentVersionExpiration"]["NoncurrentDays"])
        if "AbortIncompleteMultipartUpload" in rule:
            abort = ElementTree.SubElement(element, "AbortIncompleteMultipartUpload")
            days = rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]
            ElementTree.SubElement(abort, "DaysAfterInitiation").text = str(days)
    status, *_, text = s3._put_bucket_lifecycle(bucket, ElementTree.tostring(root))
    if status >= 400:
        raise ValueError(f"lifecycle of {bucket}: {text!r}")


extended("AWS::S3::Bucket", set_lifecycle, lambda bucket, _, new: set_lifecycle(bucket, new))


# Autoscaling and budgets are not supported. Nothing is throttled or paid for here, so they only have to be accepted.

def accept(name):
    RESOURCES[name] = {
        "create": lambda logical_id, properties, stack: (f"{stack}-{logical_id}", {}),
        "update": lambda physical_id, old, new, stack, logical_id=None: (physical_id, {}),
        "delete": lambda physical_id, properties: None,
    }


accept("AWS::ApplicationAutoScaling::ScalableTarget")
accept("AWS::ApplicationAutoScaling::ScalingPolicy")
accept("AWS::Budgets::Budget")


# An alarm on several metrics is refused. No alarm ever fires here, so it only has to be accepted.

alarm = RESOURCES["AWS::CloudWatch::Alarm"]


def create_alarm(logical_id, properties, stack):
    if "Metrics" in properties:
        return f"{stack}-{logical_id}", {"Arn": f"arn:aws:cloudwatch:::alarm:{stack}-{logical_id}"}
    return alarm["create"](logical_id, properties, stack)


RESOURCES["AWS::CloudWatch::Alarm"] = {**alarm, "create": create_alarm}


# Numbers from parameters, and `true` and `false` from conditions, stay strings, which the queue poller cannot handle, nor a client that reads the capacity of a table.

mapping, table_handler = RESOURCES["AWS::Lambda::EventSourceMapping"], RESOURCES["AWS::DynamoDB::Table"]


def with_numbers(value):
    if isinstance(value, dict):
        return {name: with_numbers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_numbers(inner) for inner in value]
    if value in ("true", "false"):
        return value == "true"
    return int(value) if isinstance(value, str) and value.isdigit() else value


RESOURCES["AWS::DynamoDB::Table"] = {
    **table_handler,
    "create": lambda logical_id, properties, stack: table_handler["create"](logical_id, with_numbers(properties), stack),
}


def stated(made, properties):
    """Also, a mapping that is created switched off says that it is on."""
    if properties.get("Enabled") is False:
        lambda_svc._esms[made[0]]["State"] = "Disabled"
    return made


def create_mapping(logical_id, properties, stack):
    properties = with_numbers(properties)
    return stated(mapping["create"](logical_id, properties, stack), properties)


# With the same signature, because the engine decides by it which arguments to pass.
@functools.wraps(mapping["update"])
def update_mapping(physical_id, old, new, *rest, **named):
    new = with_numbers(new)
    return stated(mapping["update"](physical_id, old, new, *rest, **named), new)


RESOURCES["AWS::Lambda::EventSourceMapping"] = {
    **mapping,
    "create": create_mapping,
    "update": update_mapping,
}


# Queues do not support batches of more than ten messages, which Lambda creates with a batching window, nor tasks that
# move dead letters back.

def receive_batch(url, count):
    with sqs._queues_lock:
        queue = sqs._get_q(url)
        sqs._expire_retained(queue)
        sqs._dlq_sweep(queue)
        return sqs._collect_msgs(queue, int(count or 1), int(queue["attributes"].get("VisibilityTimeout", "30")))


MOVES = {}


def start_message_move(request, _url):
    source = request["SourceArn"]
    dead = sqs._queue_by_arn(source)
    with sqs._queues_lock:
        destination = sqs._queue_by_arn(request["DestinationArn"]) if "DestinationArn" in request else sources_of(source)[0]
        moved, now = len(dead["messages"]), time.time()
        for message in dead["messages"]:
            destination["messages"].append({**message, "receive_count": 0, "visible_at": now, "sent_at": now})
        dead["messages"].clear()
    MOVES[source] = {"Status": "RUNNING", "SourceArn": source, "StartedTimestamp": int(now * 1000),
                     "ApproximateNumberOfMessagesMoved": 0, "ApproximateNumberOfMessagesToMove": moved}
    return {"TaskHandle": "moved"}


def list_message_moves(request, _url):
    """Lists a queue's last task. It is finished when it is listed for the second time."""
    task = MOVES.get(request["SourceArn"])
    if task is None:
        return {"Results": []}
    done = {**task, "Status": "COMPLETED", "ApproximateNumberOfMessagesMoved": task["ApproximateNumberOfMessagesToMove"]}
    MOVES[request["SourceArn"]] = done
    return {"Results": [task]}


sqs._receive_messages_for_esm = receive_batch
sqs._HANDLERS["StartMessageMoveTask"] = start_message_move
sqs._HANDLERS["ListMessageMoveTasks"] = list_message_moves


# The failures that a function reports for a batch of the table's stream are ignored. AWS continues with the first
# failed record; here the whole batch is repeated, which is all that is guaranteed.

execute = lambda_svc._execute_function


def execute_and_look(function, event):
    result = execute(function, event)
    records = event.get("Records") if isinstance(event, dict) else None
    if records and "dynamodb" in records[0] and not result.get("error"):
        answer = result.get("body")
        answer = json.loads(answer) if isinstance(answer, (str, bytes)) and answer else answer
        if isinstance(answer, dict) and answer.get("batchItemFailures"):
            return {**result, "error": True, "body": {"errorType": "batchItemFailures"}}
    return result


lambda_svc._execute_function = execute_and_look


# Functions: each invocation waits 50 ms for a log line, and 40 ms for a TCP acknowledgement.

drain, handler_class = (lambda_runtime.ProvidedWorker._drain_stderr_bounded,
                        lambda_runtime.ProvidedWorker._build_handler_class)


def without_delay(self, *arguments):
    made = handler_class(self, *arguments)
    made.disable_nagle_algorithm, made.wbufsize = True, -1
    return made


lambda_runtime.ProvidedWorker._drain_stderr_bounded = lambda self, first_line_wait=0.002: drain(self, first_line_wait)
lambda_runtime.ProvidedWorker._build_handler_class = without_delay

if __name__ == "__main__":
    sys.exit(app.main())
