"""The tokens by which accounts render at Qarnot: the only reader and writer of their rows. Asks nobody."""

from typing import TYPE_CHECKING, NamedTuple

from django.utils import timezone

from accounts import sealing
from jobs.models import QarnotAccess

if TYPE_CHECKING:
    from accounts.models import Account

PURPOSE = "token for Qarnot"


class NoToken(Exception):
    """There is none, or none that can be read."""


class Access(NamedTuple):
    """What opens Qarnot's doors: its API by the token, its storage by the e-mail and the token."""

    token: str
    email: str
    storage_url: str


def of(account: "Account") -> QarnotAccess | None:
    return QarnotAccess.objects.filter(pk=account.pk).first()


def is_given(account: "Account") -> bool:
    """Also while Qarnot does not accept it: the pages then say so where it matters."""
    return QarnotAccess.objects.filter(pk=account.pk).exists()


WHY_SHUT = {
    QarnotAccess.Problem.REFUSED: "Qarnot does not accept the token any more. Give a new one on the Account page.",
    QarnotAccess.Problem.UNREADABLE: "Your Qarnot token can't be read any more. Give it again on the Account page.",
}


def why_shut(account: "Account") -> str:
    """Why nothing can be asked of Qarnot now, as a sentence; empty: it can."""
    access = of(account)
    if access is None:
        return "There is no Qarnot token on your account any more. Give it again on the Account page."
    return WHY_SHUT[QarnotAccess.Problem(access.problem)] if access.problem else ""


def token_of(account: "Account") -> Access:
    """Raises NoToken, and notes for the pages why."""
    access = of(account)
    if access is None:
        raise NoToken("There is no Qarnot token on this account.")
    try:
        token = sealing.opened(account.pk, access.sealed_token, PURPOSE)
    except sealing.Unreadable as fault:
        _note(account, QarnotAccess.Problem.UNREADABLE)
        raise NoToken("The Qarnot token of this account can't be read any more.") from fault
    return Access(token, access.email, access.storage_url)


def keep(account: "Account", token: str, *, email: str, storage_url: str) -> QarnotAccess:
    """In place of the one there was. Of another account there, what was ordered in that before stays there."""
    values = {
        "sealed_token": sealing.seal(account.pk, token, PURPOSE),
        "last_four": token[-4:],
        "email": email,
        "storage_url": storage_url,
        "checked_at": timezone.now(),
        "problem": "",
    }
    before = of(account)
    if before is not None and before.email != email:
        values["given_at"] = values["checked_at"]
    return QarnotAccess.objects.update_or_create(pk=account.pk, defaults=values)[0]


def forget(account: "Account") -> None:
    QarnotAccess.objects.filter(pk=account.pk).delete()


def note_refused(account: "Account") -> None:
    """Qarnot's word; one that can't be read stays so."""
    QarnotAccess.objects.filter(pk=account.pk, problem="").update(problem=QarnotAccess.Problem.REFUSED)


def note_accepted(account: "Account") -> None:
    QarnotAccess.objects.filter(pk=account.pk).exclude(problem="").update(problem="", checked_at=timezone.now())


def _note(account: "Account", problem: QarnotAccess.Problem) -> None:
    QarnotAccess.objects.filter(pk=account.pk).exclude(problem=problem).update(problem=problem)
