"""Waits for the stack to answer, and prepares the store as soon as it does."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from django.conf import settings

PATIENCE_SECONDS = 60


def wait_until_ready(say: Callable[[str], None]) -> bool:
    """Until /health/ answers 200. Says once what is still missing after PATIENCE_SECONDS; goes on waiting."""
    started = time.monotonic()
    has_complained = False
    while True:
        missing = what_does_not_answer()
        if not missing:
            return True
        if not has_complained and time.monotonic() - started > PATIENCE_SECONDS:
            say(f"Still waiting for: {', '.join(missing)}. The log says why.")
            has_complained = True
        time.sleep(0.3)


def what_does_not_answer() -> list[str]:
    """Names of the parts /health/ reports as silent; ["web"] if the page itself does not answer."""
    address = f"http://127.0.0.1:{settings.PORT}/health/"
    try:
        with urllib.request.urlopen(address, timeout=10):
            return []
    except urllib.error.HTTPError as answer:
        try:
            parts = json.load(answer)["parts"]
        except (ValueError, KeyError):
            return ["web"]
        return [name for name, state in parts.items() if state != "ok"]
    except OSError:
        return ["web"]
