"""Hooks for schemathesis: how to serialise media types that it does not know, and which client address to send from."""

import itertools

import schemathesis

# Unknown keys are rate-limited by client address, and a run sends hundreds of them, so each request has another
# address.
_addresses = (f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::1" for number in itertools.count(1))


@schemathesis.hook
def before_call(context, case, kwargs):
    case.headers = {**(case.headers or {}), "X-Forwarded-For": next(_addresses)}

schemathesis.serializer.alias("application/csp-report", "application/json")
schemathesis.serializer.alias("application/x-sentry-envelope", "text/plain")
schemathesis.serializer.alias("application/x-protobuf", "text/plain")
