"""The API's and the store's credentials, for the instances whose order asks for them.

A task has a token of its own, which its owner sees among their tokens and can revoke; it ends with the task. The names
are those the SDK reads by itself, and those every S3 tool does. On this farm an instance has no network, unless the
operator gave its machine one: then they are good for nothing but to be handed on.
"""

from uuid import UUID

from django.conf import settings
from django.db.models.functions import Now

from accounts.models import ApiToken
from accounts.tokens import make_token, token_text
from farm.models import ENDED_STATES, Task

TOKEN = "QARNOT_CLIENT_TOKEN"  # noqa: S105 - a name
_BEGINNING = "Task "


def of_task(task: Task) -> dict[str, str]:
    """The environment variables; empty where the order asks for none."""
    if not task.gives_credentials:
        return {}
    token = _token_of(task)
    return {
        "QARNOT_CLUSTER_URL": f"{settings.PUBLIC_URL}/farm",
        "QARNOT_STORAGE_URL": settings.S3_DOOR_URL,
        "QARNOT_ACCOUNT_EMAIL": task.account.email,
        TOKEN: token,
        "AWS_ENDPOINT_URL_S3": settings.S3_DOOR_URL,
        "AWS_ACCESS_KEY_ID": task.account.email,
        "AWS_SECRET_ACCESS_KEY": token,
    }


def revoke_ended() -> int:
    """The tokens of tasks that have ended or are gone. Returns how many."""
    tokens = {row.pk: row.name for row in ApiToken.objects.filter(name__startswith=_BEGINNING, revoked_at=None)}
    tasks = {pk: uuid for pk, name in tokens.items() if (uuid := _uuid(name.removeprefix(_BEGINNING)))}
    if not tasks:
        return 0
    under_way = set(
        Task.objects.filter(pk__in=tasks.values()).exclude(state__in=ENDED_STATES).values_list("pk", flat=True)
    )
    over = [pk for pk, uuid in tasks.items() if uuid not in under_way]
    return ApiToken.objects.filter(pk__in=over, revoked_at=None).update(revoked_at=Now())


def _token_of(task: Task) -> str:
    name = f"{_BEGINNING}{task.pk}"
    row = ApiToken.objects.filter(account=task.account_id, name=name, revoked_at=None).first()
    return token_text(row) if row else make_token(task.account, name)[1]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
