"""Rows that a form or a script chose by their ids."""

from collections.abc import Sequence
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def chosen(offered: QuerySet[Row], ids: Sequence[object]) -> list[Row] | None:
    """Those of these ids, each once, in the order of the ids; None where one of them is not on offer."""
    wanted = list(dict.fromkeys(str(one) for one in ids))
    try:
        there = {str(row.pk): row for row in offered.filter(pk__in=wanted)}
    except ValidationError:  # no id at all
        return None
    return [there[one] for one in wanted] if there.keys() >= set(wanted) else None
