"""Licences of software: which one an order needs, and whose it is.

*On demand* an instance takes a seat of the farm's (farm.seats).
*Brought*, the licence is the account's secret `licences/<name>/server` or `licences/<name>/key`. No seat is taken.
"""

from dataclasses import dataclass
from datetime import datetime

import sandbox
from accounts import sealing
from accounts.models import Account
from farm import licence_servers, secrets
from farm.engines import profiles
from farm.licence_servers import Server
from farm.models import Licence, Secret, Task

ON_DEMAND, OWN = "onDemand", "own"
FARM = 0
"""Whose the farm's own key is: no account has this id."""


class NotToBeHad(Exception):
    """The order can't have this licence; the sentence says why and what to do."""


class Trouble(Exception):
    """An instance can't use its licence. `is_final`: it would not do so when tried again."""

    def __init__(self, code: str, sentence: str, *, is_final: bool) -> None:
        super().__init__(sentence)
        self.code = code
        self.is_final = is_final


@dataclass(frozen=True)
class Choice:
    """What an order takes. `licence` is None where its profile needs none."""

    licence: Licence | None = None
    is_own: bool = False
    needs_relay: bool = False

    @property
    def extra_rate(self) -> float:
        """Render hours an hour of execution costs more."""
        return 0.0 if self.licence is None or self.is_own else self.licence.extra_rate


@dataclass(frozen=True)
class Brought:
    """An account's own licence, and since when it is kept."""

    server: str = ""
    key: str = ""
    server_since: datetime | None = None
    key_since: datetime | None = None

    def __bool__(self) -> bool:
        return bool(self.server or self.key)


@dataclass(frozen=True)
class Grant:
    """By what an instance's software gets its licence. Equal grants are the same to a warm engine."""

    licence: Licence | None = None
    server: Server | None = None
    key: str = ""
    is_own: bool = False

    @property
    def constants(self) -> dict[str, str]:
        """The server is the relay's end in the cage, with the port of the real one."""
        if self.licence is None:
            return {}
        host, port = (sandbox.relay.HOST, str(self.server.port)) if self.server else ("", "")
        named = {
            self.licence.host_constant: host,
            self.licence.port_constant: port,
            self.licence.key_constant: self.key,
        }
        return {name: value for name, value in named.items() if name and value}

    @property
    def hidden(self) -> list[str]:
        """What no line may show."""
        known = (str(self.server) if self.server else "", self.key)
        return [text for text in known if len(text) >= secrets.SHORTEST_MASKED]


NO_LICENCE = Grant()


def needed(profile_name: str) -> Licence | None:
    """The licence without which the profile does not run."""
    profile = profiles.all_profiles().get(profile_name)
    names = {profile_name, profile.family if profile else profile_name}
    return next((licence for licence in Licence.objects.all() if names & set(licence.profiles)), None)


def choose(account: Account, profile_name: str, asked: str) -> Choice:
    """`asked`: ON_DEMAND, OWN or empty, which is one's own where there is one. Raises NotToBeHad."""
    licence = needed(profile_name)
    if licence is None:
        return Choice()
    own = brought(account, licence)
    if asked == OWN and not licence.allows_own:
        raise NotToBeHad(f"This farm takes no {licence.title} licence but its own.")
    if asked == OWN and not own:
        raise NotToBeHad(
            f"You have brought no {licence.title} licence: give it once on your account page,"
            f" or keep it as the secret {secret_key(licence, 'server')} or {secret_key(licence, 'key')}."
        )
    if own and asked != ON_DEMAND:
        return Choice(licence, is_own=True, needs_relay=bool(own.server))
    if not licence.seats:
        way = "Bring your own: give it once on your account page." if licence.allows_own else "Ask its operator."
        raise NotToBeHad(f"This farm has no {licence.title} licence of its own. {way}")
    return Choice(licence, needs_relay=bool(licence.server and licence.takes_server))


# --- one's own ----------------------------------------------------------------------------------


def secret_key(licence: Licence, kind: str) -> str:
    """`kind`: server or key."""
    return f"licences/{licence.name}/{kind}"


def brought(account: Account, licence: Licence) -> Brought:
    """Empty where the account has none, it can't be read any more, or the farm takes none."""
    kinds = {"server": licence.takes_server, "key": licence.takes_key}
    if not licence.allows_own:
        return Brought()
    values, since = {}, {}
    for kind in (kind for kind, is_taken in kinds.items() if is_taken):
        key = secret_key(licence, kind)
        try:
            values[kind] = secrets.get(account, key)
        except (secrets.NotThere, secrets.NotKept):
            continue
        since[kind] = Secret.objects.filter(account=account, key=key).values_list("changed_at", flat=True).first()
    return Brought(values.get("server", ""), values.get("key", ""), since.get("server"), since.get("key"))


def keep_key(licence: Licence, key: str) -> None:
    """The farm's own; not saved yet."""
    licence.sealed_key = sealing.seal(FARM, key) if key else ""


# --- for the instances --------------------------------------------------------------------------


def grant_of(task: Task) -> Grant:
    """Raises Trouble where what was ordered is gone, or another kind by now."""
    licence = task.licence
    if licence is None:
        return Grant()
    if not task.brings_licence:
        return _farms_grant(licence, needs_server=task.needs_relay)
    own = brought(task.account, licence)
    server = _server_of(own) if task.needs_relay else None
    if server is None and (task.needs_relay or not own.key):
        raise Trouble(
            "LICENCE_MISSING",
            f"Your own {licence.title} licence is not there any more. Give it on your account page, then render again.",
            is_final=True,
        )
    return Grant(licence, server, own.key, is_own=True)


def _server_of(own: Brought) -> Server | None:
    """None also for what was kept as a secret before the farm knew this licence, and is no address."""
    try:
        return licence_servers.parse(own.server)
    except licence_servers.Malformed:
        return None


def _farms_grant(licence: Licence, *, needs_server: bool) -> Grant:
    """Raises Trouble."""
    try:
        server = licence_servers.parse(licence.server, is_farms=True) if needs_server else None
        key = sealing.opened(FARM, licence.sealed_key) if licence.sealed_key else ""
    except (licence_servers.Malformed, sealing.Unreadable) as fault:
        sentence = f"The farm's {licence.title} licence can't be read any more. Its operator has to enter it anew."
        raise Trouble("LICENCE_MISSING", sentence, is_final=True) from fault
    return Grant(licence, server, key)


def relay_of(grant: Grant) -> sandbox.Relay | None:
    """Connects once, to see that somebody answers. Raises Trouble."""
    if grant.server is None or grant.licence is None:
        return None
    owner = "Your" if grant.is_own else "The farm's"
    whose = f"{owner} {grant.licence.title} licence server"
    try:
        return licence_servers.reached(grant.server)
    except licence_servers.NotAllowed as fault:
        raise Trouble("LICENCE_SERVER_REFUSED", f"{whose}: {fault}", is_final=True) from fault
    except licence_servers.Silent as fault:
        step = "Check that it runs and lets this farm in, then render again." if grant.is_own else "Ask its operator."
        raise Trouble("LICENCE_SERVER_SILENT", f"{whose} does not answer. {step}", is_final=False) from fault
