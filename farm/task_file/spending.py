"""What a task may cost."""

import math

from farm.json_fields import Fields
from farm.json_keys import as_text

MOST_SECONDS = 1_000_000 * 3600
CAP = "capSeconds"


def cap_seconds(fields: Fields) -> int | None:
    """The render time it never uses more of; None: no limit of its own. The field wins over the label of its name:
    SDKs know labels only."""
    given = fields.given.get(CAP)
    if given is None:
        labels = fields.given.get("labels")
        given = labels.get(CAP) if isinstance(labels, dict) else None
    if given is None or given == "":
        return None
    try:
        seconds = math.floor(float(as_text(given)))
    except (ValueError, OverflowError):
        seconds = 0
    if not 1 <= seconds <= MOST_SECONDS:
        fields.faults[CAP] = f"{CAP} is a number of seconds from 1 to {MOST_SECONDS:,}."
        return None
    return seconds
