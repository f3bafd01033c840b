"""What schemathesis must know besides: how bodies of these media types are written down."""

import schemathesis

schemathesis.serializer.alias("application/csp-report", "application/json")
schemathesis.serializer.alias("application/x-sentry-envelope", "text/plain")
