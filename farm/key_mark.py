"""Whether a machine has the farm's TOKEN_KEY: with another one it could open no secret and ask no Q.Box."""

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from farm.models import KeyMark


def keep() -> None:
    """Said by the farm's own machine at each start; a TOKEN_KEY that was changed there is the farm's from then on."""
    KeyMark.objects.update_or_create(pk=KeyMark.THE_ONE, defaults={"mark": _mark()})


def is_ours() -> bool:
    """True too while nobody has said which it is."""
    kept = KeyMark.objects.filter(pk=KeyMark.THE_ONE).first()
    return kept is None or constant_time_compare(kept.mark, _mark())


def _mark() -> str:
    return salted_hmac("farm.key_mark", "TOKEN_KEY", secret=settings.TOKEN_KEY, algorithm="sha256").hexdigest()
