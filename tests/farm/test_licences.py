"""Licences that software needs: whose, what they cost, and the farm's seats, which are never oversold."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.db.models import ProtectedError
from django.db.models.functions import Now

from farm import licences, lifecycle, scheduler, secrets, sweeps
from farm.models import Attempt, Instance, InstanceState, Licence, Node, Site, Task
from farm.node import reports
from farm.node.reports import Spent
from farm.submission import Refused, create_task

BODY = {"name": "film", "profile": "blender-4.5", "instanceCount": 4}


@pytest.fixture
def vray(db):
    return Licence.objects.create(
        name="vray", title="V-Ray", profiles=["blender"], seats=2, extra_rate=0.5,
        host_constant="LICENSE_SERVER_HOST", port_constant="LICENSE_SERVER_PORT", key_constant="LICENSE_KEY",
    )  # fmt: skip


@pytest.fixture
def node(db):
    return Node.objects.create(
        name="node-1",
        site=Site.objects.create(name="home"),
        profiles=["blender-4.5"],
        sandbox_tier="A",
        slot_count=8,
        has_opengl=True,
        heartbeat_at=Now(),
    )


def brings(account, kind="server", value="licences.studio.example:27000"):
    secrets.create(account, f"licences/vray/{kind}", value)


# --- whose licence an order takes ----------------------------------------------------------------


def test_an_order_on_demand_costs_the_licences_rate_more(alice, vray):
    task = create_task(alice, BODY)

    assert (task.licence, task.brings_licence, task.rate) == (vray, False, 1.5)


def test_who_brought_a_licence_takes_it_and_pays_nothing_more(alice, vray):
    brings(alice)

    task = create_task(alice, BODY)

    assert (task.licence, task.brings_licence, task.needs_relay, task.rate) == (vray, True, True, 1.0)


def test_a_key_needs_no_way_out(alice, vray):
    brings(alice, "key", "AAAA-BBBB-CCCC")

    assert create_task(alice, BODY).needs_relay is False


@pytest.mark.parametrize(
    "said", [{"licence": "onDemand"}, {"labels": {"licence": "onDemand"}}, {"Licence": "onDemand"}]
)
def test_the_order_may_say_which(alice, vray, said):
    brings(alice)

    assert create_task(alice, {**BODY, **said}).brings_licence is False


def test_a_label_of_ones_own_words_is_no_choice(alice, vray):
    assert create_task(alice, {**BODY, "labels": {"licence": "MIT"}}).licence == vray


def test_an_unknown_word_is_refused(alice, vray):
    with pytest.raises(Refused, match=r"“onDemand” .* or “own”"):
        create_task(alice, {**BODY, "licence": "stolen"})


def test_alices_licence_is_not_charlies(alice, charlie, vray):
    brings(alice)

    with pytest.raises(Refused, match="You have brought no V-Ray licence"):
        create_task(charlie, {**BODY, "licence": "own"})


def test_a_farm_without_seats_says_what_to_do(alice, vray):
    Licence.objects.update(seats=0)

    with pytest.raises(Refused, match=r"no V-Ray licence of its own\. Bring your own"):
        create_task(alice, BODY)


def test_a_farm_that_takes_none_but_its_own_says_so(alice, vray):
    brings(alice)
    Licence.objects.update(allows_own=False)

    assert create_task(alice, BODY).brings_licence is False
    with pytest.raises(Refused, match="takes no V-Ray licence but its own"):
        create_task(alice, {**BODY, "licence": "own"})


def test_software_that_needs_none_is_ordered_as_ever(alice, vray):
    task = create_task(alice, {**BODY, "profile": "povray-3.7", "licence": "own"})

    assert (task.licence, task.rate) == (None, 1.0)


def test_a_render_again_takes_the_same_licence(alice, ask, vray):
    brings(alice)
    task = create_task(alice, {**BODY, "licence": "onDemand"})

    copied = ask(alice, "POST", f"tasks/{task.pk}/clone").json()["uuid"]

    assert Task.objects.get(pk=copied).brings_licence is False


# --- what the API tells --------------------------------------------------------------------------


def test_a_profile_tells_its_licence_and_whether_one_was_brought(alice, charlie, ask, vray):
    brings(alice)

    (hers,) = ask(alice, "GET", "profiles/blender-4.5").json()["licenses"]
    (his,) = ask(charlie, "GET", "profiles/blender-4.5").json()["licenses"]

    assert (hers["name"], hers["maxInstances"], hers["maxCores"]) == ("vray", 2, None)
    assert (hers["title"], hers["extraRate"], hers["seats"], hers["seatsFree"]) == ("V-Ray", 0.5, 2, 2)
    assert (hers["isOwnBrought"], his["isOwnBrought"]) == (True, False)
    assert ask(alice, "GET", "profiles/povray-3.7").json()["licenses"] == []


def test_the_list_of_licences_tells_since_when_ones_own_is_kept_and_nothing_of_it(alice, charlie, ask, vray):
    brings(alice)

    answer = ask(alice, "GET", "licences")
    server, key = answer.json()["licences"][0]["own"]
    (theirs, _) = ask(charlie, "GET", "licences").json()["licences"][0]["own"]

    assert (server["kind"], server["secret"], bool(server["keptSince"])) == ("server", "licences/vray/server", True)
    assert (key["keptSince"], theirs["keptSince"]) == (None, None)
    assert b"studio.example" not in answer.content
    assert ask(None, "GET", "licences").status_code == 401


def test_a_task_tells_which_licence_it_takes(alice, ask, vray):
    task = create_task(alice, BODY)

    assert ask(alice, "GET", f"tasks/{task.pk}").json()["licence"] == {
        "name": "vray",
        "title": "V-Ray",
        "isOwn": False,
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "licences",
        "licences:",
        "licences:0",
        "licences:70000",
        "http://licences:80",
        "me@licences:27000",
        "a b:1",
        ":1",
    ],
)
def test_what_is_no_address_of_a_server_is_not_kept(alice, vray, text):
    with pytest.raises(secrets.NotKept, match="host:port"):
        brings(alice, value=text)


@pytest.mark.parametrize("text", ["127.0.0.1:6379", "[::1]:6379", "169.254.169.254:80", "10.1.2.3:27000", "0.0.0.0:1"])
def test_an_address_inside_is_not_kept_unless_the_operator_allows_it(alice, vray, settings, text):
    with pytest.raises(secrets.NotKept, match="does not connect to that address"):
        brings(alice, value=text)

    settings.LICENCE_SERVERS_INSIDE = [text]
    brings(alice, value=text)


def test_other_secrets_are_whatever_they_are(alice, vray):
    secrets.create(alice, "licences/houdini/server", "anything")
    secrets.create(alice, "licences/vray", "anything")


def test_a_secret_from_before_the_farm_knew_the_licence_is_no_address_and_is_told_so(alice, vray):
    Licence.objects.update(name="later")
    brings(alice, value="whatever")
    Licence.objects.update(name="vray")

    with pytest.raises(licences.Trouble, match="is not there any more"):
        licences.grant_of(create_task(alice, BODY))


# --- the farm's seats ----------------------------------------------------------------------------


def claim(node, slot):
    return scheduler.claim(node, slot)


def test_no_more_slots_work_than_there_are_seats(alice, node, vray):
    create_task(alice, BODY)

    assert [bool(claim(node, slot)) for slot in "012"] == [True, True, False]


@pytest.mark.django_db(transaction=True)
def test_of_many_slots_at_once_only_as_many_win_as_there_are_seats(alice, node, vray):
    create_task(alice, {**BODY, "instanceCount": 40})
    ready = threading.Barrier(8)
    most = []

    def work(slot):
        ready.wait()
        try:
            for _ in range(6):
                attempt = claim(node, slot)
                most.append(Instance.objects.filter(state=InstanceState.RUNNING).count())
                if attempt:
                    reports.succeeded(attempt, results=[], spent=Spent(execution_seconds=1.0))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as slots:
        list(slots.map(work, "01234567"))

    assert max(most) == 2
    assert Attempt.objects.exclude(outcome=Attempt.Outcome.SUCCESS).count() == 0


def test_a_slot_keeps_its_seat_from_one_instance_to_the_next(alice, node, vray):
    """So that no other slot's software starts while this one's is still warm."""
    Licence.objects.update(seats=1)
    create_task(alice, BODY)

    first = claim(node, "0")

    assert claim(node, "0") is not None
    assert claim(node, "1") is None
    reports.succeeded(first, results=[], spent=Spent())
    assert claim(node, "1") is None


def test_slots_give_up_the_seats_that_the_operator_takes_away(alice, node, vray):
    create_task(alice, {**BODY, "instanceCount": 9})
    in_hand = {slot: claim(node, slot) for slot in "01"}
    Licence.objects.update(seats=1)

    assert claim(node, "0") is None
    reports.succeeded(in_hand["0"], results=[], spent=Spent())

    assert claim(node, "1") is not None
    assert claim(node, "0") is None


def test_a_licence_is_not_deleted_beneath_what_was_ordered_with_it(alice, vray):
    task = create_task(alice, BODY)

    with pytest.raises(ProtectedError):
        vray.delete()
    task.refresh_from_db()
    assert task.licence == vray

    lifecycle.cancel(task)
    vray.delete()
    task.refresh_from_db()
    assert task.licence is None


def test_a_dead_machines_seat_comes_back(alice, node, vray):
    create_task(alice, BODY)
    claim(node, "0"), claim(node, "1")
    Instance.objects.filter(state=InstanceState.RUNNING).update(lease_until="2020-01-01T00:00:00Z")

    sweeps.hand_out_again()

    assert licences.seats_free(vray) == 2
    assert claim(node, "2") is not None


def test_ones_own_licence_takes_no_seat(alice, charlie, node, vray):
    brings(alice)
    Licence.objects.update(seats=1)
    create_task(alice, BODY)
    create_task(charlie, BODY)

    taken = [claim(node, slot) for slot in "0123"]

    assert sorted(attempt.instance.task.account.email[0] for attempt in taken) == ["a", "a", "a", "c"]


def test_what_needs_no_seat_passes_by_what_waits_for_one(alice, node, vray):
    Node.objects.update(profiles=["blender-4.5", "povray-3.7"])
    create_task(alice, BODY)
    create_task(alice, {**BODY, "profile": "povray-3.7"})

    taken = [claim(node, slot).instance.task.profile for slot in "0123"]

    assert sorted(taken) == ["blender-4.5", "blender-4.5", "povray-3.7", "povray-3.7"]


def test_who_waits_for_a_seat_is_told_so(alice, charlie, ask, node, vray):
    create_task(alice, BODY)
    for slot in "01":
        claim(node, slot)
    task = create_task(charlie, BODY)

    shown = ask(charlie, "GET", f"tasks/{task.pk}").json()

    assert shown["waitingReason"] == "It waits for a V-Ray licence: all 2 seats are in use."


# --- machines ------------------------------------------------------------------------------------


def test_a_machine_that_cannot_let_out_to_one_address_leaves_it_to_one_that_can(alice, ask, node, vray):
    brings(alice)
    Node.objects.update(sandbox_tier="B")
    task = create_task(alice, BODY)

    assert claim(node, "0") is None
    assert (
        "can let it reach that and nothing else (tier A)"
        in ask(alice, "GET", f"tasks/{task.pk}").json()["waitingReason"]
    )

    Node.objects.update(sandbox_tier="A")
    assert claim(node, "0") is not None


def test_a_key_is_used_by_every_machine(alice, node, vray):
    brings(alice, "key", "AAAA-BBBB-CCCC")
    Node.objects.update(sandbox_tier="B")
    create_task(alice, BODY)

    assert claim(node, "0") is not None


# --- what the software is told -------------------------------------------------------------------


def test_a_server_is_told_as_the_relays_end_with_its_own_port(alice, vray):
    brings(alice)

    grant = licences.grant_of(create_task(alice, BODY))

    assert grant.constants == {"LICENSE_SERVER_HOST": "127.0.0.1", "LICENSE_SERVER_PORT": "27000"}
    assert grant.hidden == ["licences.studio.example:27000"]


def test_the_farms_own_key_is_sealed_and_told_to_its_seats_only(alice, charlie, vray):
    licences.keep_key(vray, "FARM-KEY-1")
    vray.save()
    brings(charlie, "key", "CHARLIES-KEY")

    on_demand, own = licences.grant_of(create_task(alice, BODY)), licences.grant_of(create_task(charlie, BODY))

    assert "FARM-KEY-1" not in Licence.objects.values_list("sealed_key", flat=True).get()
    assert (on_demand.constants, own.constants) == ({"LICENSE_KEY": "FARM-KEY-1"}, {"LICENSE_KEY": "CHARLIES-KEY"})


def test_a_licence_that_was_taken_away_meanwhile_says_so(alice, vray):
    brings(alice)
    task = create_task(alice, BODY)
    secrets.delete(alice, "licences/vray/server")

    with pytest.raises(licences.Trouble, match="is not there any more") as told:
        licences.grant_of(task)
    assert told.value.is_final
