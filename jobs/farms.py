"""The farms of an account, through the SDK: the studio's and Qarnot's. The only user of `qarnot`.

Every call has a time limit and none is repeated by the SDK, whose own repeats block for 31 s and double a POST.
"""

import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import qarnot
import requests
from django.conf import settings
from qarnot import get_url
from qarnot.advanced_bucket import BucketPrefixFiltering, PrefixResourcesTransformation
from qarnot.bucket import Bucket
from qarnot.exceptions import QarnotException, UnauthorizedException
from qarnot.retry_settings import RetrySettings

from accounts.tokens import internal_token
from jobs import qarnot_access
from jobs.enums import Where
from jobs.farm_troubles import FarmBusy, FarmDown, FarmRefused, TaskGone, TokenRefused
from jobs.task_order import Resource, TaskOrder

if TYPE_CHECKING:
    from accounts.models import Account

__all__ = [
    "Farm",
    "FarmBusy",
    "FarmDown",
    "FarmRefused",
    "Output",
    "Resource",
    "TaskGone",
    "TaskOrder",
    "TokenRefused",
    "at_qarnot",
    "of",
]

TIMEOUT_SECONDS = 10
MOST_CONNECTIONS = 500
MOST_PAGES = 200
MOST_RETRIES = 2
"""Of a frame: three attempts, as the studio's farm gives by itself."""
OFFSET_HEADER = "X-Output-Offset"
LONGEST_PAUSE_SECONDS = 600
"""Of a farm that names one."""


@dataclass(frozen=True)
class Output:
    """A part of what a task printed: `text` from character `start` on; `start` is None where the farm
    gives its whole buffer, as Qarnot's does."""

    text: str
    start: int | None


@dataclass
class Farm:
    email: str
    token: str = field(repr=False)
    connection: Any = field(repr=False)
    where: Where = Where.STUDIO
    """Only the studio's farm is told more than the SDK says."""

    @property
    def storage_url(self) -> str:
        return str(self.connection.storage)

    def submit(self, order: TaskOrder) -> str:
        """The new task's uuid. Raises FarmDown (it may have been taken all the same), FarmRefused."""
        task = self.connection.create_task(order.name, order.profile, order.ranges, shortname=order.shortname)
        task.tags = [order.shortname]
        task.constants.update(order.constants)
        task.resources.extend(self._bucket(resource) for resource in order.resources)
        task.results = Bucket(self.connection, order.result_bucket, create=False)
        if self.where == Where.QARNOT:  # where an order that says nothing has one attempt
            task.retry_settings = RetrySettings(maxPerInstanceRetries=MOST_RETRIES)
        ordered = task._to_json() | ({} if self.where == Where.QARNOT else order.own_fields())
        answer = self._ask("_post", "/tasks", json=ordered)
        return str(self._json(answer)["uuid"])

    def _bucket(self, resource: Resource) -> Bucket:
        bucket = Bucket(self.connection, resource.bucket, create=False)
        if resource.prefix:
            bucket = bucket.with_filtering(BucketPrefixFiltering(resource.prefix))
        if resource.strip_prefix:
            bucket = bucket.with_resource_transformation(PrefixResourcesTransformation(resource.strip_prefix))
        return bucket

    def find(self, tag: str) -> str | None:
        """The uuid of the task that carries the tag."""
        wanted = {"operator": "Equal", "field": "Tags", "value": tag}
        answer = self._ask("_post", "/tasks/paginate", json={"filter": wanted, "maximumResults": 1})
        tasks = self._json(answer).get("data") or []
        return str(tasks[0]["uuid"]) if tasks else None

    def task(self, uuid: str) -> dict[str, Any]:
        """The task as the farm tells it. Raises TaskGone."""
        said = self._json(self._ask("_get", f"/tasks/{uuid}"))
        return said if isinstance(said, dict) else {}

    def why_waiting(self, uuid: str, instance_id: int) -> dict[str, Any]:
        """Of the built-in farm: {position, code, reason}. Raises TaskGone where that instance does not wait."""
        said = self._json(self._ask("_get", f"/tasks/{uuid}/instances/{instance_id}/waiting"))
        return said if isinstance(said, dict) else {}

    def carbon_facts(self, uuid: str) -> dict[str, Any]:
        """As the farm tells them. Raises TaskGone where it tells none."""
        said = self._json(self._ask("_get", get_url("task carbon facts", uuid=uuid)))
        return said if isinstance(said, dict) else {}

    def output(self, uuid: str, stream: str, offset: int) -> Output:
        """From character `offset` on. Read by GET, so that no other reader misses what we took."""
        answer = self._ask("_get", f"/tasks/{uuid}/{stream}?offset={offset}")
        answer.encoding = "utf-8"
        start = answer.headers.get(OFFSET_HEADER, "")
        if start.isdigit():
            return Output(answer.text, int(start))
        return Output(_unquoted(answer.text), None)

    def newest_tasks(self, most: int = 50) -> Iterator[list[dict[str, Any]]]:
        """Summaries, page by page; the newest first where the farm minds the order."""
        asked = {"maximumResults": most, "orderBy": "creationDate", "orderType": "Descending"}
        for _ in range(MOST_PAGES):
            page = self._json(self._ask("_post", "/tasks/summaries/paginate", json=asked))
            yield list(page.get("data") or [])
            if not page.get("nextToken"):
                return
            asked["token"] = page["nextToken"]

    def profile_names(self) -> list[str]:
        said = self._json(self._ask("_get", "/profiles"))
        return [str(name) for name in said] if isinstance(said, list) else []

    def profile(self, name: str) -> dict[str, Any]:
        """As the farm describes it. Raises FarmDown, FarmRefused, TaskGone."""
        said = self._json(self._ask("_get", f"/profiles/{quote(name, safe='')}"))
        return said if isinstance(said, dict) else {}

    def licences(self) -> list[dict[str, Any]]:
        """Those its software needs, and whether the account brought its own; none on a farm that tells of none."""
        try:
            said = self._json(self._ask("_get", "/licences"))
        except TaskGone:
            return []
        told = said.get("licences") if isinstance(said, dict) else None
        return [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []

    def keep_secret(self, key: str, value: str) -> None:
        """New, or in the place of the one that is there. Raises FarmDown, FarmRefused with the farm's sentence."""
        place, body = f"/secrets-manager/data/{quote(key)}", {"Value": value}
        if key.rpartition("/")[2] in self._secrets_in(key.rpartition("/")[0]):
            self._ask("_patch", place, json=body)
        else:
            self._ask("_put", place, json=body)

    def remove_secret(self, key: str) -> None:
        """One that is gone is fine. Raises FarmDown."""
        folder, _, name = key.rpartition("/")
        if name in self._secrets_in(folder):
            self._ask("_delete", f"/secrets-manager/data/{quote(key)}")

    def _secrets_in(self, folder: str) -> list[str]:
        said = self._json(self._ask("_get", f"/secrets-manager/search/{quote(folder)}"))
        return list(said.get("keys") or []) if isinstance(said, dict) else []

    def cancel(self, uuid: str) -> None:
        """Asks the farm to stop. A task that has ended, or is gone, is fine."""
        try:
            self._ask("_post", f"/tasks/{uuid}/abort")
        except (FarmRefused, TaskGone) as settled:
            logging.getLogger(__name__).info("task %s is over: %s", uuid, settled)

    def _ask(self, verb: str, url: str, **body: Any) -> requests.Response:
        try:
            answer: requests.Response = getattr(self.connection, verb)(url, **body)
        except UnauthorizedException as refused:
            raise _unauthorized(self.where) from refused
        except (requests.RequestException, OSError) as silent:
            raise FarmDown(str(silent)) from silent
        if answer.ok:
            return answer
        if answer.status_code == 429:
            raise FarmBusy(f"429 from {url}", _pause_seconds(answer))
        if answer.status_code >= 500:
            raise FarmDown(f"{answer.status_code} from {url}")
        if answer.status_code == 404 and verb == "_get":
            raise TaskGone(url)
        raise FarmRefused(_message(answer))

    @staticmethod
    def _json(answer: requests.Response) -> Any:
        try:
            return answer.json()
        except ValueError as garbled:
            raise FarmDown("The farm's answer can't be read.") from garbled


def _unauthorized(where: Where) -> Exception:
    if where == Where.QARNOT:
        return TokenRefused("Qarnot does not accept this account's token.")
    return FarmRefused("The farm does not accept this account's token.")


def _pause_seconds(answer: requests.Response) -> int:
    """What `Retry-After` says; its other form, a date, is not waited for to the second."""
    said = answer.headers.get("Retry-After", "")
    return min(LONGEST_PAUSE_SECONDS, max(1, int(said))) if said.isdecimal() and len(said) < 9 else 5


def _unquoted(text: str) -> str:
    """Qarnot's service seems to send the buffer as a JSON text."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        try:
            return str(json.loads(text))
        except ValueError:
            return text
    return text


def _message(answer: requests.Response) -> str:
    try:
        said = answer.json()
    except ValueError:
        return answer.text[:500] or f"{answer.status_code}"
    return str(said.get("message") or said.get("error") or said)[:500] if isinstance(said, dict) else str(said)[:500]


_kept: OrderedDict[tuple[str, str], Farm] = OrderedDict()
_keeping = threading.Lock()


def of(account: "Account", where: Where = Where.STUDIO) -> Farm:
    """That farm for the account, its connection kept in this process. Raises FarmDown, FarmRefused."""
    if where == Where.STUDIO:
        return _kept_or_made(settings.FARM_URL, internal_token(account), account.email, where)
    try:
        access = qarnot_access.token_of(account)
    except qarnot_access.NoToken as missing:
        raise TokenRefused(str(missing)) from missing
    return _kept_or_made(settings.QARNOT_URL, access.token, access.email, where)


def at_qarnot(token: str) -> Farm:
    """Whoever has this token there, asked at once and not kept. Raises TokenRefused, FarmDown."""
    return _made(settings.QARNOT_URL, token, Where.QARNOT)


def _kept_or_made(url: str, token: str, email: str, where: Where) -> Farm:
    place = (url, token)
    with _keeping:
        farm = _kept.get(place)
        if farm is not None:
            _kept.move_to_end(place)
            return farm
    farm = _made(url, token, where, email)
    with _keeping:
        _kept[place] = farm
        while len(_kept) > MOST_CONNECTIONS:
            _kept.popitem(last=False)
    return farm


def _made(url: str, token: str, where: Where, email: str = "") -> Farm:
    """Without `email` the farm is asked whose token it is."""
    try:
        connection = qarnot.Connection(
            client_token=token,
            cluster_url=url,
            cluster_timeout=TIMEOUT_SECONDS,
            retry_count=0,
            show_bucket_warnings=False,
            logger=logging.getLogger("qarnot"),
        )
        return Farm(email or str(connection.user_info.email), token, connection, where)
    except UnauthorizedException as refused:
        raise _unauthorized(where) from refused
    except (requests.RequestException, QarnotException, ValueError, TypeError, AttributeError, OSError) as silent:
        raise FarmDown(str(silent)) from silent
