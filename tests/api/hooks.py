"""What schemathesis must know besides: how bodies of these media types are written, and who is calling."""

import itertools

import schemathesis

# Unknown keys are limited by address, and a run shows hundreds of them: each request comes from another one.
_addresses = (f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::1" for number in itertools.count(1))


@schemathesis.hook
def before_call(context, case, kwargs):
    case.headers = {**(case.headers or {}), "X-Forwarded-For": next(_addresses)}

schemathesis.serializer.alias("application/csp-report", "application/json")
schemathesis.serializer.alias("application/x-sentry-envelope", "text/plain")
