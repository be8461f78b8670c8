"""How many instances, and which."""

from farm import ranges
from farm.json_fields import Fields
from farm.quotas import MAX_INSTANCES


def instances(fields: Fields) -> tuple[int, str, list[int]]:
    """instanceCount, advancedRanges and the ids that one of them gives."""
    text, count = fields.given.get("advancedRanges"), fields.given.get("instanceCount")
    if text and count:
        fields.faults["instanceCount"] = "Give either instanceCount or advancedRanges."
    elif isinstance(text, str) and text.strip():
        return 0, text, _range_ids(fields, text)
    elif text or isinstance(count, bool) or not isinstance(count, int) or count < 1:
        fields.faults["instanceCount"] = "A task needs an instanceCount of at least 1, or advancedRanges."
    elif count > MAX_INSTANCES:
        fields.faults["range-length"] = f"A task has at most {MAX_INSTANCES:,} instances."
    else:
        return count, "", list(range(count))
    return 0, "", []


def _range_ids(fields: Fields, text: str) -> list[int]:
    try:
        return ranges.parse(text, longest=MAX_INSTANCES)
    except ranges.RangeError as fault:
        key = "range-length" if isinstance(fault, ranges.RangeTooLong) else "advancedRanges"
        fields.faults[key] = str(fault)
        return []
