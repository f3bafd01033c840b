"""Additions to MiniStack's enforcement of IAM: what it does not pass to the evaluation of a policy, and AWS does.

Imported by emulator.py. As there, each section names a gap.
"""

import contextvars
import json

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id
from ministack.services import s3, sqs


def sources_of(dead):
    return [queue for queue in sqs._queues.values() if dead in queue["attributes"].get("RedrivePolicy", "")]


# IAM does not know the queue of a move task. SQS moves the messages with the permissions of whoever started the task.

resource_arn = iam_actions.extract_resource_arn
destination = contextvars.ContextVar("destination", default="")
FOR_A_MOVE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


def resource_arn_of_move(service, method, path, headers, body, *rest):
    arn = resource_arn(service, method, path, headers, body, *rest)
    if service != "sqs" or arn != "*":
        return arn
    request = json.loads(body or b"{}")
    if "SourceArn" in request:
        sources = [queue["attributes"]["QueueArn"] for queue in sources_of(request["SourceArn"])]
        destination.set(request.get("DestinationArn") or sources[0])
    return request.get("SourceArn", "*")


iam_actions.extract_resource_arn = resource_arn_of_move


# There is no TLS here, and the bucket's policy, which is enforced, refuses requests without TLS.

resolve = iam_evaluator._resolve_condition_key
iam_evaluator._resolve_condition_key = \
    lambda key, context: "true" if key.lower() == "aws:securetransport" else resolve(key, context)


# IAM does not get the partition keys of a request to the table; for a transaction it needs them for each action.

table_context, transaction = iam_actions.dynamodb_service_context, iam_actions.dynamodb_transaction_checks
LEADING_KEYS = "dynamodb:LeadingKeys"


class Action(str):
    """An action of a transaction, with the leading key of its item."""

    leading_key = None


def leading_key(request):
    item = request.get("Key") or request.get("Item")
    value = item["pk"] if item else request.get("ExpressionAttributeValues", {}).get(":pk", {})
    return value.get("S")


def leading_keys(request):
    """The leading keys of all items of a request; of a batch, there are several."""
    keys = [leading_key(request)]
    for batch in request.get("RequestItems", {}).values():
        if isinstance(batch, dict):
            keys += [leading_key({"Key": key}) for key in batch.get("Keys", [])]
        else:
            keys += [leading_key(one) for write in batch for one in write.values()]
    return sorted({key for key in keys if key})


def context_with_keys(body):
    keys = leading_keys(json.loads(body))
    return {**table_context(body), **({LEADING_KEYS: keys} if keys else {})}


def transaction_with_keys(action, body, region, account):
    if not (checks := transaction(action, body, region, account)):
        return checks
    keys = [leading_key(detail) for item in json.loads(body)["TransactItems"] for detail in item.values()]
    checked = []
    for (one, table), key in zip(checks, keys, strict=True):
        one = Action(one)
        one.leading_key = key
        checked.append((one, table))
    return checked


iam_actions.dynamodb_service_context = context_with_keys
iam_actions.dynamodb_transaction_checks = transaction_with_keys


# IAM does not get the encryption context of a KMS request.

request_context = iam_actions.request_tag_context


def with_encryption_context(service, action, body, parameters):
    context = request_context(service, action, body, parameters)
    if service != "kms":
        return context
    sealed_for = json.loads(body or b"{}").get("EncryptionContext") or {}
    named = {f"kms:EncryptionContext:{key}": value for key, value in sealed_for.items()}
    return {**context, **named, **({"kms:EncryptionContextKeys": list(sealed_for)} if sealed_for else {})}


iam_actions.request_tag_context = with_encryption_context


# IAM does not get the sender address of an email, nor the identity it belongs to.

sender, enforce_mail = contextvars.ContextVar("sender", default=""), app._enforce_ses_v2


def enforce_mail_of_sender(method, path, headers, body, *rest):
    if path.endswith("/outbound-emails"):
        sender.set(json.loads(body).get("FromEmailAddress", ""))
    return enforce_mail(method, path, headers, body, *rest)


app._enforce_ses_v2 = enforce_mail_of_sender


# Passes the contexts above to IAM. Also, S3 reports a missing object as missing only to a role that may list the
# bucket.

enforce = iam_evaluator.enforce


def enforce_with_context(access_key, action, service, region, **named):
    context = dict(named.pop("service_context", None) or {})
    if isinstance(action, Action):
        context[LEADING_KEYS] = [action.leading_key]
    if action == "ses:SendEmail":
        context["ses:FromAddress"] = sender.get()
        named["resource_arn"] = f"arn:aws:ses:{region}:{get_account_id()}:identity/{sender.get()}"
    denied = enforce(access_key, action, service, region, service_context=context, **named)
    if action == "sqs:StartMessageMoveTask":
        needed = [*((one, named["resource_arn"]) for one in FOR_A_MOVE), ("sqs:SendMessage", destination.get())]
        refusals = (enforce(access_key, one, service, region, service_context=context, resource_arn=arn)
                    for one, arn in needed)
        return denied or next(filter(None, refusals), None)
    if denied or action != "s3:GetObject":
        return denied
    bucket, _, key = named["resource_arn"].removeprefix("arn:aws:s3:::").partition("/")
    if key in s3._buckets.get(bucket, {}).get("objects", {}):
        return None
    named["resource_arn"] = f"arn:aws:s3:::{bucket}"
    return enforce(access_key, "s3:ListBucket", service, region, service_context=context, **named)


iam_evaluator.enforce = enforce_with_context
