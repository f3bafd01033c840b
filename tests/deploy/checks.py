"""What the checks found, and what they say on the way."""

import time

ALL_NOTES = []


class Checks:
    """Counts checks, and prints those that fail."""

    def __init__(self):
        self.passed = self.failed = 0

    def that(self, holds, text, detail=""):
        self.passed, self.failed = self.passed + bool(holds), self.failed + (not holds)
        if not holds:
            print(f"FAILED  {text}  {str(detail)[:600]}")

    def equal(self, found, expected, text):
        self.that(found == expected, text, f"{found!r} instead of {expected!r}")


def say(text):
    print(time.strftime("%H:%M:%S"), text, flush=True)


def note(text):
    ALL_NOTES.append(text)
    say(f"  {text}")
