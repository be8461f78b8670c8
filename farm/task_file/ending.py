"""How often a task is tried before it has failed."""

from farm.json_fields import Fields

DEFAULT_ATTEMPTS = 3
MOST_ATTEMPTS = 20
MOST_RETRIES = 1_000_000


def retries(fields: Fields) -> tuple[int, int | None]:
    """The attempts of an instance, and the retries of all instances together (None: not limited).

    Where an order names neither, an instance has DEFAULT_ATTEMPTS. Where it names only the total, that is the limit.
    """
    settings = fields.object("retrySettings")
    deprecated = fields.given.get("maxRetriesPerInstance")
    per_instance, total = settings.get("maxPerInstanceRetries"), settings.get("maxTotalRetries")
    if per_instance is None:
        per_instance = deprecated
    if not _is_count(per_instance) or not _is_count(total):
        fields.faults["retrySettings"] = "The numbers of retries are whole and not negative."
        return DEFAULT_ATTEMPTS, None
    if per_instance is None:
        return (DEFAULT_ATTEMPTS if total is None else MOST_ATTEMPTS), total
    return min(per_instance + 1, MOST_ATTEMPTS), total


def _is_count(value: object) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_RETRIES)
