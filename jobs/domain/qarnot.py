"""An account's way to Qarnot: its token given, checked at once, replaced and taken away; and where it may choose."""

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from jobs import farms, qarnot_access
from jobs.enums import ENDED, Where
from jobs.models import Job, QarnotAccess, Scene
from jobs.problems.words import counted
from jobs.profiles import BLENDER

if TYPE_CHECKING:
    from accounts.models import Account

NOT_GIVEN = "There is no Qarnot token on your account. Give one on the Account page."
NO_ANSWER = "Qarnot does not answer. The token is not kept; give it again in a while."
_TOKEN = re.compile(r"[\x21-\x7e]{8,512}")
"""What can stand in the header it is sent in."""


class QarnotRefused(ValueError):
    """Why this can't be done, as a sentence for the page."""


def connect(account: "Account", text: str) -> QarnotAccess:
    """Keeps the token if Qarnot knows it. Asks Qarnot. Raises QarnotRefused."""
    token = text.strip()
    if not _TOKEN.fullmatch(token):
        raise QarnotRefused("This is no token. Copy it whole from your account page at Qarnot.")
    try:
        farm = farms.at_qarnot(token)
    except farms.TokenRefused as refused:
        raise QarnotRefused("Qarnot does not know this token. Copy it whole from your account page there.") from refused
    except (farms.FarmDown, farms.FarmRefused) as silent:
        raise QarnotRefused(NO_ANSWER) from silent
    _demand_reachable_storage(farm.storage_url)
    _demand_same_account(account, farm)
    access = qarnot_access.keep(account, token, email=farm.email, storage_url=farm.storage_url)
    waiting = Job.objects.filter(account=account, farm=Where.QARNOT, next_poll_at__isnull=False)
    waiting.update(next_poll_at=timezone.now())
    return access


def _demand_reachable_storage(url: str) -> None:
    """Pages may send files to the one storage that the settings name."""
    if urlsplit(url)[:2] != urlsplit(settings.QARNOT_S3_URL)[:2]:
        raise QarnotRefused(
            f"Qarnot keeps files at {url}, and this server lets pages reach {settings.QARNOT_S3_URL} only. "
            "Tell the operator: the setting is QARNOT_S3_URL."
        )


def _demand_same_account(account: "Account", farm: farms.Farm) -> None:
    """Renders under way would be taken for deleted ones in another account there."""
    before, count = qarnot_access.of(account), under_way_count(account)
    if not count or (before.email == farm.email if before else _is_known_there(account, farm)):
        return
    raise QarnotRefused(
        f"This token is of another account at Qarnot ({farm.email}), and {_renders(count)} under way in that of "
        f"{before.email if before else 'the token before'}. {_first(count)}"
    )


def _is_known_there(account: "Account", farm: farms.Farm) -> bool:
    """Whether that is the account of what is under way, where the token before was taken away."""
    going = Job.objects.filter(account=account, farm=Where.QARNOT).exclude(state__in=ENDED).exclude(farm_task_uuid="")
    uuid = going.values_list("farm_task_uuid", flat=True).first()
    try:
        return uuid is None or bool(farm.task(uuid))
    except farms.TaskGone:
        return False
    except (farms.FarmDown, farms.FarmRefused) as silent:
        raise QarnotRefused(NO_ANSWER) from silent


def disconnect(account: "Account") -> None:
    """Raises QarnotRefused while renders run there by a token that works: nobody could follow or cancel them."""
    access = qarnot_access.of(account)
    count = under_way_count(account)
    if access is not None and not access.problem and count:
        raise QarnotRefused(f"{_renders(count)} under way at Qarnot. {_first(count)}")
    qarnot_access.forget(account)


def under_way_count(account: "Account") -> int:
    return Job.objects.filter(account=account, farm=Where.QARNOT).exclude(state__in=ENDED).count()


def _renders(count: int) -> str:
    return f"{counted(count, 'render', 'renders')} {'is' if count == 1 else 'are'}"


def _first(count: int) -> str:
    return "Wait for it or cancel it first." if count == 1 else "Wait for them or cancel them first."


def places(account: "Account") -> list[Where]:
    """Where the account may render: a choice only with a token for Qarnot."""
    return [Where.STUDIO, Where.QARNOT] if qarnot_access.is_given(account) else [Where.STUDIO]


def places_for(scene: Scene) -> list[Where]:
    """Qarnot's other software has no scenes that we know how to order."""
    return places(scene.account) if scene.software == BLENDER else [Where.STUDIO]


def chosen(account: "Account", text: str) -> Where:
    """What was chosen; nothing chosen is the studio. Raises QarnotRefused."""
    try:
        where = Where(text or Where.STUDIO)
    except ValueError as unknown:
        raise QarnotRefused("Choose this studio's machines or Qarnot.") from unknown
    if where not in places(account):
        raise QarnotRefused(NOT_GIVEN)
    return where
