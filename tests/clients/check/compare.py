"""Checks that an occurrence has everything that the SDK sent."""

import re
from datetime import datetime, timezone

FILTERED = "[Filtered]"
# Names of fields in an event and in an occurrence, where they differ.
RENAMED = {"server_name": "serverName", "exception": "exceptions", "message": "logentry"}
SURROGATE = re.compile("[\ud800-\udfff]")


def seconds(time):
    """Returns the seconds since 1970 of a time in any form."""
    if isinstance(time, str):
        time = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", time).replace("Z", "+00:00"))
        time = (time if time.tzinfo else time.replace(tzinfo=timezone.utc)).timestamp()
    return time


def lost(sent, stored):
    """Returns where the occurrence differs from the event, in words. Scrubbed values count as equal."""
    stored = {**stored, **stored.get("other", {})}
    faults = []
    for key, value in sent.items():
        if key == "event_id":
            same = value.replace("-", "") == stored["eventId"].replace("-", "")
        elif key == "timestamp":
            same = abs(seconds(value) - seconds(stored["timestamp"])) < 0.002
        elif key == "tags":
            value = {name: tag if isinstance(tag, str) else str(tag) for name, tag in dict(value).items()}
            same = value == stored.get("tags", {})
        else:
            if key in ("exception", "threads", "breadcrumbs") and isinstance(value, dict):
                value = value["values"]
            if key == "message" and value and isinstance(value, str):
                value = {"formatted": value} if "formatted" in stored.get("logentry", {}) else {"message": value}
            same = holds(value, stored.get(RENAMED.get(key, key)), key, stored["scrubbed_paths"], faults)
        if not same:
            faults.append(f"{key}: sent {value!r}, stored {stored.get(RENAMED.get(key, key))!r}")
    return faults


def holds(sent, stored, path, scrubbed, faults):
    """Compares recursively. An empty value may be missing, and more may be stored than was sent. Adds differences to `faults`
    and returns true, so that only the innermost difference is reported."""
    if sent is None or sent in ({}, [], "") and stored is None:
        return True
    if isinstance(sent, dict) and isinstance(stored, dict):
        for key, value in sent.items():
            holds(value, _found(key, value, stored, path), f"{path}.{key}", scrubbed, faults)
    elif isinstance(sent, list) and isinstance(stored, list) and len(sent) == len(stored):
        for index, (one, other) in enumerate(zip(sent, stored)):
            holds(one, other, f"{path}.{index}", scrubbed, faults)
    elif path.endswith(".timestamp") and stored is not None:
        if abs(seconds(sent) - seconds(stored)) > 0.002:
            faults.append(f"{path}: sent {sent!r}, stored {stored!r}")
    elif isinstance(stored, str) and FILTERED in stored and sent != stored:
        scrubbed.append(path)
    else:
        expected = SURROGATE.sub("\ufffd", sent) if isinstance(sent, str) else sent
        if expected != stored or isinstance(sent, bool) != isinstance(stored, bool):
            faults.append(f"{path}: sent {sent!r}, stored {stored!r}")
    return True


def _found(key, sent, stored, path):
    """Returns the stored value of `key`, where the protocol stores it in another place than the SDK."""
    value = stored.get(key)
    if key == "filename" and sent != value and "://" in str(sent):
        return stored.get("abs_path")
    if key == "function" and sent == "?":
        return stored.get(key, "?")
    if path == "user" and value is None:
        return stored.get("data", {}).get(key)
    return value
